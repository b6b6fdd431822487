"""The village's own table of calls, approved by its meeting on a day; what it leaves out is as in `patterns.py`."""

from datetime import date, time
from typing import Annotated

from pydantic import Field, model_validator

from keng_edge.patterns import (
    AGAIN_S,
    AUTO_OFF_S,
    EMERGENCIES,
    PATTERNS,
    QUIET_FROM,
    QUIET_TO,
    Pattern,
    PatternKey,
    Step,
    halved,
)
from keng_edge.sections import Section

CHIRP_S = 0.5
LONGEST_S = 600.0

On = Annotated[float, Field(ge=0.1, le=120)]
Off = Annotated[float, Field(ge=0, le=10)]


class CallSection(Section):
    """The siren's steps of one call, (seconds on, seconds off), repeated until `limit_s`; without it until silenced."""

    steps: Annotated[list[tuple[On, Off]], Field(min_length=1, max_length=20)]
    limit_s: Annotated[float, Field(gt=0, le=LONGEST_S)] | None = None


class CallTable(Section):
    """What may be changed, here or from the hub. No table can mute an emergency: it goes on until silenced."""

    approved: date | None = None
    auto_off_s: Annotated[float, Field(ge=60, le=1800)] = AUTO_OFF_S
    again_s: Annotated[float, Field(ge=30, le=900)] = AGAIN_S
    routine_at: time | None = None
    patterns: dict[PatternKey, CallSection] = {}

    @model_validator(mode="after")
    def _fit(self) -> "CallTable":
        if self.patterns and self.approved is None:
            raise ValueError("a table of the village's own needs `approved`, the day of the meeting that approved it")
        if self.routine_at is not None and not time(QUIET_TO) <= self.routine_at < time(QUIET_FROM):
            raise ValueError("the routine call is never given at 22:00-06:00")
        for key, call in self.patterns.items():
            usual = PATTERNS[key]
            if key in EMERGENCIES and usual.limit is None and call.limit_s is not None:
                raise ValueError(f"{key} goes on until somebody silences it: no limit_s")
            if usual.limit is not None and call.limit_s is None:
                raise ValueError(f"{key} ends by itself: limit_s is missing")
            if key is PatternKey.SELF_TEST and (call.limit_s or 0) > CHIRP_S:
                raise ValueError(f"a self-test is one chirp of {CHIRP_S} s at most")
        return self

    def pattern(self, key: PatternKey) -> Pattern:
        """The siren pattern of a call; a drill is the village's own fire call, halved, unless it has one of its own."""
        usual = PATTERNS[key]
        call = self.patterns.get(key)
        if call is not None:
            return Pattern(tuple(Step(on, off) for on, off in call.steps), call.limit_s, usual.by_night)
        if key is PatternKey.DRILL:
            return halved(self.pattern(PatternKey.FIRE), usual.limit or 0)
        return usual
