"""Crowd: too many things in an area at once. Without a detector people who walk together count as one."""

from collections import deque

from keng_edge.cameras.rules.look import Look
from keng_edge.cameras.rules.occurrence import Occurrence
from keng_edge.cameras.rules.region import Region
from keng_edge.cameras.sightings import Rule, Sighting

WINDOW, ENOUGH = 5, 3
"""As many as the crowd needs in 3 of 5 looks: one that fell in two pieces for a moment makes no crowd."""


class Crowd:
    """Begins with `least` things, ends when there were fewer for the region's cooldown."""

    def __init__(self, region: Region, least: int) -> None:
        self._region = region
        self._least = least
        self._recent: deque[float | None] = deque(maxlen=WINDOW)
        self._open: Occurrence | None = None

    def feed(self, look: Look) -> list[Sighting]:
        """What this look changes."""
        present = self._region.present(look)
        enough = len(present) >= self._least
        self._recent.append(look.at if enough else None)
        if self._open is not None:
            if enough or look.at - self._open.last < self._region.cooldown_s:
                return self._open.news(look.frame, present if enough else [])
            ended, self._open = self._open, None
            return [ended.over(look.frame)]
        many = [at for at in self._recent if at is not None]
        if not enough or len(many) < ENOUGH:
            return []
        self._open = Occurrence(Rule.CROWD, self._region.id, many[0], present[0].best)
        return [self._open.begun(look.frame, present)]
