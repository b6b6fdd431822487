"""The all-clear: on a reset, one tone for exactly those outputs that were alarmed."""

from collections.abc import Callable, Iterable

from keng_edge.clock import Clock
from keng_edge.config import ZoneSection
from keng_edge.latch import Latch
from keng_edge.patterns import PatternKey
from keng_edge.sounding import Sound, Sounders

LASTS_MS = 20_000
"""The tone, and the words of a speaker after it. Any alarm goes before it."""
PART = "all_clear"


class AllClear:
    """Watches the node's own alarms; what ended elsewhere is given to it."""

    def __init__(self, sounders: Sounders, clock: Clock, zone: Callable[[str | None], ZoneSection]) -> None:
        self._sounders, self._clock, self._zone = sounders, clock, zone
        self._open: dict[str, tuple[set[str], Sound]] = {}
        self._given: dict[str, tuple[Sound, int]] = {}

    def look(self, latches: Iterable[Latch]) -> None:
        """Compare with the last look: an alarm that is gone was reset, for nothing else ends one."""
        before, self._open = self._open, {}
        for latch in latches:
            known, _ = before.pop(latch.occurrence, (set[str](), None))
            zone = self._zone(latch.zone)
            rang: set[str] = set()
            if latch.call is not None:
                rang = {*zone.house, *(zone.neighbours if latch.neighbours else ())}
            sound = Sound(PatternKey.ALL_CLEAR, latch.occurrence, place=zone.name, drill=latch.drill)
            self._open[latch.occurrence] = known | rang, sound
        for outputs, sound in before.values():
            self.give(outputs, sound)

    def give(self, outputs: Iterable[str], ended: Sound) -> None:
        """Tell these outputs that `ended` is over."""
        sound = ended._replace(pattern=PatternKey.ALL_CLEAR, frame=None)
        self._given |= dict.fromkeys(outputs, (sound, self._clock.up_ms() + LASTS_MS))
        self._play()

    async def tick(self) -> None:
        """Time passed: what was said is not said again after a later alarm."""
        now = self._clock.up_ms()
        left = {output: given for output, given in self._given.items() if now < given[1]}
        if len(left) < len(self._given):
            self._given = left
            self._play()

    def _play(self) -> None:
        self._sounders.play({output: sound for output, (sound, _) in self._given.items()}, PART)
