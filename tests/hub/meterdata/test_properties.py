"""What holds for any readings whatever: energy is neither made nor lost, never negative, and order does not matter."""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from keng_hub.database import Database
from keng_hub.meterdata import days
from keng_hub.meterdata.flags import Flag
from keng_hub.meterdata.sheet import Interval
from keng_hub.store.sqlite import SqliteStore
from keng_hub.tables import metadata
from support.meter_hub import MeterHub, settle_meters
from support.meter_sheets import DAY, HALF_HOUR, IMPORT, METER, MONDAY, judged

DAYS = 9
Row = tuple[int, float]


PAUSES = [1, 1, 1, 2, 5, 48, 100, 144, 145, 200]
"""Half hours between two readings; more than 144 are a gap that stays one."""


@st.composite
def growing(draw: st.DrawFn, odd: bool = False) -> list[Row]:
    """A register that grows by what the line can carry, read at borders or at odd moments near and between them."""
    at, wh = MONDAY, draw(st.integers(0, 10_000_000))
    rows: list[Row] = []
    for pause, share in draw(st.lists(st.tuples(st.sampled_from(PAUSES), st.integers(0, 12_500)), max_size=30)):
        rows.append((at + (draw(st.sampled_from([0, -120_000, 100_000, 700_000])) if odd else 0), float(wh)))
        at += pause * HALF_HOUR
        wh += pause * share * 4 // 5
    return [row for row in rows if MONDAY <= row[0] < MONDAY + DAYS * DAY]


@st.composite
def wild(draw: st.DrawFn) -> list[Row]:
    """The same with low readings, leaps, and a register that begins anew somewhere."""
    rows = draw(growing(odd=True).filter(bool))
    for index in draw(st.lists(st.integers(0, len(rows) - 1), max_size=4)):
        rows[index] = rows[index][0], float(draw(st.integers(0, 99_999_999)))
    cut = draw(st.integers(0, 2 * len(rows)))
    return [(at, wh if n < cut else wh // 7) for n, (at, wh) in enumerate(rows)]


@given(growing().filter(bool))
def test_half_hours_and_what_long_gaps_held_add_up_to_what_the_register_counted(rows: list[Row]) -> None:
    made = judged(rows, days=DAYS)
    total = sum(one.wh or 0 for one in made.intervals[IMPORT]) + sum(made.unplaced[IMPORT].values())
    assert total == rows[-1][1] - rows[0][1]
    assert made.questions == {}


@given(growing(odd=True).filter(bool))
def test_between_readings_at_odd_moments_no_energy_is_made(rows: list[Row]) -> None:
    made = judged(rows, days=DAYS)
    total = sum(one.wh or 0 for one in made.intervals[IMPORT]) + sum(made.unplaced[IMPORT].values())
    assert 0 <= total <= rows[-1][1] - rows[0][1]


@given(wild())
def test_no_half_hour_is_ever_negative_or_more_than_the_line_can_carry(rows: list[Row]) -> None:
    made = judged(rows, days=DAYS)
    most = made.parameters.max_power_w * (HALF_HOUR + 2 * 180_000 + 60_000) // 3_600_000 + 100
    for one in made.intervals[IMPORT]:
        assert one.wh is None or 0 <= one.wh <= most
    assert all(wh >= 0 for wh in made.unplaced[IMPORT].values())


@given(wild(), st.integers(0, 2**32), st.integers(1, 6))
@settings(max_examples=12)
def test_the_order_of_arrival_does_not_matter_and_a_replay_changes_nothing(
    rows: list[Row], seed: int, parts: int
) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    size = -(-len(rows) // parts)
    batches = [shuffled[n : n + size] for n in range(0, len(rows), size)]
    once = asyncio.run(_accepted([rows]))
    assert asyncio.run(_accepted([*batches, batches[0], rows])) == once


async def _accepted(batches: Sequence[Sequence[Row]]) -> tuple[list[Interval], list[tuple[int, int]]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/keng.db")
        database.write_now(metadata.create_all)
        database.write_now(settle_meters)
        async with SqliteStore(Path(folder) / "readings.db") as store:
            hub = MeterHub(database, store)
            for batch in batches:
                await hub.measure(batch)
                await hub.settle()
            # A day without a row and a day of nothing but gaps say the same.
            found = [one for one in await hub.accepted() if one.flag is not Flag.MISSING]
            rows = await database.read(days.rows, METER, 0, MONDAY + 2 * DAYS * DAY)
            unplaced = [(row["start"], row["unplaced"]) for row in rows if row["unplaced"]]
        database.close()
        return found, unplaced
