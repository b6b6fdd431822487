"""From "weekdays 07:00 to 19:00" to single shifts: the calendar of Vietnam with what this commune decided otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache

import holidays

from keng_hub.incidents.wording import VIETNAM

DAY = timedelta(days=1)
LONGEST_DAYS = 366
"""A roster is planned for at most a year."""


class Days(StrEnum):
    """On which days a shift is planned."""

    ALL = "all"
    WORKING = "working"  # Monday to Friday and make-up days, without holidays
    FREE = "free"  # the others
    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


_WEEKDAYS = (Days.MONDAY, Days.TUESDAY, Days.WEDNESDAY, Days.THURSDAY, Days.FRIDAY, Days.SATURDAY, Days.SUNDAY)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Every day of `days` from `first` to `last`, both included; an end not after its begin is on the next day."""

    first: date
    last: date
    days: Days
    begins: time
    ends: time


def expand(pattern: Pattern, decided: Mapping[date, bool]) -> Iterator[tuple[int, int]]:
    """The shifts, begin and end in UTC ms; `decided` says of single days whether they are off."""
    day = pattern.first
    while day <= pattern.last:
        if _meant(day, pattern.days, decided):
            begin = datetime.combine(day, pattern.begins, VIETNAM)
            end = datetime.combine(day, pattern.ends, VIETNAM)
            yield _ms(begin), _ms(end if end > begin else end + DAY)
        day += DAY


def is_off(day: date, decided: Mapping[date, bool]) -> bool:
    """Whether nobody has to work: a weekend, a holiday of Vietnam, or what was decided for this day."""
    if day in decided:
        return decided[day]
    return day.weekday() >= 5 or day in _holidays(day.year)


def _meant(day: date, days: Days, decided: Mapping[date, bool]) -> bool:
    if days is Days.ALL:
        return True
    if days in (Days.WORKING, Days.FREE):
        return is_off(day, decided) is (days is Days.FREE)
    return _WEEKDAYS[day.weekday()] is days


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("VN", years=year))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
