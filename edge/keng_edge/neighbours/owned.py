"""What of our own alarms concerns a neighbour: those that ring beyond the house, in the zones we share with it."""

from collections.abc import Callable

from keng_edge.clock import Clock
from keng_edge.config import ZoneSection
from keng_edge.latch import Latch
from keng_edge.neighbours.words import ALARM_LIMIT, Shared, Standing
from keng_edge.patterns import RANK, PatternKey

ENDED_MS = 600_000
"""So long a reset is told; a neighbour that could not be reached for longer stops without an all-clear."""

_ORDER = (Standing.RINGING, Standing.SILENCED, Standing.RESET)


class Owned:
    """The owner's view. `latches` gives the open alarms of this node."""

    def __init__(self, zones: list[ZoneSection], clock: Clock, latches: Callable[[], list[Latch]]) -> None:
        self._zones, self._clock, self._latches = zones, clock, latches
        self._open: dict[str, tuple[Latch, PatternKey]] = {}
        self._ended: dict[str, tuple[Latch, PatternKey, int]] = {}

    def look(self) -> None:
        """Take note of what began and what was reset since the last look."""
        now = self._clock.up_ms()
        before, self._open = self._open, {}
        for latch in self._latches():
            call = latch.call
            if latch.neighbours and call is not None:
                self._open[latch.occurrence] = latch, call
                before.pop(latch.occurrence, None)
        standing = {latch.occurrence for latch in self._latches()}
        for occurrence, (latch, call) in before.items():
            if occurrence not in standing:
                self._ended[occurrence] = latch, call, now
        self._ended = {name: end for name, end in self._ended.items() if now - end[2] < ENDED_MS}

    def concerning(self, peer: str) -> tuple[Shared, ...]:
        """Everything that this neighbour is to know now, the most urgent first, and no more than a line holds."""
        told: list[Shared] = []
        for latch, call in self._open.values():
            told += self._shared(peer, latch, call, ended=False)
        for latch, call, _ in self._ended.values():
            told += self._shared(peer, latch, call, ended=True)
        return tuple(sorted(told, key=_urgency)[:ALARM_LIMIT])

    def _shared(self, peer: str, latch: Latch, call: PatternKey, *, ended: bool) -> list[Shared]:
        """One for each zone we share with it; an alarm without a zone is one of all of them."""
        zones = [zone.id for zone in self._zones if peer in zone.shared_with and latch.zone in (None, zone.id)]
        standing = Standing.RINGING if latch.silenced_until is None else Standing.SILENCED
        fields = {
            "occurrence": latch.occurrence,
            "call": call,
            "standing": Standing.RESET if ended else standing,
            "drill": latch.drill,
            "holds": latch.drill or latch.holds,
        }
        return [Shared.model_validate({"zone": zone, **fields}) for zone in zones]


def _urgency(shared: Shared) -> tuple[int, int, str, str]:
    return _ORDER.index(shared.standing), RANK.index(shared.call), shared.occurrence, shared.zone
