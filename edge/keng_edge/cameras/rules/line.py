"""Line: something crosses a line drawn on the ground. One occurrence a crossing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from keng_edge.cameras.line_way import offset
from keng_edge.cameras.rules.look import Look
from keng_edge.cameras.rules.occurrence import Occurrence
from keng_edge.cameras.sightings import Direction, ObjectClass, Rule, Sighting
from keng_edge.cameras.tracker import Track
from keng_wire.camera import ways
from keng_wire.polygon import Point, meet

CLEAR = 0.012
"""So far from the line, as a share of the picture, one is on a side of it and not on it."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from one point to another. Empty `directions` are both ways over it."""

    id: str
    ends: tuple[Point, Point]
    directions: frozenset[Direction] = field(default_factory=frozenset[Direction])
    classes: frozenset[ObjectClass] = field(default_factory=frozenset[ObjectClass])
    cooldown_s: float = 2.0
    armed: Callable[[datetime], bool] = lambda _: True


class Line:
    """Follows the foot of each thing from a clear place on one side to a clear place on the other."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._feet: dict[int, Point] = {}
        self._open: dict[int, Occurrence] = {}

    def feed(self, look: Look) -> list[Sighting]:
        """What this look changes."""
        told: list[Sighting] = []
        for track in look.tracks:
            told += self._ended(look, track) if track.gone else self._walks(look, track)
        return told

    def _walks(self, look: Look, track: Track) -> list[Sighting]:
        open_, told = self._open.get(track.number), list[Sighting]()
        if open_ is not None and look.at - open_.begin >= self._wire.cooldown_s:
            told = [self._open.pop(track.number).over(look.frame, [track])]
        way = self._way(track)
        if way is None or track.number in self._open or not self._counts(look, track, way):
            return told
        crossing = Occurrence(Rule.LINE, self._wire.id, look.at, track.best, direction=way)
        self._open[track.number] = crossing
        return [*told, crossing.begun(look.frame, [track])]

    def _ended(self, look: Look, track: Track) -> list[Sighting]:
        self._feet.pop(track.number, None)
        open_ = self._open.pop(track.number, None)
        return [] if open_ is None else [open_.over(look.frame)]

    def _way(self, track: Track) -> Direction | None:
        """Which way it went over the line since it last stood clear of it."""
        a, b = self._wire.ends
        foot, before = track.box.foot, self._feet.get(track.number)
        side = offset(foot, a, b)
        if abs(side) < CLEAR:
            return None
        self._feet[track.number] = foot
        if before is None or offset(before, a, b) * side > 0 or not meet((before, foot), (a, b)):
            return None
        return ways(a, b)[0 if side > 0 else 1]

    def _counts(self, look: Look, track: Track, way: Direction) -> bool:
        wire = self._wire
        known = not wire.classes or track.object_class in (ObjectClass.UNKNOWN, *wire.classes)
        right_way = not wire.directions or way in wire.directions
        return known and right_way and (look.local is None or wire.armed(look.local))
