"""Loitering: one thing stays in an area too long, whether it moves or stands. One occurrence a thing."""

from dataclasses import dataclass

from keng_edge.cameras.rules.look import Look, came
from keng_edge.cameras.rules.occurrence import Occurrence
from keng_edge.cameras.rules.region import Region
from keng_edge.cameras.sightings import Rule, Sighting
from keng_edge.cameras.tracker import Track


@dataclass(slots=True)
class Stay:
    """One thing's time in the area."""

    begin: float
    last: float
    told: Occurrence | None = None


class Loitering:
    """Begins after `stay_s` seconds; a step out of the area shorter than its cooldown is part of the stay."""

    def __init__(self, region: Region, stay_s: float) -> None:
        self._region = region
        self._stay_s = stay_s
        self._stays: dict[int, Stay] = {}

    def feed(self, look: Look) -> list[Sighting]:
        """What this look changes."""
        present = {track.number: track for track in self._region.present(look)}
        told: list[Sighting] = []
        for number, track in present.items():
            told += self._stays_on(self._stays.setdefault(number, _begun(track, look.at)), look, track)
        for number in self._stays.keys() - present.keys():
            told += self._may_be_over(number, look)
        return told

    def _stays_on(self, stay: Stay, look: Look, track: Track) -> list[Sighting]:
        stay.last = track.seen
        if stay.told is not None:
            return stay.told.news(look.frame, [track])
        if look.at - stay.begin < self._stay_s:
            return []
        stay.told = Occurrence(Rule.LOITERING, self._region.id, stay.begin, track.best)
        return [stay.told.begun(look.frame, [track])]

    def _may_be_over(self, number: int, look: Look) -> list[Sighting]:
        stay = self._stays[number]
        track = next((each for each in look.tracks if each.number == number and not each.gone), None)
        if track is not None and look.at - stay.last < self._region.cooldown_s:
            return []
        del self._stays[number]
        if stay.told is None:
            return []
        ending = [each for each in look.tracks if each.number == number]
        stay.told.direction = ending[0].direction if ending else None
        return [stay.told.over(look.frame)]


def _begun(track: Track, at: float) -> Stay:
    return Stay(came(track, at), at)
