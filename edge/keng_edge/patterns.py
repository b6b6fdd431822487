"""What a bell, siren or lamp does for each kind of call, and when it may."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple

VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")  # no daylight saving, ever since 1975
QUIET_FROM, QUIET_TO = 22, 6


class PatternKey(StrEnum):
    """The village's table of calls; the label on a page is the hub's."""

    ROUTINE = "routine"
    FIRE = "fire"
    SECURITY = "security"
    SOS = "sos"
    DISASTER = "disaster"
    ALL_CLEAR = "all_clear"
    DRILL = "drill"
    SELF_TEST = "self_test"


class Step(NamedTuple):
    """Seconds on, then seconds off."""

    on: float
    off: float


class Pattern(NamedTuple):
    """`steps` repeat until `limit` seconds have passed; None: until somebody silences it."""

    steps: tuple[Step, ...]
    limit: float | None
    by_night: bool = True


def halved(pattern: Pattern, limit: float) -> Pattern:
    """The same call at half the length of each step."""
    return Pattern(tuple(Step(step.on / 2, step.off / 2) for step in pattern.steps), limit, pattern.by_night)


_FIRE = Pattern((Step(60, 5),), None)
_ROUNDS = (Step(1, 0.5), Step(1, 0.5), Step(1, 2))

PATTERNS: Final[dict[PatternKey, Pattern]] = {
    PatternKey.ROUTINE: Pattern((Step(1, 2),) * 5, 15, by_night=False),
    PatternKey.FIRE: _FIRE,
    PatternKey.SECURITY: Pattern(_ROUNDS, 60),
    PatternKey.SOS: Pattern(_ROUNDS, None),
    PatternKey.DISASTER: Pattern((Step(10, 5),), None),
    PatternKey.ALL_CLEAR: Pattern((Step(5, 0),), 5),
    PatternKey.DRILL: halved(_FIRE, 60),
    PatternKey.SELF_TEST: Pattern((Step(0.5, 0),), 0.5, by_night=False),
}

RANK: Final = (
    PatternKey.FIRE,
    PatternKey.SOS,
    PatternKey.DISASTER,
    PatternKey.SECURITY,
    PatternKey.ALL_CLEAR,
    PatternKey.DRILL,
    PatternKey.ROUTINE,
    PatternKey.SELF_TEST,
)
"""Which call wins when one output is wanted for two, first first."""


def timeline(key: PatternKey) -> Iterator[tuple[bool, float]]:
    """(on, seconds) one after the other; endless where the pattern is."""
    pattern = PATTERNS[key]
    left = pattern.limit
    while True:
        for step in pattern.steps:
            for on, seconds in ((True, step.on), (False, step.off)):
                part = seconds if left is None else min(seconds, left)
                if part > 0:
                    yield on, part
                if left is not None:
                    left -= part
                    if left <= 0:
                        return


def allowed(key: PatternKey, utc_ms: int) -> bool:
    """Whether the call may be given at this time of day in Vietnam (quiet hours 22:00-06:00)."""
    hour = datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(VIETNAM).hour
    return PATTERNS[key].by_night or QUIET_TO <= hour < QUIET_FROM
