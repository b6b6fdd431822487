"""Presence: from motion in single frames to "someone has been in this area for N seconds"."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from keng_edge.cameras.frame import Frame

WINDOW = 5
ENOUGH = 3
"""Motion in 3 of 5 frames is a presence: one bad frame neither makes nor ends it."""


class Step(Enum):
    """What a frame changed."""

    NOTHING = "nothing"
    INTRUSION = "intrusion"
    QUIET = "quiet"


@dataclass(slots=True)
class Presence:
    """One area. An intrusion is told once; it is over when nothing moved in the area for `cooldown` seconds."""

    dwell: float
    cooldown: float
    intruded: bool = False
    since: float = 0.0
    """When the motion of the present presence began."""
    best: Frame | None = None
    """The frame since then that shows most motion."""
    _recent: deque[float | None] = field(default_factory=lambda: deque[float | None](maxlen=WINDOW))
    _present: bool = False
    _last: float = 0.0
    _most: float = 0.0

    def see(self, frame: Frame, moving: float) -> Step:
        """Take in the moving pixels of one frame in this area."""
        self._recent.append(frame.at if moving > 0 else None)
        moved = [at for at in self._recent if at is not None]
        if not moved:
            self._present, self._most = False, 0.0
        elif len(moved) >= ENOUGH and not self._present:
            self._present, self.since = True, moved[0]
        if moving > 0:
            self._keep(frame, moving)
            # An insect now and then must not keep an intrusion alive: only motion of a presence counts.
            self._last = frame.at if self._present else self._last
        return self._step(frame.at)

    def forget(self) -> None:
        """The picture jumped: what was seen before says nothing about what is there now."""
        self._recent.clear()
        self._present, self._most = False, 0.0

    def _keep(self, frame: Frame, moving: float) -> None:
        if moving > self._most and not self.intruded:
            self.best, self._most = frame, moving

    def _step(self, at: float) -> Step:
        if self._present and not self.intruded and at - self.since >= self.dwell:
            self.intruded = True
            return Step.INTRUSION
        if self.intruded and not self._present and at - self._last >= self.cooldown:
            self.intruded, self.best = False, None
            return Step.QUIET
        return Step.NOTHING
