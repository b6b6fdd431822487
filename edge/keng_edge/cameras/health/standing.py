"""What the faults of a camera mean for how it stands, and in words to people."""

from keng_edge.cameras.health import CameraFault, HealthChange
from keng_wire.conditions import Condition, Mark

WORDS: dict[CameraFault, str] = {
    CameraFault.DARK: "hình tối đen (dark)",
    CameraFault.COVERED: "bị che kín (covered)",
    CameraFault.PARTLY_COVERED: "bị che một phần (partly covered)",
    CameraFault.DEFOCUSED: "hình mờ, mất nét (out of focus)",
    CameraFault.MOVED: "bị xoay hoặc dịch chuyển (moved)",
    CameraFault.FROZEN: "hình đứng yên (frozen)",
    CameraFault.LOOPED: "hình cũ phát lại (a recording is played again)",
    CameraFault.LOW_RATE: "quá ít hình mỗi giây (too few pictures)",
    CameraFault.CORRUPT: "nhiều hình hỏng (damaged pictures)",
    CameraFault.OWN_ALARM: "camera tự báo bị can thiệp (the camera itself says so)",
}
BLIND = frozenset(CameraFault) - {
    CameraFault.PARTLY_COVERED,
    CameraFault.LOW_RATE,
    CameraFault.CORRUPT,
    CameraFault.OWN_ALARM,
}
"""With one of these nobody can say what is before the camera: unknown, never normal."""
TAMPERS = frozenset(
    {
        CameraFault.COVERED,
        CameraFault.PARTLY_COVERED,
        CameraFault.MOVED,
        CameraFault.LOOPED,
        CameraFault.OWN_ALARM,
    }
)
"""Most likely a person's doing."""


class Standing:
    """The faults of one camera that hold now."""

    def __init__(self) -> None:
        self._faults: dict[CameraFault, float] = {}

    def take(self, change: HealthChange) -> None:
        """A fault began or ended."""
        if change.begins:
            self._faults[change.fault] = change.since
        else:
            self._faults.pop(change.fault, None)

    def condition(self, otherwise: Condition) -> Condition:
        """UNKNOWN while the camera is blind, else what the rest of the camera says."""
        return Condition.UNKNOWN if BLIND & self._faults.keys() else otherwise

    @property
    def marks(self) -> list[Mark]:
        """A person's doing is tamper, all else a fault."""
        found = {Mark.TAMPER if fault in TAMPERS else Mark.FAULT for fault in self._faults}
        return [mark for mark in Mark if mark in found]

    @property
    def detail(self) -> str | None:
        """All of it in words, the oldest first; None while the camera sees."""
        oldest = sorted(self._faults, key=lambda fault: self._faults[fault])
        return "; ".join(WORDS[fault] for fault in oldest)[:200] or None
