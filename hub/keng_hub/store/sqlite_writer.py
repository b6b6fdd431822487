"""The one writer of the embedded store's file: runs in one thread and remembers what it has committed."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from pathlib import Path

from keng_hub import bulk
from keng_hub.store import sqlite_queries as queries
from keng_hub.store.days import day_start
from keng_hub.store.errors import Refused
from keng_hub.store.points import HOUR_MS, LATEST_TS, Point, Series, fault
from keng_hub.store.sqlite_file import connect

_HOUR, _SERIES = itemgetter(0), itemgetter(1)


class SqliteWriter:
    """Inserts, sums up and deletes; all but `latest` belongs to the thread that made it. Raises sqlite3.Error."""

    def __init__(self, path: Path, busy_s: float) -> None:
        self._connection = connect(path, busy_s)
        self._ids: dict[tuple[str, str, str], int] = {}
        self._series: list[Series | None] = []  # by id
        self._newest: list[Point | None] = []
        for number, node, device, quantity in self._connection.execute("SELECT * FROM series ORDER BY id"):
            self._add(number, Series(node, device, quantity))
        self._stale = queries.stale_days(self._connection)
        self._floor: int = self._connection.execute("SELECT ts FROM floor").fetchone()[0]
        for point in queries.newest(self._connection):
            if point.ts >= self._floor:
                self._newest[self._ids[point.series]] = point

    def latest(self, series: Series | None) -> dict[Series, Point]:
        """The newest committed point of one or every series; from any thread."""
        if series is None:
            return {name: point for name, point in zip(self._series, self._newest, strict=False) if name and point}
        point = self._newest[self._ids[series]] if series in self._ids else None
        return {series: point} if point else {}

    def insert(self, points: Sequence[Point]) -> None:
        """Commit points; Refused when one of them cannot be stored, and then none is."""
        try:
            rows = self._rows(points)
            hours = {row[0] for row in rows}
            self._within_bounds(hours)
            days = {(hour + 7) // 24 for hour in hours} - self._stale
            # In the order of the key SQLite walks each page once; of two rows of the same key the last stays the last.
            ordered = sorted(sorted(rows, key=_SERIES), key=_HOUR)
            with self._transaction() as connection:
                # Many rows a statement: SQLite steps once and lets go of the GIL once, so that a busy event loop
                # does not make this thread queue for it at every row.
                for at, end in bulk.spans(len(ordered)):
                    chunk = ordered[at:end]
                    sql = "INSERT OR REPLACE INTO raw VALUES" + ",".join(["(?,?,?,?,?)"] * len(chunk))
                    connection.execute(sql, list(chain.from_iterable(chunk)))
                connection.executemany("INSERT INTO stale_day VALUES (?)", [(day,) for day in days])
        except (sqlite3.IntegrityError, OverflowError) as error:
            raise Refused(str(error)) from None
        self._stale |= days
        newest = self._newest
        for point, row in zip(points, rows, strict=True):
            known = newest[row[1]]
            if known is None or known.ts <= point.ts:
                newest[row[1]] = point

    def sum_up_one(self, before: int) -> bool:
        """Sum up the oldest stale day that ended by `before`; False when there is none."""
        due = [day for day in self._stale if day_start(day + 1) <= before]
        if not due:
            return False
        with self._transaction() as connection:
            queries.sum_up(connection, min(due))
        self._stale.discard(min(due))
        return True

    def raise_floor(self, floor: int) -> None:
        """Refuse points before `floor` from now on."""
        if floor <= self._floor:
            return
        with self._transaction() as connection:
            connection.execute("UPDATE floor SET ts = ?", (floor,))
        self._floor = floor
        self._newest[:] = [point if point and point.ts >= floor else None for point in self._newest]

    def delete_hour(self) -> bool:
        """Delete the oldest hour below the floor; False when there is none."""
        span = (self._floor // HOUR_MS,)
        hour = self._connection.execute("SELECT min(hour) FROM raw WHERE hour < ?", span).fetchone()[0]
        if hour is None:
            return False
        with self._transaction() as connection:
            connection.execute("DELETE FROM raw WHERE hour = ?", (hour,))
        return True

    def touch(self) -> None:
        """Write a row that changes nothing, to see that writing works."""
        with self._transaction() as connection:
            connection.execute("UPDATE floor SET ts = ts")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite has rolled back by itself when the disk is full
                self._connection.execute("ROLLBACK")
            raise

    def _rows(self, points: Sequence[Point]) -> list[tuple[int, int, int, float, int]]:
        ids = self._ids
        try:
            return [
                (ts // HOUR_MS, ids[node, device, quantity], ts % HOUR_MS, value, quality)
                for node, device, quantity, ts, value, quality in points
            ]
        except KeyError:
            self._learn(points)
            return self._rows(points)

    def _within_bounds(self, hours: set[int]) -> None:
        if min(hours) * HOUR_MS < self._floor:
            raise Refused("readings of that day have been deleted")
        if max(hours) * HOUR_MS >= LATEST_TS:
            raise Refused("too far in the future")

    def _learn(self, points: Sequence[Point]) -> None:
        unknown = {point.series: point for point in points if point.series not in self._ids}
        for point in unknown.values():
            if reason := fault(point):
                raise Refused(reason)
        with self._transaction() as connection:
            found = {
                name: connection.execute("INSERT INTO series (node, device, quantity) VALUES (?, ?, ?)", name).lastrowid
                for name in unknown
            }
        for name, number in found.items():
            if number is not None:
                self._add(number, name)

    def _add(self, number: int, series: Series) -> None:
        missing = number + 1 - len(self._series)
        self._series += [None] * missing
        self._newest += [None] * missing
        self._series[number] = series
        self._ids[series] = number
