"""Readings go from the journal to the store: all of them, in the end once, whatever breaks in between."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from keng_hub import backlog, forward
from keng_hub.database import Database
from keng_hub.forward import Forwarder
from keng_hub.metrics import Metrics
from keng_hub.store import Point, Series, StoreUnavailable
from keng_hub.store.influx import InfluxStore
from keng_hub.store.sqlite import SqliteStore
from keng_hub.tables import cursor, journal, progress, quarantine
from keng_wire.conditions import ClockQuality
from keng_wire.event import Gap
from keng_wire.message import ReadingMessage
from keng_wire.reading import Quality as Letter
from keng_wire.reading import Reading, Readings
from support.influxd import Influxd
from support.processes import Program, until

NODE, STREAM = "ngo-3", "0badcafe"
NOON = 1_789_966_800_000
METER = Series(NODE, "cong-to-1", "energy_import")


def message(number: int, rows: Sequence[Reading] | None = None, body: Gap | None = None) -> bytes:
    """Three readings a minute apart, the value of the last one is the number."""
    default = [Reading("cong-to-1", "energy_import", -60_000 * back, number - back / 4) for back in (2, 1, 0)]
    return (
        ReadingMessage.model_validate(
            {
                "node": NODE,
                "stream": STREAM,
                "number": number,
                "boot": "0badb007",
                "at": 0,
                "clock": ClockQuality.UNKNOWN,
                "up": 1,
                "class": "reading",
                "body": body or Readings(rows=list(rows or default)),
            }
        )
        .model_dump_json()
        .encode()
    )


def row(number: int, payload: bytes | None = None, cls: str = "reading") -> dict[str, object]:
    return {
        "node": NODE,
        "stream": STREAM,
        "message_class": cls,
        "first": number,
        "number": number,
        "at": NOON + number * 180_000,  # repaired: not what the payload says
        "repaired": True,
        "received": NOON + number * 180_000 + 500,
        "payload": payload or message(number),
    }


def put(connection: sa.Connection, rows: Iterable[dict[str, object]], high: int) -> None:
    connection.execute(sa.insert(journal), list(rows))
    connection.execute(sa.delete(progress))
    standing = {"node": NODE, "stream": STREAM, "message_class": "reading", "high": high, "highest": high}
    connection.execute(sa.insert(progress).values(**standing))


def numbers(connection: sa.Connection) -> list[int]:
    return list(connection.execute(sa.select(journal.c.number).order_by(journal.c.id)).scalars())


def kept_aside(connection: sa.Connection) -> list[tuple[str, str, bytes]]:
    return [(r.topic, r.reason, r.payload) for r in connection.execute(sa.select(quarantine))]


async def all_forwarded(forwarder: Forwarder) -> None:
    while await forwarder.run_once():
        pass


async def values(store: SqliteStore | InfluxStore) -> list[float]:
    return [value for _, value, _ in await store.range(METER, 0, 2 * NOON)]


def expected(count: int) -> list[float]:
    return [number - back / 4 for number in range(1, count + 1) for back in (2, 1, 0)]


async def test_readings_reach_the_store_at_their_repaired_time(database: Database, tmp_path: Path) -> None:
    rows = [
        Reading("cong-to-1", "energy_import", -5, 1.5, Letter.ESTIMATED),
        Reading("cong-to-2", "power", 0, -2, Letter.SUSPECT),
    ]
    await database.write(put, [row(1, message(1, rows)), row(2)], high=2)
    async with SqliteStore(tmp_path / "readings.db") as store:
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))

        at = NOON + 180_000
        assert (await store.range(METER, 0, at + 1)) == [(at - 5, 1.5, 2)]
        assert await store.latest(Series(NODE, "cong-to-2", "power")) == {
            Series(NODE, "cong-to-2", "power"): Point(NODE, "cong-to-2", "power", at, -2, 1)
        }
        assert len(await values(store)) == 4


async def test_a_gap_and_other_classes_are_passed_over(database: Database, tmp_path: Path) -> None:
    gap = Gap(first=1, reason="full", count=7)
    await database.write(put, [row(7, message(7, body=gap)), row(1, b"{}", cls="event"), row(8)], high=8)
    async with SqliteStore(tmp_path / "readings.db") as store:
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert len(await values(store)) == 3
    assert await database.read(numbers) == [1]  # the event stays
    assert await database.read(kept_aside) == []


async def test_forwarded_messages_leave_the_journal_when_their_number_is_acknowledged(
    database: Database, tmp_path: Path
) -> None:
    await database.write(put, [row(n) for n in (1, 2, 4, 5)], high=2)
    async with SqliteStore(tmp_path / "readings.db") as store:
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert await database.read(numbers) == [4, 5]
        await database.write(put, [row(3)], high=5)
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert await values(store) == expected(5)
    assert await database.read(numbers) == []


@pytest.mark.expects_log("the store takes 1 readings never")
async def test_a_reading_that_can_never_be_stored_is_kept_aside_with_its_reason(
    database: Database, tmp_path: Path
) -> None:
    far = Reading("cong-to-1", "energy_import", -604_800_000, 9)
    await database.write(put, [row(1), row(2, message(2, [far])) | {"at": 1_000}, row(3)], high=3)
    async with SqliteStore(tmp_path / "readings.db") as store:
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert await values(store) == [*expected(1), *expected(3)[6:]]
    assert await database.read(kept_aside) == [
        (
            "keng/v1/ngo-3/up/reading",
            "store: ngo-3/cong-to-1/energy_import at -604799000: -604799000 is not a time in ms between 1970 and 2255",
            message(2, [far]),
        )
    ]


async def test_a_message_that_cannot_be_read_any_more_is_kept_aside(database: Database, tmp_path: Path) -> None:
    await database.write(put, [row(1, b'{"v": 0}'), row(2)], high=2)
    async with SqliteStore(tmp_path / "readings.db") as store:
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert len(await values(store)) == 3
    ((topic, reason, payload),) = await database.read(kept_aside)
    assert (topic, payload) == ("keng/v1/ngo-3/up/reading", b'{"v": 0}')
    assert "node" in reason


async def test_two_hubs_that_forward_the_same_move_the_cursor_once(database: Database, tmp_path: Path) -> None:
    await database.write(put, [row(n) for n in range(1, 6)], high=5)
    async with SqliteStore(tmp_path / "readings.db") as store:
        mine = await database.read(backlog.take, 3)
        theirs = await database.read(backlog.take, 4)
        await store.write(mine.points)
        await store.write(theirs.points)
        assert await database.write(backlog.advance, theirs, [], NOON)
        assert not await database.write(backlog.advance, mine, [], NOON)
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert await values(store) == expected(5)


async def test_a_row_that_is_committed_late_is_not_passed_over(database: Database, tmp_path: Path) -> None:
    """On PostgreSQL a lower id may be committed after a higher one."""
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer: ids are committed in their order")
    with database.engine.connect() as slow:
        slow.execute(sa.insert(journal), [row(1)])
        await database.write(put, [row(2)], high=2)
        async with SqliteStore(tmp_path / "readings.db") as store:
            forwarder = Forwarder(database, store, Metrics(), clock=lambda: NOON)
            await forwarder.run_once()
            assert await values(store) == []
            slow.commit()
            await all_forwarded(forwarder)
            assert await values(store) == expected(2)


async def test_lag_is_told_to_people_and_to_metrics(database: Database, tmp_path: Path) -> None:
    await database.write(put, [row(n) for n in range(1, 4)], high=3)
    metrics = Metrics()
    async with SqliteStore(tmp_path / "readings.db") as store:
        forwarder = Forwarder(database, store, metrics, clock=lambda: NOON + 240_500)
        assert await forwarder.lag() == (3, NOON + 180_500)
        health = await forwarder.health()
        assert health == (True, "3 messages wait, the oldest for 60 s")
        assert metrics.registry.get_sample_value("keng_forward_lag_messages") == 3
        assert metrics.registry.get_sample_value("keng_forward_lag_seconds") == 60
        await all_forwarded(forwarder)
        assert (await forwarder.health()) == (True, "0 messages wait")
        assert metrics.registry.get_sample_value("keng_forward_lag_seconds") == 0


class Sleeps:
    """A sleep that notes how long and never takes time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.at: Callable[[int], None] = lambda n: None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.at(len(self.seconds))
        await asyncio.sleep(0)


