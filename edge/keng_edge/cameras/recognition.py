"""Recognition: what the things of the tracker are, by a detector that is asked once a second."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from keng_edge.cameras.box import Box
from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.sightings import ObjectClass, View
from keng_edge.cameras.tracker import Track

EVERY_S = 1.0
SURE, LIKELY, LOOKS = 0.4, 0.3, 3
"""A class is taken from one look that is sure, or from two of three that find it likely."""
ON_IT = 0.4
"""The share of a detection, or of the thing, that must lie on the other."""


class Found(Protocol):
    """One detection, in shares of the whole picture."""

    @property
    def object_class(self) -> ObjectClass:
        """What it is."""
        ...

    @property
    def confidence(self) -> float:
        """0 to 1."""
        ...

    @property
    def box(self) -> Box:
        """Where it is."""
        ...


class Detector(Protocol):
    """Finds objects in a picture."""

    def find(self, picture: Image, around: Box | None) -> Sequence[Found]:
        """What is in the picture, at least in the part around a box."""
        ...


class Recognition:
    """Asks about the thing that has waited longest; a thing that stands is asked about again and again."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._asked: dict[int, float] = {}
        self._likely: dict[int, deque[ObjectClass | None]] = {}
        self._last = float("-inf")

    def look(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """Ask, if it is time, and write into the tracks what was found."""
        present = {track.number for track in tracks}
        self._asked = {number: at for number, at in self._asked.items() if number in present}
        self._likely = {number: looks for number, looks in self._likely.items() if number in present}
        if not tracks or 0 <= frame.at - self._last < EVERY_S:
            return
        self._last = frame.at
        asked = min(tracks, key=lambda track: self._asked.get(track.number, float("-inf")))
        found = self._detector.find(frame.picture(), asked.box)
        self._asked[asked.number] = frame.at
        for track in tracks:
            on_it = [each for each in found if max(each.box.within(track.box), track.box.within(each.box)) > ON_IT]
            best = max(on_it, key=lambda each: each.confidence, default=None)
            if best is not None or track is asked:
                self._take(track, best, frame)

    def _take(self, track: Track, found: Found | None, frame: Frame) -> None:
        looks = self._likely.setdefault(track.number, deque(maxlen=LOOKS))
        likely = found is not None and found.confidence >= LIKELY and found.object_class is not ObjectClass.UNKNOWN
        looks.append(found.object_class if found is not None and likely else None)
        if found is None or not (found.confidence >= SURE or looks.count(found.object_class) >= 2):
            return
        track.seen = frame.at
        if found.confidence > (track.confidence or 0.0):
            track.object_class, track.confidence = found.object_class, found.confidence
            track.best = View(frame, (found.box,))
