"""What every store promises, on the embedded one and on a real InfluxDB 1.x; on a real 2.x where one is given."""

import os
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from keng_hub.store import KINDS, Bucket, Point, PointsRejected, Series, Store, Total, kind
from keng_hub.store.influx import InfluxStore
from keng_hub.store.sqlite import SqliteStore
from support.influxd import Influxd

HOUR = 3_600_000
DAY = 24 * HOUR
MIDNIGHT = 1_789_923_600_000  # 2026-09-21 00:00 in Vietnam
METER = Series("ngo-3", "cong-to-1", "energy_import")
OTHER = Series("ngo-4", "cong-to-1", "energy_import")

Open = Callable[[], Store]


@pytest.fixture(params=["sqlite", "influx v1", "influx v2"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same empty store each time."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "readings.db")
    if request.param == "influx v1":
        server: Influxd = request.getfixturevalue("influxd")
        database = f"keng{secrets.token_hex(4)}"
        return lambda: InfluxStore(server.url, f"{database}/autogen", "v1")
    url, token = os.environ.get("INFLUX_URL"), os.environ.get("INFLUX_TOKEN")
    if not url or not token:
        pytest.skip("no InfluxDB 2 at hand: set INFLUX_URL, INFLUX_TOKEN (and INFLUX_BUCKET, empty, INFLUX_ORG)")
    file = tmp_path / "token"
    file.write_text(token)
    bucket, org = os.environ.get("INFLUX_BUCKET", "keng/autogen"), os.environ.get("INFLUX_ORG", "keng")
    return lambda: InfluxStore(url, bucket, "v2", org, file)


@pytest.fixture
async def store(opener: Open) -> AsyncIterator[Store]:
    """The store, open and empty."""
    async with opener() as opened:
        yield opened


def at(series: Series, ts: int, value: float, quality: int = 0) -> Point:
    return Point(*series, ts, value, quality)


def test_every_kind_of_store_loads() -> None:
    assert {name: kind(name).__name__ for name in KINDS} == {"sqlite": "SqliteStore", "influx": "InfluxStore"}


async def test_an_empty_store_answers_with_nothing(store: Store) -> None:
    assert await store.latest() == {}
    assert await store.latest(METER) == {}
    assert await store.range(METER, 0, MIDNIGHT) == []
    assert await store.buckets("day", 0, MIDNIGHT) == []
    assert await store.buckets("hour", 0, MIDNIGHT) == []
    assert await store.totals(0, MIDNIGHT) == []
    assert not await store.roll_up(MIDNIGHT)
    await store.write([])


async def test_a_store_that_works_says_so(store: Store) -> None:
    assert (await store.health()).ok


async def test_points_come_back_in_order_and_whole(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT + 2, 2.5, 1), at(METER, MIDNIGHT, -0.1, 3), at(OTHER, MIDNIGHT + 1, 7)])
    await store.write([at(METER, MIDNIGHT + 1, 123456789.012345)])

    assert await store.range(METER, MIDNIGHT, MIDNIGHT + 3) == [
        (MIDNIGHT, -0.1, 3),
        (MIDNIGHT + 1, 123456789.012345, 0),
        (MIDNIGHT + 2, 2.5, 1),
    ]


async def test_a_range_holds_its_start_and_not_its_end(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT + n, n) for n in range(4)])

    assert [value for _, value, _ in await store.range(METER, MIDNIGHT + 1, MIDNIGHT + 3)] == [1, 2]


async def test_the_same_series_and_time_again_replaces_the_value(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT, 1), at(METER, MIDNIGHT, 2)])
    assert await store.range(METER, MIDNIGHT, MIDNIGHT + 1) == [(MIDNIGHT, 2, 0)]

    await store.write([at(METER, MIDNIGHT, 3, 3)])
    assert await store.range(METER, MIDNIGHT, MIDNIGHT + 1) == [(MIDNIGHT, 3, 3)]
    assert await store.latest(METER) == {METER: at(METER, MIDNIGHT, 3, 3)}


async def test_the_latest_value_is_the_newest_not_the_last_to_arrive(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT + DAY, 9), at(OTHER, MIDNIGHT, 4)])
    await store.write([at(METER, MIDNIGHT, 1)])

    newest = at(METER, MIDNIGHT + DAY, 9)
    assert await store.latest(METER) == {METER: newest}
    assert await store.latest() == {METER: newest, OTHER: at(OTHER, MIDNIGHT, 4)}


