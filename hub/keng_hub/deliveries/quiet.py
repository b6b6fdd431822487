"""The quiet hours of the village, 22:00 to 06:00: what can wait waits for the morning."""

from keng_hub.deliveries.states import CLIMBS
from keng_wire.alarm import Category

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_VIETNAM_MS = 7 * _HOUR_MS  # no daylight saving, ever since 1975
_FROM_MS, _TO_MS = 22 * _HOUR_MS, 6 * _HOUR_MS


def by_night(utc_ms: int) -> bool:
    """Whether the village sleeps."""
    return not _TO_MS <= (utc_ms + _VIETNAM_MS) % _DAY_MS < _FROM_MS


def morning(utc_ms: int) -> int:
    """The end of the quiet hours, if `utc_ms` lies in them; else `utc_ms` itself. UTC ms."""
    if not by_night(utc_ms):
        return utc_ms
    return utc_ms + (_TO_MS - utc_ms - _VIETNAM_MS) % _DAY_MS


def may_wake(category: Category, *, drill: bool) -> bool:
    """Whether a resident may be woken for it: a real fire, emergency or danger, and its all-clear."""
    return category in CLIMBS and not drill


def start_of_day(utc_ms: int) -> int:
    """The village's last midnight, UTC ms: from here on a day's money is counted."""
    return utc_ms - (utc_ms + _VIETNAM_MS) % _DAY_MS
