"""The relational database: one engine, short transactions in threads, one writer at a time on SQLite."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """Runs plain functions of a connection, each in one transaction in a thread.

    `write` commits when the function returns and rolls back when it raises. SQLite allows one writer at a time;
    a lock in front of it keeps ours from meeting its busy error, and `urgent` writers (alarms) go first.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._turn = _Turn() if self.engine.dialect.name == "sqlite" else None

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, *args)` on a snapshot of the data; it must not write."""
        return await asyncio.to_thread(self.read_now, function, *args, **kwargs)

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, *args)` in a transaction of its own; durable when this returns."""
        return await asyncio.to_thread(self.write_now, function, False, *args, **kwargs)

    async def write_urgently(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, before all waiting writers that are not urgent."""
        return await asyncio.to_thread(self.write_now, function, True, *args, **kwargs)

    def read_now(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, in the calling thread."""
        with self.engine.connect() as connection:
            return function(connection, *args, **kwargs)

    def write_now(
        self, function: Callable[Concatenate[Connection, P], T], urgent: bool, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, in the calling thread."""
        with self._turn.taken(urgent) if self._turn else nullcontext(), self.engine.begin() as connection:
            return function(connection, *args, **kwargs)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class _Turn:
    """A lock that urgent threads get before the others."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._busy = False
        self._urgent = 0

    def taken(self, urgent: bool) -> "_Taken":
        return _Taken(self, urgent)

    def acquire(self, urgent: bool) -> None:
        with self._condition:
            self._urgent += urgent
            while self._busy or (self._urgent and not urgent):
                self._condition.wait()
            self._urgent -= urgent
            self._busy = True

    def release(self) -> None:
        with self._condition:
            self._busy = False
            self._condition.notify_all()


class _Taken:
    def __init__(self, turn: _Turn, urgent: bool) -> None:
        self._turn, self._urgent = turn, urgent

    def __enter__(self) -> None:
        self._turn.acquire(self._urgent)

    def __exit__(self, *_: object) -> None:
        self._turn.release()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30.0})

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
