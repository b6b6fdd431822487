"""Presence: from motion in single frames to "someone has been in this area for N seconds"."""

import secrets
from collections import deque
from dataclasses import dataclass, field

from keng_edge.cameras.frame import Frame
from keng_edge.cameras.sightings import ObjectClass, Rule, Sighting, Step, View

WINDOW = 5
ENOUGH = 3
"""Motion in 3 of 5 frames is a presence: one bad frame neither makes nor ends it."""


@dataclass(slots=True)
class Presence:
    """One area. An intrusion is told once; it is over when nothing moved in the area for `cooldown` seconds."""

    area: str
    dwell: float
    cooldown: float
    since: float = 0.0
    """When the motion of the present presence began."""
    best: Frame | None = None
    """The frame since then that shows most motion."""
    _told: Sighting | None = None
    _recent: deque[float | None] = field(default_factory=lambda: deque[float | None](maxlen=WINDOW))
    _present: bool = False
    _last: float = 0.0
    _most: float = 0.0

    def see(self, frame: Frame, moving: float) -> Sighting | None:
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
        return self._step(frame)

    def forget(self) -> None:
        """The picture jumped: what was seen before says nothing about what is there now."""
        self._recent.clear()
        self._present, self._most = False, 0.0

    def _keep(self, frame: Frame, moving: float) -> None:
        if moving > self._most and not self._told:
            self.best, self._most = frame, moving

    def _step(self, frame: Frame) -> Sighting | None:
        if self._present and not self._told and frame.at - self.since >= self.dwell:
            self._told = self._sighting(Step.BEGIN, frame)
            return self._told
        if self._told and not self._present and frame.at - self._last >= self.cooldown:
            ended = self._sighting(Step.END, frame, self._told)
            self._told, self.best = None, None
            return ended
        return None

    def _sighting(self, step: Step, frame: Frame, before: Sighting | None = None) -> Sighting:
        return Sighting(
            occurrence=before.occurrence if before else secrets.token_hex(8),
            rule=Rule.INTRUSION,
            area=self.area,
            object_class=ObjectClass.UNKNOWN,
            confidence=None,
            step=step,
            begin=before.begin if before else self.since,
            end=self._last if step is Step.END else None,
            now=View(frame, ()),
            best=View(self.best or frame, ()),
        )
