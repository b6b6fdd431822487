"""The routine call comes once an evening, at the village's hour, and gives way to everything."""

from datetime import UTC, datetime, time

import pytest
from pydantic import ValidationError

from keng_edge.calls import CallTable
from keng_edge.routine import Routine
from keng_wire.conditions import ClockQuality
from support.fake_clock import FakeClock
from support.house import Ears


class Evening:
    """A node in the evening of 25 November 2026, Vietnamese time."""

    def __init__(self, clock: str) -> None:
        hour, minute = map(int, clock.split(":"))
        utc = datetime(2026, 11, 25, hour - 7, minute, tzinfo=UTC).timestamp()
        self.clock = FakeClock(utc_ms=round(utc * 1000))
        self.ears = Ears(self.clock)
        self.routine = Routine(self.ears, self.clock)
        self.routine.at = time(21)
        self.given = 0

    async def passes(self, minutes: float) -> None:
        """Time, in steps of ten seconds; counts how often the call begins."""
        for _ in range(round(minutes * 6)):
            before = self.ears.sounding
            await self.routine.tick()
            self.given += self.ears.sounding and not before
            self.clock.pass_ms(10_000)


async def test_the_call_is_given_once_at_its_hour_on_every_output() -> None:
    evening = Evening("20:50")
    await evening.passes(9)
    assert evening.given == 0
    await evening.passes(1.5)
    assert evening.ears.calls() == {"chuong-1": "routine", "chuong-2": "routine", "coi-ngo": "routine"}
    await evening.passes(20)
    assert (evening.given, evening.ears.sounding) == (1, False)
    await evening.passes(24 * 60)
    assert evening.given == 2


@pytest.mark.parametrize("start", ["21:06", "22:30"])
async def test_a_node_that_starts_too_late_leaves_it_out(start: str) -> None:
    evening = Evening(start)
    await evening.passes(30)
    assert evening.given == 0


async def test_without_an_hour_or_a_clock_there_is_no_call() -> None:
    for change in ("at", "clock"):
        evening = Evening("20:59")
        if change == "at":
            evening.routine.at = None
        else:
            evening.clock.trust = ClockQuality.UNKNOWN
        await evening.passes(10)
        assert evening.given == 0


@pytest.mark.parametrize("hour", ["22:00", "05:59", "00:00"])
def test_an_hour_of_the_night_is_refused(hour: str) -> None:
    with pytest.raises(ValidationError, match="22:00-06:00"):
        CallTable.model_validate({"routine_at": hour})