async def test_names_keep_their_letters(store: Store) -> None:
    odd = Series("ngõ 3, nhà = 'ba' \"b\"", "đồng-hồ;$x", "điện (kWh)")
    await store.write([at(odd, MIDNIGHT, 1.5)])

    assert await store.latest(odd) == {odd: at(odd, MIDNIGHT, 1.5)}
    assert await store.range(odd, 0, MIDNIGHT + 1) == [(MIDNIGHT, 1.5, 0)]


async def test_an_hour_and_a_day_hold_what_was_written_into_them(store: Store) -> None:
    await store.write(
        [at(METER, MIDNIGHT - 1, 5), at(METER, MIDNIGHT, 3), at(METER, MIDNIGHT + 10, 9), at(METER, MIDNIGHT + HOUR, 4)]
    )
    day = Bucket(METER, MIDNIGHT, count=3, minimum=3, maximum=9, total=16, first=3, last=4)

    assert await store.buckets("hour", MIDNIGHT, MIDNIGHT + HOUR) == [
        Bucket(METER, MIDNIGHT, count=2, minimum=3, maximum=9, total=12, first=3, last=9)
    ]
    assert await store.buckets("day", MIDNIGHT + 5, MIDNIGHT + 6) == [day]
    assert [b.start for b in await store.buckets("day", MIDNIGHT - 1, MIDNIGHT + 1)] == [MIDNIGHT - DAY, MIDNIGHT]
    while await store.roll_up(MIDNIGHT + DAY):
        pass
    assert await store.buckets("day", MIDNIGHT, MIDNIGHT + 1) == [day]


async def test_buckets_can_be_asked_for_a_part_of_the_village(store: Store) -> None:
    power = Series(METER.node, METER.device, "power")
    await store.write([at(METER, MIDNIGHT, 1), at(OTHER, MIDNIGHT, 2), at(power, MIDNIGHT, 3)])

    async def matching(**match: str) -> set[Series]:
        return {bucket.series for bucket in await store.buckets("day", MIDNIGHT, MIDNIGHT + 1, **match)}

    for _ in range(2):
        assert await matching() == {METER, OTHER, power}
        assert await matching(node="ngo-3") == {METER, power}
        assert await matching(device="cong-to-1", quantity="energy_import") == {METER, OTHER}
        assert await matching(node="ngo-9") == set()
        await store.roll_up(MIDNIGHT + DAY)


async def test_a_day_is_summed_up_only_when_it_is_over_and_once(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT, 1), at(METER, MIDNIGHT + DAY, 2)])

    assert [await store.roll_up(MIDNIGHT + DAY) for _ in range(2)] == [True, False]
    assert await store.roll_up(MIDNIGHT + 2 * DAY)


async def test_late_points_change_a_day_that_was_summed_up(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT + HOUR, 5)])
    assert await store.roll_up(MIDNIGHT + DAY)

    await store.write([at(METER, MIDNIGHT, 2), at(METER, MIDNIGHT + HOUR, 6)])
    day = Bucket(METER, MIDNIGHT, count=2, minimum=2, maximum=6, total=8, first=2, last=6)
    assert await store.buckets("day", MIDNIGHT, MIDNIGHT + 1) == [day]
    assert await store.roll_up(MIDNIGHT + DAY)
    assert await store.buckets("day", MIDNIGHT, MIDNIGHT + 1) == [day]


