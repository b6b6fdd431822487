"""The database: transactions in threads on SQLite and PostgreSQL."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from keng_hub.database import Database
from keng_hub.tables import cursor


def put(connection: Connection, name: str, position: int = 1) -> None:
    connection.execute(cursor.insert().values(name=name, position=position))


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(sa.select(cursor.c.name).order_by(cursor.c.name)))


async def test_what_was_written_is_read(database: Database) -> None:
    await database.write(put, "a", position=7)
    assert await database.read(names) == ["a"]


async def test_a_function_that_raises_leaves_nothing_behind(database: Database) -> None:
    def half(connection: Connection) -> None:
        put(connection, "a")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await database.write(half)
    assert await database.read(names) == []


async def test_a_read_refuses_to_write(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await database.read(put, "a")
    assert await database.read(names) == []


async def test_a_read_sees_one_moment_however_long_it_takes(database: Database) -> None:
    loop = asyncio.get_running_loop()
    looked, written = asyncio.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[list[str], list[str]]:
        first = names(connection)
        loop.call_soon_threadsafe(looked.set)
        assert written.wait(10)
        return first, names(connection)

    reading = asyncio.create_task(database.read(twice))
    await looked.wait()
    await database.write(put, "a")
    written.set()
    assert await reading == ([], [])


async def test_a_savepoint_gives_up_one_part_and_keeps_the_rest(database: Database) -> None:
    def some(connection: Connection) -> None:
        put(connection, "a")
        with pytest.raises(IntegrityError), connection.begin_nested():
            put(connection, "a")
        put(connection, "b")

    await database.write(some)
    assert await database.read(names) == ["a", "b"]


async def test_an_urgent_writer_goes_before_all_that_wait(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    order: list[str] = []
    loop = asyncio.get_running_loop()
    holding, free = asyncio.Event(), threading.Event()

    def hold(_: Connection) -> None:
        loop.call_soon_threadsafe(holding.set)
        assert free.wait(10)

    def note(_: Connection, name: str) -> None:
        order.append(name)

    first = asyncio.create_task(database.write(hold))
    await holding.wait()
    ordinary = [asyncio.create_task(database.write(note, "reading")) for _ in range(20)]
    await asyncio.sleep(0.02)
    alarm = asyncio.create_task(database.write_urgently(note, "alarm"))
    await asyncio.sleep(0.02)
    free.set()
    await asyncio.gather(first, alarm, *ordinary)
    assert order == ["alarm"] + ["reading"] * 20
    database.close()


async def test_many_writers_at_once_all_succeed(database: Database) -> None:
    await asyncio.gather(*(database.write(put, f"{number:02}") for number in range(40)))
    assert len(await database.read(names)) == 40


async def test_another_process_may_write_between_our_transactions(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    other = sqlite3.connect(tmp_path / "keng.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO cursor VALUES ('theirs', 1)")
    ours = asyncio.create_task(database.write(put, "ours"))
    await asyncio.sleep(0.05)
    assert not ours.done()
    other.execute("COMMIT")
    await ours
    assert await database.read(names) == ["ours", "theirs"]
    other.close()
    database.close()


async def test_health_says_that_a_database_is_gone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/missing-folder/keng.db")
    health = await database.health()
    assert not health.ok
    assert "unable to open" in health.detail
    database.close()


async def test_a_healthy_database_names_its_kind(database: Database) -> None:
    assert await database.health() == (True, database.url.get_backend_name())
