from datetime import date, datetime, time
from itertools import pairwise

import pytest

from keng_edge.cameras.moon import lunar_day
from keng_edge.cameras.schedule import Hours, Schedule, hours
from keng_wire.camera import When, market_day_fault

DAY = hours("05:30-18:30")


def schedule(when: When, own: str | None = None) -> Schedule:
    return Schedule(when, DAY, frozenset({"sunday", "lunar 15"}), None if own is None else hours(own))


def test_hours_hold_from_their_begin_to_just_before_their_end() -> None:
    assert hours("05:30-18:30") == Hours(time(5, 30), time(18, 30))
    assert [DAY.hold(time(h, m)) for h, m in ((5, 29), (5, 30), (18, 29), (18, 30))] == [False, True, True, False]


def test_hours_may_go_over_midnight() -> None:
    night = hours("22:00-05:00")
    assert [night.hold(time(h)) for h in (21, 22, 23, 0, 4, 5)] == [False, True, True, True, True, False]


@pytest.mark.parametrize("text", ["22:00", "24:00-05:00", "9:00-10:00", "22:60-23:00", "", "07:00-07:00"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hours|same minute"):
        hours(text)


@pytest.mark.parametrize(
    ("when", "moment", "holds"),
    [
        (When.ALWAYS, datetime(2026, 11, 25, 3), True),
        (When.DAY, datetime(2026, 11, 25, 12), True),
        (When.DAY, datetime(2026, 11, 25, 19), False),
        (When.NIGHT, datetime(2026, 11, 25, 19), True),
        (When.NIGHT, datetime(2026, 11, 25, 12), False),
        (When.MARKET_DAY, datetime(2026, 11, 29, 12), True),
        (When.MARKET_DAY, datetime(2026, 11, 23, 12), True),  # the 15th of the tenth lunar month, a Monday
        (When.MARKET_DAY, datetime(2026, 11, 24, 12), False),
        (When.NO_MARKET_DAY, datetime(2026, 11, 24, 12), True),
        (When.NO_MARKET_DAY, datetime(2026, 11, 29, 12), False),
    ],
)
def test_a_schedule_holds_on_its_days(when: When, moment: datetime, holds: bool) -> None:
    assert schedule(when).holds(moment) is holds


def test_own_hours_narrow_a_schedule() -> None:
    market = schedule(When.MARKET_DAY, "04:00-11:00")
    assert [market.holds(datetime(2026, 11, 29, hour)) for hour in (3, 4, 10, 11)] == [False, True, True, False]


@pytest.mark.parametrize("text", ["lunar 0", "lunar 31", "lunar 2\n", "Chủ nhật", "lunar", ""])
def test_what_is_no_market_day_is_told(text: str) -> None:
    assert market_day_fault(text)


@pytest.mark.parametrize(
    "new_year", [(2007, 2, 17), (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6), (2030, 2, 2)]
)
def test_the_new_year_of_vietnam_is_the_first_of_a_lunar_month(new_year: tuple[int, int, int]) -> None:
    day = date(*new_year)
    assert lunar_day(day) == 1
    assert lunar_day(date.fromordinal(day.toordinal() - 1)) in (29, 30)


def test_lunar_days_count_up_to_29_or_30_and_begin_again() -> None:
    first = date(2026, 1, 1).toordinal()
    days = [lunar_day(date.fromordinal(first + n)) for n in range(2000)]
    for before, after in pairwise(days):
        assert after == before + 1 or (after == 1 and before in (29, 30))
