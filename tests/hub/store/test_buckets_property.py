"""Whatever order, repetition and lateness points arrive in, the buckets are those counted from scratch."""

import asyncio
import math
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from keng_hub.store import Bucket, Point, Series, Store
from keng_hub.store.days import fold
from keng_hub.store.influx import InfluxStore
from keng_hub.store.sqlite import SqliteStore
from support.influxd import Influxd

HOUR = 3_600_000
START = 1_789_923_600_000 - HOUR  # an hour before a midnight in Vietnam
SPAN = 50 * HOUR
NAMES = [Series("ngo-1", "a", "x"), Series("ngo-1", "b", "x"), Series("ngo-2", "a", "y")]


def made(series: Series, ts: int, quarters: int, quality: int) -> Point:
    return Point(*series, START + ts, quarters / 4, quality)


point = st.builds(
    made,
    st.sampled_from(NAMES),
    st.one_of(st.integers(0, SPAN - 1), st.integers(0, 9).map(lambda n: n * 5 * HOUR)),  # also the same times again
    st.integers(-4000, 4000),
    st.integers(0, 3),
)
step = st.one_of(
    st.lists(point, min_size=1, max_size=8),
    st.integers(0, 3).map(lambda days: START + days * 24 * HOUR),  # roll up what ended by then
)


def counted(points: dict[tuple[Series, int], Point], width: int, offset: int) -> list[Bucket]:
    groups: dict[tuple[Series, int], list[Point]] = {}
    for (series, ts), found in sorted(points.items()):
        groups.setdefault((series, (ts + offset) // width * width - offset), []).append(found)
    return [
        Bucket(
            series,
            start,
            len(group),
            min(p.value for p in group),
            max(p.value for p in group),
            math.fsum(p.value for p in group),
            group[0].value,
            group[-1].value,
        )
        for (series, start), group in sorted(groups.items())
    ]


async def run(open_store: Callable[[], Store], steps: list[list[Point] | int], reopen: bool) -> None:
    truth: dict[tuple[Series, int], Point] = {}
    parts = [[step] for step in steps] if reopen else [steps]
    for part in [*parts, []]:
        async with open_store() as store:
            for now in part:
                if isinstance(now, int):
                    await store.roll_up(now)
                else:
                    await store.write(now)
                    truth |= {(p.series, p.ts): p for p in now}
    async with open_store() as store:
        await holds(store, truth)


async def holds(store: Store, truth: dict[tuple[Series, int], Point]) -> None:
    days = counted(truth, 24 * HOUR, 7 * HOUR)
    assert await store.buckets("day", START, START + SPAN) == days
    assert await store.buckets("hour", START, START + SPAN) == counted(truth, HOUR, 0)
    assert await store.totals(START, START + SPAN) == sorted(fold(days), key=lambda t: (t.start, t.quantity))
    assert await store.latest() == {series: point for (series, _), point in sorted(truth.items())}


@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=12), st.booleans())
def test_embedded_buckets_do_not_depend_on_how_points_arrived(steps: list[list[Point] | int], reopen: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(lambda: SqliteStore(Path(folder) / "readings.db"), steps, reopen))


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(step, max_size=8))
def test_influx_buckets_do_not_depend_on_how_points_arrived(influxd: Influxd, steps: list[list[Point] | int]) -> None:
    bucket = f"keng{secrets.token_hex(4)}/autogen"
    asyncio.run(run(lambda: InfluxStore(influxd.url, bucket, "v1"), steps, reopen=False))
