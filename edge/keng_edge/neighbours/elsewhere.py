"""Alarms of the neighbours, as they told them last, and what they ring here; latched by their owners, not by us."""

import logging
from collections import Counter
from collections.abc import Iterable

from keng_edge.all_clear import AllClear
from keng_edge.clock import Clock
from keng_edge.config import ZoneSection
from keng_edge.neighbours.words import Shared, Standing, Told
from keng_edge.patterns import PatternKey
from keng_edge.sounding import Sound, Sounders, gravest

log = logging.getLogger("keng.neighbours")

RING_ON_MS = 600_000
"""So long after its owner's last word an alarm rings on here: an owner that died is unknown, not over."""
PART = "neighbours"
REFUSED = 100
"""Pairs of neighbour and zone that are remembered as refused."""

Key = tuple[str, str]
"""Occurrence and zone."""


class Elsewhere:
    """What neighbours told. A neighbour is heard only for zones that this node shares with it."""

    def __init__(self, zones: list[ZoneSection], clock: Clock, sounders: Sounders, all_clear: AllClear) -> None:
        self._zones = {zone.id: zone for zone in zones}
        self._clock, self._sounders, self._all_clear = clock, sounders, all_clear
        self._told: dict[str, dict[Key, Shared]] = {}
        self._heard: dict[str, int] = {}
        self.refused: Counter[tuple[str, str]] = Counter()

    def take(self, peer: str, told: Told) -> None:
        """The newest word of a neighbour replaces the one before."""
        before, now = self._told.get(peer, {}), {(one.occurrence, one.zone): one for one in self._ours(peer, told)}
        self._told[peer], self._heard[peer] = now, self._clock.up_ms()
        for key, shared in now.items():
            known = before.get(key)
            if known is None or known.standing is not shared.standing:
                log.info("%s: alarm %s in zone %s: %s", peer, shared.occurrence, shared.zone, shared.standing)
            if shared.standing is Standing.RESET and known is not None and known.standing is not Standing.RESET:
                self._all_clear.give(self._outputs(shared), self._sound_of(shared))
        self._sound()

    def tick(self) -> None:
        """Time passed: a dead owner's alarms do not ring for ever."""
        now = self._clock.up_ms()
        over = [peer for peer, heard in self._heard.items() if now - heard >= RING_ON_MS]
        for peer in over:
            del self._heard[peer]
            if any(shared.standing is Standing.RINGING for shared in self._told.pop(peer).values()):
                log.warning("%s fell silent while it rang: its alarm ends here, unknown and not over", peer)
        if over:
            self._sound()

    def _ours(self, peer: str, told: Told) -> Iterable[Shared]:
        for shared in told.alarms:
            zone = self._zones.get(shared.zone)
            if zone is not None and peer in zone.shared_with:
                yield shared
            else:
                self._refuse(peer, shared.zone)

    def _refuse(self, peer: str, zone: str) -> None:
        """Counted, and written down the first time."""
        if (peer, zone) not in self.refused and len(self.refused) < REFUSED:
            log.warning("%s speaks for zone %s, which we do not share with it", peer, zone)
        if (peer, zone) in self.refused or len(self.refused) < REFUSED:
            self.refused[peer, zone] += 1

    def _outputs(self, shared: Shared) -> list[str]:
        zone = self._zones[shared.zone]
        return [] if shared.call is PatternKey.SECURITY and not zone.security_sounds else zone.neighbours

    def _sound_of(self, shared: Shared) -> Sound:
        place = self._zones[shared.zone].name
        return Sound(shared.call, shared.occurrence, place=place, drill=shared.drill, holds=shared.holds)

    def _sound(self) -> None:
        ringing = [
            (output, self._sound_of(shared))
            for told in self._told.values()
            for shared in told.values()
            if shared.standing is Standing.RINGING
            for output in self._outputs(shared)
        ]
        self._sounders.play(gravest(ringing), PART)
