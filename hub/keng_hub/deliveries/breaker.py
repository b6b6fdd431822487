"""A circuit breaker a channel: a provider that is down is asked now and then, not by every message."""

from enum import Enum

FAILURES = 5
"""So many troubles in a row open it."""

_WAITS_MS = (10_000, 20_000, 40_000, 60_000)


class Turn(Enum):
    """A change worth telling staff about."""

    OPENED = "opened"
    CLOSED = "closed"


class Breaker:
    """Closed, or open with one probe after each wait. Urgent messages pass an open breaker; they are few."""

    def __init__(self) -> None:
        self._failures = 0
        self._waits = 0
        self._probe_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether ordinary messages have to wait."""
        return self._probe_at is not None

    def room(self, slots: int, now: int) -> int:
        """How many ordinary messages may start now, of `slots` free ones."""
        if self._probe_at is None:
            return slots
        return min(slots, 1) if now >= self._probe_at else 0

    def good(self) -> Turn | None:
        """The provider answered; says CLOSED when that ends an outage."""
        was_open = self.is_open
        self._failures, self._waits, self._probe_at = 0, 0, None
        return Turn.CLOSED if was_open else None

    def bad(self, now: int, shut_ms: int | None = None) -> Turn | None:
        """The provider did not do its work; `shut_ms` opens at once and for that long. Says OPENED when it does."""
        was_open = self.is_open
        self._failures += 1
        if shut_ms is None and self._failures < FAILURES:
            return None
        if shut_ms is None and self._probe_at is not None and now < self._probe_at:
            return None  # one that was under way before, or an urgent one: not the probe
        wait = shut_ms or _WAITS_MS[min(self._waits, len(_WAITS_MS) - 1)]
        self._waits += 1
        self._probe_at = now + wait
        return None if was_open else Turn.OPENED
