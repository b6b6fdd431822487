"""The full hours that a DL/T645 meter keeps: numbers tell no time, and move with each hour that strikes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keng_bridges.dlt645 import FrozenHours, Values, decode
from keng_bridges.dlt645_serial import Dlt645Line
from keng_bridges.errors import NoAnswer, Refused
from keng_bridges.values import Measurement
from support.dlt645_meter import Dlt645Meter

NOW = datetime(2026, 11, 25, 16)
HOUR = timedelta(hours=1)


def answered(hours: FrozenHours, kept: list[datetime], *, strikes: bool = False) -> tuple[list[Measurement], int]:
    """Rows and count of questions for a meter that keeps these hours; in the end one more `strikes`."""
    asking = hours.ask()
    asked = 0
    values: Values | None = None
    try:
        di = next(asking)
        while True:
            asked += 1
            number = int(di[6:], 16) - 1
            if di == "05040001" and asked > 1 and strikes:
                kept = [kept[0] + HOUR, *kept]
            hour = kept[number] if number < len(kept) else None
            if hour is None or di.startswith("050402"):
                values = None
            elif di.startswith("050400"):
                values = decode(di, bytes.fromhex(f"{hour:%y%m%d%H%M}")[::-1])
            else:
                values = decode(di, bytes.fromhex(f"{hour:00%d%H00}")[::-1])
            di = asking.send(values)
    except StopIteration as end:
        return list(end.value), asked


def back(hours: int) -> Iterator[datetime]:
    return (NOW - n * HOUR for n in range(hours))


def test_the_hours_asked_for_come_with_their_time_and_no_others() -> None:
    rows, _ = answered(FrozenHours(NOW - 5 * HOUR, NOW - 2 * HOUR), list(back(100)))
    assert [(m.quantity, m.at, m.value) for m in rows] == [
        ("energy_import", NOW - n * HOUR, Decimal((NOW - n * HOUR).day * 10000 + (NOW - n * HOUR).hour * 100) * 10)
        for n in (2, 3, 4)
    ]


@given(st.sets(st.integers(0, 250), min_size=1), st.integers(0, 260), st.integers(0, 12))
def test_hours_in_which_the_meter_was_off_move_no_other(off: set[int], end: int, length: int) -> None:
    kept = [hour for n, hour in enumerate(back(254)) if n == 0 or n not in off]
    until = NOW - end * HOUR
    rows, asked = answered(FrozenHours(until - length * HOUR, until), kept)
    assert [m.at for m in rows] == [hour for hour in kept if until - length * HOUR < hour <= until]
    assert asked <= 12 + 3 * (length + 1), "found by halving, not by walking"


def test_an_hour_that_strikes_meanwhile_makes_the_rows_worthless() -> None:
    with pytest.raises(NoAnswer, match="struck"):
        answered(FrozenHours(NOW - 5 * HOUR, NOW), list(back(100)), strikes=True)


def test_a_meter_without_any_hour_has_no_rows() -> None:
    assert answered(FrozenHours(NOW - 5 * HOUR, NOW), []) == ([], 1)


async def test_over_a_real_port_and_refused_by_a_meter_that_keeps_none() -> None:
    with Dlt645Meter() as meter:
        async with await Dlt645Line.open(meter.path, baud=9600) as line:
            with pytest.raises(Refused):
                await line.frozen_hours(meter.address, FrozenHours(NOW - 3 * HOUR, NOW))
            meter.freeze(list(back(6)))
            rows = await line.frozen_hours(meter.address, FrozenHours(NOW - 3 * HOUR, NOW))
    assert [m.at for m in rows] == [NOW, NOW - HOUR, NOW - 2 * HOUR]
