"""The watch: frames in, intrusions out, the same for a live camera and for a file at full speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keng_edge.cameras.areas import Point
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.motion import Motion
from keng_edge.cameras.presence import Presence, Step

SAMPLES = 5
"""Frames looked at in a second."""
HOLD_S = 2.0
"""How long nothing is said after the whole picture changed, and after the first frame."""
GAP_S = 2.0
"""A hole in the stream longer than this, or a step back in time, makes a new picture."""


@dataclass(frozen=True, slots=True)
class Intrusion:
    """Something has moved in `area` since `since`; `best` shows it. Times as in `Frame.at`."""

    area: str
    since: float
    seen: Frame
    best: Frame


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing has moved in `area` for its cooldown."""

    area: str


class Watch:
    """One camera's eyes. Not safe for two threads at once."""

    def __init__(
        self,
        areas: Mapping[str, Sequence[Point]],
        dwell_s: float = 2.0,
        cooldown_s: float = 30.0,
        var_threshold: float = 16.0,
    ) -> None:
        self._motion = Motion(areas, var_threshold)
        self._areas = {name: Presence(dwell_s, cooldown_s) for name in areas}
        self._last: float | None = None
        self._hold_until = 0.0

    def due(self, at: float) -> bool:
        """Whether a frame of this time would be looked at, or passed over because the last look is too near."""
        # Half a millisecond less, or a camera of exactly 5 frames a second would lose every other one to rounding.
        return self._last is None or not 0 <= at - self._last < 1 / SAMPLES - 0.0005

    def feed(self, frame: Frame) -> list[Intrusion | Quiet]:
        """Look at a frame, if one is due."""
        if not self.due(frame.at):
            return []
        new = self._last is None or not 0 <= frame.at - self._last <= GAP_S
        self._last = frame.at
        seen = self._motion.look(frame.luma(), learn_anew=new)
        if seen.whole_picture and not new:
            # Learn from the new picture alone: mixed with the old one it would glimmer for minutes.
            self._motion.look(frame.luma(), learn_anew=True)
        if seen.whole_picture or new:
            self._hold(frame.at)
        if frame.at < self._hold_until:
            return []
        return [found for area in self._areas if (found := self._judge(area, frame, seen.moving[area]))]

    def _hold(self, at: float) -> None:
        self._hold_until = at + HOLD_S
        for presence in self._areas.values():
            presence.forget()

    def _judge(self, area: str, frame: Frame, moving: float) -> Intrusion | Quiet | None:
        presence = self._areas[area]
        step = presence.see(frame, moving)
        if step is Step.INTRUSION:
            return Intrusion(area, presence.since, frame, presence.best or frame)
        return Quiet(area) if step is Step.QUIET else None
