"""The faults of one board: each is told once when it begins and once when it ends."""

from keng_bridges.bridge_link.outputs import Fault, FaultKind, Output
from keng_bridges.bridge_link.window import Window
from keng_bridges.moment import Moment

NOISE_RATE = 0.01
NOISE_LEAST = 3  # a quiet board sends 30 heartbeats in 10 min: one glitch would already be 3 %
RESTARTS = 3


class Faults:
    """Which faults are active now, and which points are lost."""

    def __init__(self) -> None:
        self.active: set[FaultKind] = set()
        self.lost: set[str] = set()
        self.restarts = Window()
        self.frames = Window()

    def begin(self, kind: FaultKind, detail: str) -> list[Output]:
        """A fault of the board is there."""
        if kind in self.active:
            return []
        self.active.add(kind)
        return [Fault(kind, True, detail)]

    def end(self, kind: FaultKind, detail: str = "") -> list[Output]:
        """A fault of the board is over."""
        if kind not in self.active:
            return []
        self.active.remove(kind)
        return [Fault(kind, False, detail)]

    def lose(self, points: tuple[str, ...], detail: str) -> list[Output]:
        """These points cannot be heard; without points it is the board itself that never spoke."""
        if not points:
            return self.begin(FaultKind.COMMS_LOST, detail)
        fresh = tuple(point for point in points if point not in self.lost)
        self.lost.update(fresh)
        return [Fault(FaultKind.COMMS_LOST, True, detail, fresh)] if fresh else []

    def found(self, points: tuple[str, ...]) -> list[Output]:
        """A full snapshot named these points: they can be heard again."""
        outputs = self.end(FaultKind.COMMS_LOST)
        back = tuple(point for point in points if point in self.lost)
        self.lost.difference_update(back)
        return [*outputs, Fault(FaultKind.COMMS_LOST, False, "full snapshot", back)] if back else outputs

    @property
    def silent(self) -> bool:
        """Whether anything is lost."""
        return bool(self.lost) or FaultKind.COMMS_LOST in self.active

    def review(self, now: Moment) -> list[Output]:
        """Compare the counts of the last ten minutes with their limits."""
        good, bad = self.frames.sums(now.monotonic)
        noisy = bad >= NOISE_LEAST and bad > NOISE_RATE * (good + bad)
        restarts, _ = self.restarts.sums(now.monotonic)
        outputs = self._set(FaultKind.NOISY, noisy, f"{bad} of {good + bad} frames damaged in 10 min")
        return outputs + self._set(FaultKind.RESTARTING, restarts > RESTARTS, f"{restarts} restarts in 10 min")

    def _set(self, kind: FaultKind, wrong: bool, detail: str) -> list[Output]:
        return self.begin(kind, detail) if wrong else self.end(kind, detail)
