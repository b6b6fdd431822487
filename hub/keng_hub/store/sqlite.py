"""The embedded time-series store: one SQLite file, one writing thread, latest values in memory."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from keng_hub.health import Health
from keng_hub.store import sqlite_queries as queries
from keng_hub.store.days import Every, day_of, day_start
from keng_hub.store.errors import StoreUnavailable, isolate
from keng_hub.store.points import Bucket, Point, Series, Total
from keng_hub.store.sqlite_file import connect_reader
from keng_hub.store.sqlite_writer import SqliteWriter

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 2
_LOW_DISK_BYTES = 64 << 20


class SqliteStore:
    """Keeps points in the file `path`; `busy_s` is how long it waits for another program that holds the file.

    Only one process may have it open for writing, because the latest values are kept in memory.
    """

    def __init__(self, path: Path, busy_s: float = 10.0) -> None:
        self._path = path
        self._busy_s = busy_s
        self._writing = ThreadPoolExecutor(1, "store-write")
        self._reading = ThreadPoolExecutor(_READERS, "store-read")
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._writer: SqliteWriter

    async def __aenter__(self) -> Self:
        await self._write(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._close)

    async def write(self, points: Sequence[Point]) -> None:
        """Store points; returns after the commit is on the disk."""
        if points:
            await isolate(points, lambda part: self._write(self._writer.insert, part))

    async def latest(self, series: Series | None = None) -> dict[Series, Point]:
        """The newest point of one or every series, from memory."""
        return self._writer.latest(series)

    async def range(self, series: Series, start: int, end: int) -> list[tuple[int, float, int]]:
        """The points of one series as (time, value, quality), oldest first."""
        return await self._read(queries.points, series, start, end)

    async def buckets(
        self,
        every: Every,
        start: int,
        end: int,
        node: str | None = None,
        device: str | None = None,
        quantity: str | None = None,
    ) -> list[Bucket]:
        """Every hour or local day that touches the range, whole."""
        match = {"node": node, "device": device, "quantity": quantity}
        return await self._read(queries.buckets, every, start, end, match)

    async def totals(self, start: int, end: int, node: str | None = None, quantity: str | None = None) -> list[Total]:
        """Every local day that touches the range, added up over the series of each quantity."""
        match = {"node": node, "device": None, "quantity": quantity}
        return await self._read(queries.totals, start, end, match)

    async def roll_up(self, before: int) -> bool:
        """Sum up the oldest changed local day that ended by `before`."""
        return await self._write(self._writer.sum_up_one, before)

    async def delete_before(self, ts: int) -> None:
        """Forget readings before the local day that holds `ts`; an hour a transaction, so that writers get a turn."""
        floor = day_start(day_of(ts))
        await self._write(self._writer.raise_floor, floor)  # first, so that none comes after its day is summed up
        while await self._write(self._writer.sum_up_one, floor):
            pass
        while await self._write(self._writer.delete_hour):
            pass

    async def health(self) -> Health:
        """Write a row, and look whether there is disk left."""
        try:
            await self._write(self._writer.touch)
        except StoreUnavailable as error:
            return Health(False, str(error))
        free = shutil.disk_usage(self._path.parent).free
        if free < _LOW_DISK_BYTES:
            return Health(False, f"{self._path.parent}: only {free >> 20} MB of disk left")
        return Health(True, f"embedded, {self._path.stat().st_size >> 20} MB")

    async def _write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with _words():
            return await asyncio.get_running_loop().run_in_executor(self._writing, lambda: function(*args, **kwargs))

    async def _read(
        self, question: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def ask() -> T:
            reader = self._readers.get()
            try:
                reader.execute("BEGIN")  # one snapshot for all statements of a question
                try:
                    return question(reader, *args, **kwargs)
                finally:
                    reader.execute("ROLLBACK")
            finally:
                self._readers.put(reader)

        with _words():
            return await asyncio.get_running_loop().run_in_executor(self._reading, ask)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = SqliteWriter(self._path, self._busy_s)
        for _ in range(_READERS):
            self._readers.put(connect_reader(self._path, self._busy_s))

    def _close(self) -> None:
        self._reading.shutdown()
        while not self._readers.empty():
            self._readers.get().close()
        self._writing.submit(self._writer.close).result()
        self._writing.shutdown()


@contextmanager
def _words() -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"embedded store: {error}") from error
