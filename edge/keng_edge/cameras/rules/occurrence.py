"""One occurrence while it goes on: makes the steps of a sighting."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from keng_edge.cameras.frame import Frame
from keng_edge.cameras.sightings import Direction, ObjectClass, Rule, Sighting, Step, View
from keng_edge.cameras.tracker import Track

NEWS_S = 30.0
"""An occurrence that goes on says so this often."""


@dataclass(slots=True)
class Occurrence:
    """Something that a rule waits for, from its begin to its end."""

    rule: Rule
    area: str
    begin: float
    best: View
    direction: Direction | None = None
    count: int = 1
    last: float = 0.0
    """When it was last true."""
    object_class: ObjectClass = ObjectClass.UNKNOWN
    confidence: float | None = None
    occurrence: str = field(default_factory=lambda: secrets.token_hex(8))
    _told: float = 0.0
    _told_of: tuple[ObjectClass, int] = (ObjectClass.UNKNOWN, 0)

    def see(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """It is true of these things now."""
        self.last = max(self.last, *(track.seen for track in tracks))
        self.count = max(self.count, len(tracks))
        surest = max(tracks, key=lambda track: (track.confidence or 0.0, track.best.boxes[0].shows))
        if (surest.confidence or 0.0) > (self.confidence or 0.0):
            self.object_class, self.confidence, self.best = surest.object_class, surest.confidence, surest.best
        elif self.confidence is None and surest.best.boxes[0].shows > self._shown:
            self.best = surest.best

    def begun(self, frame: Frame, tracks: Sequence[Track]) -> Sighting:
        """The first step."""
        self.see(frame, tracks)
        return self._sighting(Step.BEGIN, frame, tracks)

    def news(self, frame: Frame, tracks: Sequence[Track]) -> list[Sighting]:
        """A step between, when more is known or time has passed."""
        if tracks:
            self.see(frame, tracks)
        if self._known == self._told_of and frame.at - self._told < NEWS_S:
            return []
        return [self._sighting(Step.UPDATE, frame, tracks)]

    def over(self, frame: Frame, tracks: Sequence[Track] = ()) -> Sighting:
        """The last step; the end is when it was last true."""
        return self._sighting(Step.END, frame, tracks)

    @property
    def _known(self) -> tuple[ObjectClass, int]:
        """What is news when it changes; how many there are counts in a crowd."""
        return self.object_class, self.count if self.rule is Rule.CROWD else 0

    @property
    def _shown(self) -> float:
        return self.best.boxes[0].shows if self.best.boxes else 0.0

    def _sighting(self, step: Step, frame: Frame, tracks: Sequence[Track]) -> Sighting:
        self._told, self._told_of = frame.at, self._known
        return Sighting(
            occurrence=self.occurrence,
            rule=self.rule,
            area=self.area,
            object_class=self.object_class,
            confidence=self.confidence,
            step=step,
            begin=self.begin,
            end=max(self.begin, self.last) if step is Step.END else None,
            now=View(frame, tuple(track.box for track in tracks)),
            best=self.best,
            direction=self.direction,
            count=self.count,
        )