@pytest.mark.expects_log("readings wait in the journal")
async def test_a_store_that_is_away_is_asked_again_with_growing_pauses(database: Database, tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd")
    sleep = Sleeps()
    await database.write(put, [row(n) for n in range(1, 4)], high=3)
    async with InfluxStore(server.url, api="v1") as store:
        forwarder = Forwarder(database, store, Metrics(), clock=lambda: NOON, sleep=sleep)
        task = asyncio.create_task(forwarder.run())
        await until(lambda: len(sleep.seconds) >= 7, "it has tried seven times")
        assert sleep.seconds[:7] == [1, 2, 4, 8, 16, 30, 30]
        health = await forwarder.health()
        assert not health.ok
        assert "3 messages wait" in health.detail
        assert await database.read(numbers) == [1, 2, 3]

        with server:
            await until(lambda: forward.POLL_S in sleep.seconds, "everything is forwarded")
            assert await values(store) == expected(3)
            assert (await forwarder.health()).ok
            task.cancel()


@pytest.mark.expects_log("readings wait in the journal")
async def test_a_database_that_is_away_does_not_end_the_task(database: Database, tmp_path: Path) -> None:
    sleep = Sleeps()
    async with SqliteStore(tmp_path / "readings.db") as store:
        await database.write(cursor.drop)
        task = asyncio.create_task(Forwarder(database, store, Metrics(), clock=lambda: NOON, sleep=sleep).run())
        await until(lambda: len(sleep.seconds) >= 2, "it has tried twice")

        def repair(connection: sa.Connection) -> None:
            cursor.create(connection)
            put(connection, [row(1)], high=1)

        await database.write(repair)
        await until(lambda: forward.POLL_S in sleep.seconds, "it goes on")
        task.cancel()
        assert await values(store) == expected(1)


async def test_days_are_summed_up_and_old_readings_deleted_while_nothing_waits(
    database: Database, tmp_path: Path
) -> None:
    day = 86_400_000
    await database.write(put, [row(1), row(2) | {"at": NOON + 10 * day}], high=2)
    async with SqliteStore(tmp_path / "readings.db") as store:
        forwarder = Forwarder(database, store, Metrics(), keep_days=7, clock=lambda: NOON + 11 * day)
        for _ in range(4):
            await forwarder.run_once()
        assert len(await values(store)) == 3
        assert not await store.roll_up(NOON + 11 * day)
        assert [bucket.count for bucket in await store.buckets("day", 0, NOON + 11 * day)] == [3, 3]


CHILD = """
import asyncio, sys
from pathlib import Path
from keng_hub import forward
from keng_hub.database import Database
from keng_hub.metrics import Metrics
from keng_hub.store.sqlite import SqliteStore

async def main():
    forward.BATCH = 3
    async with SqliteStore(Path(sys.argv[2])) as store:
        await forward.Forwarder(Database(sys.argv[1]), store, Metrics()).run()

asyncio.run(main())
"""


async def test_forwarding_resumes_after_kill_9(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    count = 600
    await database.write(put, [row(n) for n in range(1, count + 1)], high=count)
    for left in (500, 300, 100):
        child = Program([sys.executable, "-c", CHILD, sqlite_url, tmp_path / "readings.db"], tmp_path / "child.log")
        with child:
            child.wait_until(lambda: len(database.read_now(numbers)) <= left, "some are forwarded")  # noqa: B023
            child.kill()
    async with SqliteStore(tmp_path / "readings.db") as store:
        await all_forwarded(Forwarder(database, store, Metrics(), clock=lambda: NOON))
        assert await values(store) == expected(count)
    assert database.read_now(numbers) == []
    database.close()


async def test_the_store_is_not_asked_when_nothing_waits(database: Database) -> None:
    class Closed(SqliteStore):
        async def write(self, points: Sequence[Point]) -> None:
            raise StoreUnavailable("never asked")

        async def roll_up(self, before: int) -> bool:
            return False

    forwarder = Forwarder(database, Closed(Path("unused")), Metrics(), clock=lambda: NOON)
    assert not await forwarder.run_once()
