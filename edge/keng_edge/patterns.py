"""What a bell, siren or lamp does for each kind of call, and when it may."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple

VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")  # no daylight saving, ever since 1975
QUIET_FROM, QUIET_TO = 22, 6
"""Quiet hours in Vietnam: nothing that can wait, and the night volume for what is no emergency."""


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

AUTO_OFF_S, AGAIN_S = 600.0, 300.0
"""An endless call sounds so long without a pause, rests so long, and begins again if its cause still holds."""

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


class Plays(StrEnum):
    """What an output makes of a call: the village's siren table, or light and voice of its own."""

    SIREN = "siren"
    LAMP = "lamp"
    STROBE = "strobe"
    SPEAKER = "speaker"


_FLASHES = (Step(0.5, 0.5),)
_STEADY = (Step(60, 0),)
SPOKEN_S = 60.0
"""How long a speaker may take for a call that ends by itself."""


def rhythm(plays: Plays, siren: Pattern) -> Pattern:
    """The on and off of an output for a call whose siren pattern is `siren`: same beginning, same end.

    A strobe flashes by itself while it is on, a lamp is made to flash, a speaker strikes and speaks by itself.
    """
    match plays:
        case Plays.SIREN:
            return siren
        case Plays.LAMP:
            return siren._replace(steps=_FLASHES)
        case Plays.STROBE:
            return siren._replace(steps=_STEADY)
        case Plays.SPEAKER:
            return siren._replace(steps=_STEADY, limit=None if siren.limit is None else SPOKEN_S)


def timeline(pattern: Pattern) -> Iterator[tuple[bool, float]]:
    """(on, seconds) one after the other; endless where the pattern is."""
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


EMERGENCIES: Final = frozenset({PatternKey.FIRE, PatternKey.SOS, PatternKey.DISASTER, PatternKey.SECURITY})
"""Calls at any hour, at full volume."""


def by_night(utc_ms: int) -> bool:
    """Whether it is between 22:00 and 06:00 in Vietnam."""
    return not QUIET_TO <= datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(VIETNAM).hour < QUIET_FROM


def allowed(key: PatternKey, utc_ms: int) -> bool:
    """Whether the call may be given at this time of day in Vietnam (quiet hours 22:00-06:00)."""
    return PATTERNS[key].by_night or not by_night(utc_ms)
