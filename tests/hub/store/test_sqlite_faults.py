"""The embedded store when the process dies, the disk is full or another program holds the file."""

import sqlite3
import sys
from pathlib import Path

import pytest

from keng_hub.store import Point, Series, StoreUnavailable
from keng_hub.store.sqlite import SqliteStore
from support.processes import Program
from support.small_disk import fill, small_disk

MIDNIGHT = 1_789_923_600_000
METER = Series("ngo-3", "cong-to-1", "energy_import")

WRITER = """
import asyncio, sys
from pathlib import Path
from keng_hub.store import Point
from keng_hub.store.sqlite import SqliteStore

async def main():
    async with SqliteStore(Path(sys.argv[1])) as store:
        for n in range(1_000_000):
            ts = 1_789_923_600_000 + n
            await store.write([Point("ngo-3", f"cong-to-{m}", "energy_import", ts, m) for m in range(50)])
            print(n + 1, flush=True)

asyncio.run(main())
"""


def points(first: int, count: int) -> list[Point]:
    return [Point(*METER, MIDNIGHT + n, n) for n in range(first, first + count)]


async def test_what_was_written_is_there_after_kill_9(tmp_path: Path) -> None:
    for batches in (1, 30, 60):
        writer = Program([sys.executable, "-c", WRITER, tmp_path / "readings.db"], tmp_path / f"{batches}.log")
        with writer:
            writer.wait_until(lambda: len(writer.output().splitlines()) > batches, "batches are committed")  # noqa: B023
            writer.kill()
        acknowledged = int(writer.output().splitlines()[-1])

        async with SqliteStore(tmp_path / "readings.db") as store:
            for meter in (0, 49):
                series = Series("ngo-3", f"cong-to-{meter}", "energy_import")
                found = await store.range(series, MIDNIGHT, MIDNIGHT + 1_000_000)
                assert len(found) >= acknowledged
                assert [ts - MIDNIGHT for ts, _, _ in found] == list(range(len(found)))
                assert (await store.latest(series))[series].ts == found[-1][0]
                (day,) = await store.buckets("day", MIDNIGHT, MIDNIGHT + 1, device=series.device)
                assert day.count == len(found)


async def test_a_file_held_by_another_program_is_waited_for_and_tried_again(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "readings.db", busy_s=0.02) as store:
        await store.write(points(0, 2))
        other = sqlite3.connect(tmp_path / "readings.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await store.write(points(1, 2))
        assert not (await store.health()).ok
        assert len(await store.range(METER, MIDNIGHT, MIDNIGHT + 9)) == 2  # reading goes on
        other.execute("ROLLBACK")
        other.close()

        await store.write(points(1, 2))
        assert len(await store.range(METER, MIDNIGHT, MIDNIGHT + 9)) == 3
        assert (await store.health()).ok


async def test_a_full_disk_loses_nothing_that_was_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        async with SqliteStore(disk / "readings.db") as store:
            await store.write(points(0, 10))
            stuffing = fill(disk, leave=8192)
            with pytest.raises(StoreUnavailable, match="full"):
                await store.write(points(10, 5000))
            assert not (await store.health()).ok
            assert (await store.latest(METER))[METER].ts == MIDNIGHT + 9
            stuffing.unlink()

            await store.write(points(10, 5000))
            assert len(await store.range(METER, MIDNIGHT, MIDNIGHT + 10_000)) == 5010


async def test_a_disk_that_is_nearly_full_is_a_bad_health(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        async with SqliteStore(disk / "readings.db") as store:
            health = await store.health()
    assert not health.ok
    assert "of disk left" in health.detail


async def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "readings.db"
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqliteStore(file).__aenter__()
    assert file.read_bytes().startswith(b"not a database")


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "readings.db"
    async with SqliteStore(file):
        pass
    newer = sqlite3.connect(file)
    newer.execute("PRAGMA user_version = 2")
    newer.close()
    with pytest.raises(StoreUnavailable, match="made by a newer Kẻng"):
        await SqliteStore(file).__aenter__()
