"""How much electricity an imaginary household has used: registers that grow plausibly and never fall."""

import math
from dataclasses import dataclass

DAY_S = 86_400


@dataclass(frozen=True)
class Household:
    """Consumption as a pure function of time, so that every reading of the same second agrees.

    `start_wh` is the register at second 0 and `mean_w` the mean power; the evening is twice the mean, the small
    hours a fifth of it.
    """

    start_wh: float = 1_234_560.0
    mean_w: float = 350.0

    def power(self, second: float) -> float:
        """Power in W, with the fridge switching on and off under the daily curve."""
        day = math.sin(2 * math.pi * (second / DAY_S - 0.55))
        fridge = 60.0 if second % 2400 < 900 else 0.0
        return self.mean_w * (1 + 0.8 * day) + fridge

    def energy(self, second: float) -> float:
        """Import register in Wh: the integral of the power."""
        phase = 2 * math.pi * 0.55
        day = (math.cos(phase) - math.cos(2 * math.pi * second / DAY_S - phase)) * DAY_S / (2 * math.pi)
        fridge = 60.0 * (second // 2400 * 900 + min(second % 2400, 900))
        return self.start_wh + (self.mean_w * (second + 0.8 * day) + fridge) / 3600

    def rates(self, second: float) -> tuple[float, float, float]:
        """The register split over three rates, in Wh; their sum is the register."""
        total = self.energy(second)
        peak, low = total * 0.28, total * 0.17
        return total - peak - low, peak, low

    def voltage(self, second: float, phase: int = 0) -> float:
        """Voltage in V, lower when much is used."""
        return 226.0 + 1.5 * phase - 4.0 * self.power(second) / (2 * self.mean_w)
