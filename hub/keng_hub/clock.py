"""The time of day, as a number that tables and wire share."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the time of day in ms of UTC since 1970. Code takes one as an argument, so that a test can turn the hands."""


def now_ms() -> int:
    """The real clock."""
    return time.time_ns() // 1_000_000
