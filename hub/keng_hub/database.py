"""The relational database: short transactions in threads, one writer at a time on SQLite."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from keng_hub.health import Health

P = ParamSpec("P")
T = TypeVar("T")

READERS = 8
WRITERS = 4
URGENT_WRITERS = 2
"""Threads of each kind. Urgent writers have their own, so that an alarm never waits for a thread either."""

BUSY_S = 30
"""How long a writer waits for another process (the command line, a backup) to end its transaction on SQLite."""


class Database:
    """Runs plain functions of a connection, each in one transaction in a thread.

    `write` commits when the function returns and rolls back when it raises. SQLite allows one writer at a time;
    a lock in front of it keeps ours in order, and `urgent` writers (alarms) go first.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.engine = _engine(self.url, reading=False, connections=WRITERS + URGENT_WRITERS)
        self._reading = _engine(self.url, reading=True, connections=READERS)
        self._turn = _Turn() if self.engine.dialect.name == "sqlite" else None
        self._readers = ThreadPoolExecutor(READERS, "database-read")
        self._writers = ThreadPoolExecutor(WRITERS, "database-write")
        self._urgent = ThreadPoolExecutor(URGENT_WRITERS, "database-urgent")

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, *args)` on one snapshot of the data; the database refuses a write in it."""
        return await _in(self._readers, lambda: self.read_now(function, *args, **kwargs))

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, *args)` in a transaction of its own; durable when this returns."""
        return await _in(self._writers, lambda: self.write_now(function, *args, **kwargs))

    async def write_urgently(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, before all waiting writers that are not urgent."""
        return await _in(
            self._urgent, lambda: self._write(True, lambda connection: function(connection, *args, **kwargs))
        )

    def read_now(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, in the calling thread."""
        with self._reading.connect() as connection:
            return function(connection, *args, **kwargs)

    def write_now(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, in the calling thread."""
        return self._write(False, lambda connection: function(connection, *args, **kwargs))

    async def health(self) -> Health:
        """Take the writer's turn and a transaction, and give both back."""
        try:
            await self.write(_touch)
        except SQLAlchemyError as error:
            return Health(False, f"{self.url.get_backend_name()}: {type(error).__name__}: {error.args[0]}")
        return Health(True, self.url.get_backend_name())

    def close(self) -> None:
        """Let running functions end, then close all connections."""
        for threads in (self._readers, self._writers, self._urgent):
            threads.shutdown()
        self._reading.dispose()
        self.engine.dispose()

    def _write(self, urgent: bool, function: Callable[[Connection], T]) -> T:
        with self._turn.taken(urgent) if self._turn else nullcontext(), self.engine.begin() as connection:
            return function(connection)


class _Turn:
    """A lock that urgent threads get before the others."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._busy = False
        self._urgent = 0

    @contextmanager
    def taken(self, urgent: bool) -> Generator[None]:
        with self._condition:
            self._urgent += urgent
            self._condition.wait_for(lambda: not self._busy and (urgent or not self._urgent))
            self._urgent -= urgent
            self._busy = True
        try:
            yield
        finally:
            with self._condition:
                self._busy = False
                self._condition.notify_all()


async def _in(threads: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, function)


def _touch(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def _engine(url: URL, *, reading: bool, connections: int) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, reading, connections)
    engine = create_engine(url, pool_pre_ping=True, pool_size=connections)
    if reading:

        @event.listens_for(engine, "connect")
        def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
            cursor = connection.cursor()
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.close()
            connection.commit()

    return engine


def _sqlite(url: URL, reading: bool, connections: int) -> Engine:
    # The connection used last has the pages in its cache; each has a cache of its own, and writers take turns on one.
    arguments = {"timeout": BUSY_S, "check_same_thread": False}
    engine = create_engine(url, pool_size=connections, pool_use_lifo=True, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # the driver's own BEGIN comes too late; ours is below
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000"]
        for pragma in [*pragmas, *(("cache_size=-8000", "query_only=ON") if reading else ("cache_size=-32000",))]:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        # A transaction that begins as a reader and then writes fails at once when another process wrote in between.
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
