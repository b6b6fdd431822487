"""Tariff hours by dated tables, at the commune's time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from keng_hub.meterdata.tariffs import Period, Tariffs, TariffTable

P, S, O = Period.PEAK, Period.STANDARD, Period.OFFPEAK  # noqa: E741


def moment(day: str, hours: str) -> int:
    """UTC ms of a time at the commune."""
    local = datetime.fromisoformat(f"{day}T{hours}").replace(tzinfo=UTC) - timedelta(hours=7)
    return int(local.timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "hours", "period"),
    [
        # Circular 16/2014: Tuesday
        ("2026-04-21", "03:30", O), ("2026-04-21", "04:00", S), ("2026-04-21", "09:00", S), ("2026-04-21", "09:30", P),
        ("2026-04-21", "11:00", P), ("2026-04-21", "11:30", S), ("2026-04-21", "17:00", P), ("2026-04-21", "19:30", P),
        ("2026-04-21", "20:00", S), ("2026-04-21", "21:30", S), ("2026-04-21", "22:00", O),
        # Saturday is like other days, Sunday knows no peak
        ("2026-04-18", "10:00", P), ("2026-04-19", "10:00", S), ("2026-04-19", "18:00", S), ("2026-04-19", "23:00", O),
        # Decision 963 from 22 April 2026: Wednesday
        ("2026-04-22", "00:00", O), ("2026-04-22", "05:30", O), ("2026-04-22", "06:00", S), ("2026-04-22", "10:00", S),
        ("2026-04-22", "17:00", S), ("2026-04-22", "17:30", P), ("2026-04-22", "22:00", P), ("2026-04-22", "22:30", S),
        ("2026-04-25", "18:00", P), ("2026-04-26", "18:00", S), ("2026-04-26", "01:00", O),
        # Before the first table
        ("2010-04-21", "18:00", S),
    ],
)  # fmt: skip
def test_the_period_of_a_half_hour(day: str, hours: str, period: Period) -> None:
    assert Tariffs().period(moment(day, hours)) is period


def table(since: str, days: list[str], hours: str, period: str = "peak") -> TariffTable:
    rows = [{"days": days, "period": period, "hours": [hours]}]
    return TariffTable.model_validate({"since": date.fromisoformat(since), "rows": rows})


def test_a_table_of_the_configuration_takes_the_place_of_one_with_its_date_or_follows_it() -> None:
    same = Tariffs([table("2026-04-22", ["weekday"], "08:00-09:00")])
    later = Tariffs([table("2026-06-01", ["weekday"], "08:00-09:00")])
    assert [same.period(moment("2026-05-05", hours)) for hours in ("08:00", "18:00")] == [P, S]
    assert [later.period(moment("2026-05-05", hours)) for hours in ("08:00", "18:00")] == [S, P]
    assert [later.period(moment("2026-06-02", hours)) for hours in ("08:00", "18:00")] == [P, S]


def test_public_holidays_are_days_like_others_until_a_row_names_them() -> None:
    independence = moment("2026-09-02", "18:00")  # a Wednesday
    assert Tariffs().period(independence) is P
    named = table("2026-06-01", ["holiday"], "22:00-04:00", "offpeak")
    assert Tariffs([named]).period(independence) is S
    assert Tariffs([named]).period(moment("2026-09-02", "22:30")) is O
    assert Tariffs([named]).period(moment("2026-02-17", "18:00")) is P  # Tết, by the older table


@pytest.mark.parametrize("hours", ["8:00-09:00", "08:10-09:00", "08:00-24:30", "25:00-26:00", "08:00"])
def test_hours_that_are_no_half_hours_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError):
        table("2026-06-01", ["weekday"], hours)


def test_an_hour_in_two_rows_is_refused() -> None:
    rows = [
        {"days": ["weekday"], "period": "peak", "hours": ["08:00-10:00"]},
        {"days": ["weekday"], "period": "offpeak", "hours": ["09:30-11:00"]},
    ]
    with pytest.raises(ValidationError, match="two rows"):
        TariffTable.model_validate({"since": date(2026, 6, 1), "rows": rows})
