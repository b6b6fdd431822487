"""A region: an area with what counts in it and when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from keng_edge.cameras.box import Box
from keng_edge.cameras.rules.look import Look
from keng_edge.cameras.sightings import ObjectClass
from keng_edge.cameras.tracker import Track
from keng_wire.polygon import Point, inside

GRID = (0.125, 0.375, 0.625, 0.875)


@dataclass(frozen=True, slots=True)
class Region:
    """An area. Empty `classes` are all; `armed` says when it is watched, `night` when classes are not to be trusted.

    What covers less than the share `smallest` of the picture does not count.
    """

    id: str
    points: Sequence[Point]
    classes: frozenset[ObjectClass] = field(default_factory=frozenset[ObjectClass])
    cooldown_s: float = 2.0
    armed: Callable[[datetime], bool] = lambda _: True
    night: Callable[[datetime], bool] = lambda _: True
    smallest: float = 0.0

    def holds(self, box: Box) -> bool:
        """Whether something stands in it: with its foot, or with half of what is seen of it."""
        if inside(self.points, box.foot):
            return True
        spots = [(box.left + x * box.width, box.top + y * box.height) for x in GRID for y in GRID]
        return sum(inside(self.points, spot) for spot in spots) * 2 >= len(spots)

    def counts(self, track: Track, look: Look) -> bool:
        """Whether it is one of the classes that are waited for; what is unknown may be any."""
        return not self.classes or track.object_class is ObjectClass.UNKNOWN or track.object_class in self.classes

    def present(self, look: Look, large_animals: bool = False) -> list[Track]:
        """The things in it that count, while it is watched.

        `large_animals`: a detector takes people for dogs in the dark, so an animal that moves counts at night.
        """
        if look.local is not None and not self.armed(look.local):
            return []
        dark = large_animals and (look.local is None or self.night(look.local))
        return [
            track
            for track in look.tracks
            if not track.gone
            and track.box.size >= self.smallest
            and (self.counts(track, look) or (dark and track.object_class is ObjectClass.ANIMAL))
            and self.holds(track.box)
        ]