async def test_totals_add_up_the_village_by_day(store: Store) -> None:
    await store.write([at(METER, MIDNIGHT, 10), at(METER, MIDNIGHT + HOUR, 15)])
    await store.write([at(OTHER, MIDNIGHT, 1), at(OTHER, MIDNIGHT + DAY, 3)])
    both = Total("energy_import", MIDNIGHT, series=2, count=3, minimum=1, maximum=15, total=26, first=11, last=16)
    next_day = Total("energy_import", MIDNIGHT + DAY, series=1, count=1, minimum=3, maximum=3, total=3, first=3, last=3)
    one = Total("energy_import", MIDNIGHT, series=1, count=2, minimum=10, maximum=15, total=25, first=10, last=15)

    for _ in range(3):
        assert await store.totals(MIDNIGHT, MIDNIGHT + 2 * DAY) == [both, next_day]
        assert await store.totals(MIDNIGHT, MIDNIGHT + 1, node="ngo-3") == [one]
        assert await store.totals(MIDNIGHT, MIDNIGHT + DAY, quantity="power") == []
        await store.roll_up(MIDNIGHT + 2 * DAY)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (at(METER, MIDNIGHT, float("nan")), "nan is not a number"),
        (at(METER, MIDNIGHT, float("inf")), "inf is not a number"),
        (at(METER, -1, 1), "-1 is not a time"),
        (at(METER, 9_000_000_000_000, 1), "9000000000000 is not a time"),
        (at(METER, MIDNIGHT, 1, 4), "4 is not a quality"),
        (at(Series("a\nb", "c", "d"), MIDNIGHT, 1), r"'a\\nb' cannot name a series"),
        (at(Series("", "c", "d"), MIDNIGHT, 1), "'' cannot name a series"),
        (at(Series("a", "c\\", "d"), MIDNIGHT, 1), "cannot name a series"),
    ],
)
async def test_a_point_that_cannot_be_stored_is_named_and_the_others_are_stored(
    store: Store, bad: Point, reason: str
) -> None:
    await store.write([at(METER, MIDNIGHT + 100, 0)])
    good = [at(METER, MIDNIGHT + n, n) for n in range(1, 11)]

    with pytest.raises(PointsRejected, match=reason) as caught:
        await store.write([*good[:7], bad, *good[7:]])

    assert len(caught.value.rejected) == 1
    assert caught.value.rejected[0].point is bad
    assert [value for _, value, _ in await store.range(METER, MIDNIGHT, MIDNIGHT + 50)] == list(range(1, 11))
    assert [bucket.count for bucket in await store.buckets("day", MIDNIGHT, MIDNIGHT + 1)] == [11]


async def test_a_store_opened_again_knows_what_it_knew(opener: Open) -> None:
    async with opener() as store:
        await store.write([at(METER, MIDNIGHT, 1), at(OTHER, MIDNIGHT, 1)])
        await store.roll_up(MIDNIGHT + DAY)
        await store.write([at(METER, MIDNIGHT + DAY, 2)])
        await store.write([at(OTHER, MIDNIGHT - DAY, 0.5)])
    async with opener() as store:
        assert await store.latest() == {METER: at(METER, MIDNIGHT + DAY, 2), OTHER: at(OTHER, MIDNIGHT, 1)}
        assert [bucket.start for bucket in await store.buckets("day", 0, MIDNIGHT + 2 * DAY, node="ngo-3")] == [
            MIDNIGHT,
            MIDNIGHT + DAY,
        ]


async def test_deleting_keeps_the_days_and_forgets_the_readings(opener: Open) -> None:
    async with opener() as store:
        await store.write([at(METER, MIDNIGHT + n * DAY, n) for n in range(4)])
        await store.write([at(OTHER, MIDNIGHT, 1)])
        await store.delete_before(MIDNIGHT + 2 * DAY + HOUR)

        async def holds(store: Store) -> None:
            assert [value for _, value, _ in await store.range(METER, 0, MIDNIGHT + 4 * DAY)] == [2, 3]
            assert [b.last for b in await store.buckets("day", 0, MIDNIGHT + 4 * DAY, node="ngo-3")] == [0, 1, 2, 3]
            assert [t.first for t in await store.totals(MIDNIGHT, MIDNIGHT + DAY)] == [1]
            assert await store.latest() == {METER: at(METER, MIDNIGHT + 3 * DAY, 3)}
            with pytest.raises(PointsRejected, match="have been deleted"):
                await store.write([at(METER, MIDNIGHT, 9), at(METER, MIDNIGHT + 3 * DAY, 4)])
            assert (await store.range(METER, MIDNIGHT + 3 * DAY, MIDNIGHT + 4 * DAY))[0][1] == 4
            await store.write([at(METER, MIDNIGHT + 3 * DAY, 3)])

        await holds(store)
        await store.delete_before(MIDNIGHT)  # less than before changes nothing
        await holds(store)
    async with opener() as store:
        await holds(store)
