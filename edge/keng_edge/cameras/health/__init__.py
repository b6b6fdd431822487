"""The camera's own health: whether it can see at all. A camera that cannot is a fault that people are told."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from keng_edge.cameras.frame import Frame
from keng_edge.cameras.health import covered, dark, defocused, frozen, looped, low_rate, moved, partly_covered
from keng_edge.cameras.health.hold import Hold
from keng_edge.cameras.health.look import ALL_VISIBLE, HEIGHT, WIDTH, Look, look
from keng_edge.cameras.health.reference import References
from keng_edge.cameras.masks import Masks

LOOK_S = 1.0
BORDER = 3
"""Pixels of the small picture around a mask that it still reaches into."""
WHOLE_PICTURE = 0.5
"""While more of the picture than this moves, nothing is said of it: a light, somebody close, a camera being turned."""


class CameraFault(StrEnum):
    """What keeps a camera from seeing. That it sends nothing is the node's own watch over silence."""

    DARK = "dark"
    COVERED = "covered"
    PARTLY_COVERED = "partly_covered"
    DEFOCUSED = "defocused"
    MOVED = "moved"
    FROZEN = "frozen"
    LOOPED = "looped"
    LOW_RATE = "low_rate"
    CORRUPT = "corrupt"
    OWN_ALARM = "own_alarm"  # the camera itself says that it is tampered with (`own_alarms.py`)


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A fault of the camera began or ended; `since` is when its first sign was there, in seconds of `Frame.at`."""

    fault: CameraFault
    begins: bool
    since: float


_HOLDS = {
    CameraFault.DARK: dark.HOLD_S,
    CameraFault.COVERED: covered.HOLD_S,
    CameraFault.PARTLY_COVERED: partly_covered.HOLD_S,
    CameraFault.DEFOCUSED: defocused.HOLD_S,
    CameraFault.MOVED: moved.HOLD_S,
    # These look back over a time of their own.
    CameraFault.FROZEN: 0.0,
    CameraFault.LOOPED: 0.0,
    CameraFault.LOW_RATE: 0.0,
    CameraFault.CORRUPT: 0.0,
}
_OF_THE_VIEW = (
    CameraFault.DARK,
    CameraFault.COVERED,
    CameraFault.PARTLY_COVERED,
    CameraFault.DEFOCUSED,
    CameraFault.MOVED,
)


class Health:
    """One camera's. `least_rate` is in pictures a second; `played` is a file that is played again and again.

    What `masks` hide is left out.
    """

    def __init__(self, least_rate: float = 1.0, played: bool = False, masks: Masks | None = None) -> None:
        self._visible = masks.visible(HEIGHT, WIDTH, BORDER) if masks else ALL_VISIBLE
        self._holds = {fault: Hold(seconds) for fault, seconds in _HOLDS.items()}
        self.view = References()
        """What the camera is to show, as it was learned."""
        self._frozen, self._looped, self._rate = frozen.Frozen(), looped.Looped(), low_rate.Rate(least_rate)
        self._played = played
        self._last: float | None = None

    def feed(self, frame: Frame, moving_share: float) -> list[HealthChange]:
        """What begins or ends with this frame; `moving_share` is how much of the picture moves, 0 to 1."""
        self._rate.feed(frame)
        changes: list[HealthChange] = []
        if not self._played and self._looped.due(frame.at):
            changes += self._see(CameraFault.LOOPED, self._looped.holds(frame), frame.at)
        if self._last is not None and 0 <= frame.at - self._last < LOOK_S - 0.0005:
            return changes
        self._last = frame.at
        changes += self._see(CameraFault.LOW_RATE, self._rate.low, frame.at)
        changes += self._see(CameraFault.CORRUPT, self._rate.corrupt, frame.at)
        if not self._played:
            changes += self._see(CameraFault.FROZEN, self._frozen.holds(frame), frame.at)
        if moving_share <= WHOLE_PICTURE:
            changes += self._look(look(frame, self._visible))
        return changes

    def relearn(self) -> None:
        """A person has seen that the view is right as it is now: learn it from here."""
        self.view.forget()

    def _look(self, seen: Look) -> list[HealthChange]:
        sign = self._sign(seen)
        changes = [change for fault in _OF_THE_VIEW for change in self._see(fault, fault is sign, seen.at)]
        if sign is None and not any(self._holds[fault].active for fault in _OF_THE_VIEW):
            self.view.learn(seen)
        return changes

    def _sign(self, seen: Look) -> CameraFault | None:
        """The one fault of the view that this look is a sign of: the worst one explains the others."""
        known = self.view.of(seen)
        reference = known if known is not None and known.ready else None
        difference = reference.difference(seen) if reference is not None else None
        signs: dict[CameraFault, Callable[[], bool]] = {
            CameraFault.DARK: lambda: dark.holds(seen),
            CameraFault.COVERED: lambda: covered.holds(seen, difference),
            CameraFault.DEFOCUSED: lambda: defocused.holds(difference),
            CameraFault.MOVED: lambda: moved.holds(seen, reference, difference),
            CameraFault.PARTLY_COVERED: lambda: partly_covered.holds(difference),
        }
        return next((fault for fault, holds in signs.items() if holds()), None)

    def _see(self, fault: CameraFault, sign: bool, at: float) -> list[HealthChange]:
        hold = self._holds[fault]
        since = hold.since
        if not hold.see(sign, at):
            return []
        begin = hold.since if hold.active else since
        return [HealthChange(fault, hold.active, at if begin is None else begin)]
