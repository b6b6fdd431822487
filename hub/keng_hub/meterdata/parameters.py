"""What is known of one meter beforehand: the numbers that the steps compare its readings with."""

from typing import Annotated, Literal

from pydantic import Field

from keng_hub.meterdata.tariffs import Period
from keng_hub.sections import Section

INTERVAL_MS = 1_800_000
"""Half an hour, on the clock: as Vietnamese meter modems use by default."""

GRACE_MS = 180_000
"""A reading so near to a border counts for it: meters on one line are read in turn."""

LONGEST_GAP_MS = 3 * 86_400_000
"""Over longer gaps no shape is estimated."""


class Parameters(Section):
    """The defaults fit a single-phase household meter with a register of 6 digits kWh and 2 decimals."""

    nominal_v: Annotated[float, Field(gt=0, le=500_000)] = 220.0
    """Between phase and neutral."""
    band_percent: Annotated[float, Field(gt=0, le=50)] = 5.0
    """Voltage further than this from `nominal_v` counts as outside."""
    max_power_w: Annotated[int, Field(gt=0, le=1_000_000_000)] = 25_000
    digits: Annotated[int, Field(ge=3, le=9)] = 6
    """Places of the register before the decimal point, in kWh."""
    step_wh: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    """The register's last digit."""
    serial: Annotated[str, Field(max_length=60)] | None = None
    """The number on its plate; the first one it tells counts when none is given."""
    rates: dict[Period, Literal["energy_import_t1", "energy_import_t2", "energy_import_t3", "energy_import_t4"]] = {
        Period.STANDARD: "energy_import_t1",
        Period.PEAK: "energy_import_t2",
        Period.OFFPEAK: "energy_import_t3",
    }
    """Which register counts which tariff period; BT/CĐ/TĐ → T1/T2/T3 is customary, not certain."""

    @property
    def top_wh(self) -> int:
        """Where the register begins again at nought, Wh."""
        return 1000 * int(10**self.digits)
