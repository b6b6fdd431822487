"""Tariff hours: dated tables of the day's half hours, at Asia/Ho_Chi_Minh, which knows no daylight saving.

Sources: Circular 16/2014/TT-BCT; Decision 963/QĐ-BCT of 22 April 2026. Both are known from secondary texts only, and
whether bills follow the second one already is disputed: `[[meter_data.tariffs]]` may say otherwise.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

import holidays
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from keng_hub.sections import Section

_DAY = 48


class Period(StrEnum):
    """The three periods of a tariff: BT, CĐ, TĐ."""

    STANDARD = "standard"
    PEAK = "peak"
    OFFPEAK = "offpeak"


DayType = Literal["weekday", "saturday", "sunday", "holiday"]
Hours = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[03]0-(([01]\d|2[0-3]):[03]0|24:00)$")]


def _slots(hours: str) -> list[int]:
    first, _, last = hours.partition("-")
    begin, end = _slot(first), _slot(last)
    return list(range(begin, end)) if begin < end else [*range(begin, _DAY), *range(end)]


def _slot(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 2 + int(minute) // 30


class TariffRow(Section):
    """Hours of one period on some types of day; "22:00-04:00" goes over midnight, each part on its own day."""

    days: Annotated[list[DayType], Field(min_length=1)]
    period: Literal[Period.PEAK, Period.OFFPEAK]
    hours: Annotated[list[Hours], Field(min_length=1)]


class TariffTable(Section):
    """Valid from `since` until the next table; hours in no row are standard ones.

    Public holidays are days like others, until a row names them: then only rows with "holiday" count on them.
    """

    since: date
    source: Annotated[str, Field(max_length=100)] = ""
    """The decision that says so, as people call it."""
    rows: list[TariffRow]

    @model_validator(mode="after")
    def _once(self) -> Self:
        for kind in ("weekday", "saturday", "sunday", "holiday"):
            hours = [slot for row in self.rows if kind in row.days for text in row.hours for slot in _slots(text)]
            if len(hours) != len(set(hours)):
                raise PydanticCustomError("hours_twice", "an hour of a {kind} stands in two rows", {"kind": kind})
        return self

    @cached_property
    def days(self) -> dict[str, list[Period]]:
        """Type of day → its 48 half hours."""
        made: dict[str, list[Period]] = {}
        for row in self.rows:
            for kind in row.days:
                day = made.setdefault(kind, [Period.STANDARD] * _DAY)
                for slot in (slot for text in row.hours for slot in _slots(text)):
                    day[slot] = row.period
        return made


WORKDAYS: list[DayType] = ["weekday", "saturday"]
EVERY_DAY: list[DayType] = ["weekday", "saturday", "sunday"]
TABLES = (
    TariffTable(
        since=date(2014, 6, 1),
        source="Thông tư 16/2014/TT-BCT",
        rows=[
            TariffRow(days=WORKDAYS, period=Period.PEAK, hours=["09:30-11:30", "17:00-20:00"]),
            TariffRow(days=EVERY_DAY, period=Period.OFFPEAK, hours=["22:00-04:00"]),
        ],
    ),
    TariffTable(
        since=date(2026, 4, 22),
        source="QĐ 963/QĐ-BCT",
        rows=[
            TariffRow(days=WORKDAYS, period=Period.PEAK, hours=["17:30-22:30"]),
            TariffRow(days=EVERY_DAY, period=Period.OFFPEAK, hours=["00:00-06:00"]),
        ],
    ),
)
"""Circular 16/2014 and Decision 963 of 2026."""


class Tariffs:
    """The tables in force, with those of the configuration: one with the same date takes the other's place."""

    def __init__(self, more: Sequence[TariffTable] = ()) -> None:
        by_date = {table.since: table for table in (*TABLES, *more)}
        self.tables = [by_date[since] for since in sorted(by_date)]
        self._holidays = holidays.country_holidays("VN")
        self._known: dict[int, list[Period]] = {}

    def period(self, start: int) -> Period:
        """The tariff period of the half hour that begins at `start` (UTC ms); before the first table it is standard."""
        day, ms = divmod(start + 25_200_000, 86_400_000)
        if day not in self._known:
            self._known[day] = self._day(datetime.fromtimestamp(day * 86_400, UTC).date())
        return self._known[day][ms // 1_800_000]

    def table(self, local: date) -> TariffTable | None:
        """The table in force on a local day; None before the first one."""
        valid = [table for table in self.tables if table.since <= local]
        return valid[-1] if valid else None

    def _day(self, local: date) -> list[Period]:
        valid = self.table(local)
        if valid is None:
            return [Period.STANDARD] * _DAY
        days = valid.days
        kind = {5: "saturday", 6: "sunday"}.get(local.weekday(), "weekday")
        if "holiday" in days and local in self._holidays:
            kind = "holiday"
        return days.get(kind, [Period.STANDARD] * _DAY)
