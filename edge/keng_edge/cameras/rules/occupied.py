"""Intrusion and presence: something is in an area. One occurrence an area, however many are in it."""

from collections.abc import Sequence

from keng_edge.cameras.rules.look import Look, came
from keng_edge.cameras.rules.occurrence import Occurrence
from keng_edge.cameras.rules.region import Region
from keng_edge.cameras.sightings import Rule, Sighting
from keng_edge.cameras.tracker import Track

BREAK_S = 1.0
"""An area that was empty for longer begins its dwell time anew."""


class Occupied:
    """Begins after `dwell_s` seconds, ends when the area was empty for the region's cooldown."""

    def __init__(self, rule: Rule, region: Region, dwell_s: float) -> None:
        self._rule = rule
        self._region = region
        self._dwell_s = dwell_s
        self._since: float | None = None
        self._last = 0.0
        self._open: Occurrence | None = None

    def feed(self, look: Look) -> list[Sighting]:
        """What this look changes."""
        present = self._region.present(look, large_animals=self._rule is Rule.INTRUSION)
        if self._open is not None:
            return self._goes_on(self._open, look, present)
        if present:
            self._since = min(came(track, look.at) for track in present) if self._since is None else self._since
            self._last = look.at
        elif look.at - self._last > BREAK_S:
            self._since = None
        # What is only waited for adds nothing to the dwell time.
        last = max((track.seen for track in present), default=0.0)
        if not present or self._since is None or last - self._since < self._dwell_s:
            return []
        self._open = Occurrence(self._rule, self._region.id, self._since, present[0].best)
        return [self._open.begun(look.frame, present)]

    def _goes_on(self, open_: Occurrence, look: Look, present: Sequence[Track]) -> list[Sighting]:
        if present or look.at - open_.last < self._region.cooldown_s:
            return open_.news(look.frame, present)
        self._open, self._since = None, None
        return [open_.over(look.frame)]
