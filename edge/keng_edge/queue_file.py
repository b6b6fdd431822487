"""One class of the outbox: an SQLite file of numbered records that are forgotten only when the hub has them."""

import logging
import sqlite3
import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from keng_edge.record import ROW_BYTES, Row, Stamp
from keng_wire.conditions import ClockQuality
from keng_wire.status import Backlog

log = logging.getLogger("keng.outbox")

_SCHEMA = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA journal_size_limit = 1048576;
PRAGMA wal_autocheckpoint = 200;
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY, given_up INTEGER NOT NULL, first INTEGER NOT NULL,
    boot TEXT NOT NULL, at INTEGER NOT NULL, clock TEXT NOT NULL, up INTEGER NOT NULL, body BLOB NOT NULL
);
"""
_INSERT = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class _Entry(NamedTuple):
    number: int
    at: int
    size: int


class QueueFile:
    """Not for several threads at once. `limit` is in bytes (None: never drops), `hold` in records kept in memory
    while the disk refuses; beyond either the oldest give way, and a gap takes their place.

    Notes are small facts that are committed together with a record: an alarm and its latch are one commit.
    """

    def __init__(self, file: Path, limit: int | None = None, hold: int | None = None, *, packed: bool = False) -> None:
        self._file = file
        self._limit, self._hold, self._packed = limit, hold, packed
        self._database: sqlite3.Connection | None = None
        self._index: deque[_Entry] = deque()
        self._unsaved: list[Row] = []
        self._unsaved_notes: dict[str, str | None] = {}
        self._bytes = 0
        self._remembered = 0
        self.stream: str | None = None
        self.highest = 0
        self.acked = 0
        self.dropped = 0
        self.backlog = Backlog()
        self.broken: str | None = None
        with suppress(sqlite3.Error, OSError):
            self._open()

    @property
    def late(self) -> bool:
        """Whether the file could not be read yet, so that its numbers are not known."""
        return self._database is None

    def append(self, body: bytes, when: Stamp, notes: Mapping[str, str | None] | None = None) -> int:
        """Add a record: on disk when this returns, or in memory if the disk refuses (see `broken`)."""
        self.highest += 1
        packed = zlib.compress(body, 1) if self._packed else body
        row = Row(self.highest, 0, self.highest, when.boot, when.at, when.clock.value, when.up, packed)
        self._unsaved.append(row)
        self._unsaved_notes |= notes or {}
        self._index.append(_Entry(row.number, row.at, row.size))
        self._bytes += row.size
        if self._limit is not None and self._bytes > self._limit:
            self._drop_until(self._limit * 9 // 10)
        self.save()
        return row.number

    def note(self, notes: Mapping[str, str | None]) -> None:
        """Write notes alone."""
        self._unsaved_notes |= notes
        self.save()

    def save(self) -> bool:
        """Bring everything to the disk that is not there yet; false if it refuses."""
        if self._hold is not None and len(self._unsaved) > self._hold:
            self._drop_unsaved()
        try:
            if self._unsaved or self._unsaved_notes:
                self._commit()
            elif self._database is None:
                self._open()
            self.broken = None
        except (sqlite3.Error, OSError) as error:
            self.broken = str(error)
        self._count()
        return self.broken is None

    def pending(self, after: int, limit: int) -> list[Row]:
        """Up to `limit` unacknowledged records behind number `after`, in order."""
        wanted = list(islice((entry.number for entry in self._index if entry.number > after), limit))
        if not wanted:
            return []
        sql = "SELECT * FROM record WHERE number BETWEEN ? AND ?"
        rows = {row[0]: Row(*row) for row in self._query(sql, wanted[0], wanted[-1])}
        rows |= {row.number: row for row in self._unsaved}
        chosen = [rows[number] for number in wanted if number in rows]
        return [row._replace(body=zlib.decompress(row.body)) if self._packed and row.body else row for row in chosen]

    def acknowledge(self, number: int) -> bool:
        """Forget up to `number`; false if it was known. The rows go with the next commit, which costs no write."""
        if number <= self.acked:
            return False
        self.acked = number
        while self._index and self._index[0].number <= number:
            self._bytes -= self._index.popleft().size
        self._unsaved = [row for row in self._unsaved if row.number > number]
        self._count()
        return True

    def tidy(self) -> None:
        """Write down what the hub has, if that was not done along with a record."""
        if self._database is None or self._remembered == self.acked:
            return
        with suppress(sqlite3.Error):
            with self._database:
                self._database.execute("DELETE FROM record WHERE number <= ?", (self.acked,))
                self._database.execute("INSERT OR REPLACE INTO note VALUES ('acked', ?)", (str(self.acked),))
            self._remembered = self.acked

    def drop_oldest(self, size: int) -> bool:
        """Give up so many bytes of the oldest, and their room on the disk; false, and nothing lost, if it cannot."""
        before = self._index.copy(), self._unsaved.copy(), self._bytes, self.dropped
        self._drop_until(self._bytes - size)
        if not self.save():
            self._index, self._unsaved, self._bytes, self.dropped = before
            return False
        if self._database is not None:
            with suppress(sqlite3.Error):  # the room comes back at the next try
                # Not `execute`: that would free a single page.
                self._database.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    def notes(self, prefix: str) -> dict[str, str]:
        """All notes whose key begins with `prefix`."""
        stored: dict[str, str | None] = dict(self._query("SELECT key, value FROM note"))
        stored |= self._unsaved_notes
        return {key: value for key, value in stored.items() if key.startswith(prefix) and value is not None}

    def restart(self, stream: str) -> None:
        """Number what waits from 1 again under a new stream; sqlite3.Error if the disk refuses."""
        if not self.save() and self._database is not None:
            raise sqlite3.OperationalError(self.broken)
        if self._database is not None:
            with self._database:
                self._database.execute("DELETE FROM record WHERE number <= ?", (self.acked,))
                moves = [(new, new, entry.number) for new, entry in enumerate(self._index, 1)]
                self._database.executemany("UPDATE record SET number = ?, first = ? WHERE number = ?", moves)
                facts = [("stream", stream), ("acked", "0")]
                self._database.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", facts)
        self._unsaved = [row._replace(number=n, first=n) for n, row in enumerate(self._unsaved, 1)]
        self._index = deque(entry._replace(number=n) for n, entry in enumerate(self._index, 1))
        self.stream, self.highest, self.acked, self._remembered = stream, len(self._index), 0, 0
        self._count()

    def close(self) -> None:
        """Save, tidy and close."""
        self.save()
        self.tidy()
        if self._database is not None:
            self._database.close()

    def _open(self) -> None:
        try:
            database = self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = self._file.with_suffix(f".broken{len(list(self._file.parent.glob('*.broken*')))}")
            log.error("%s cannot be read (%s); kept as %s, starting anew", self._file.name, error, aside.name)
            self._file.rename(aside)
            for extra in ("-wal", "-shm"):
                self._file.with_name(self._file.name + extra).unlink(missing_ok=True)
            database = self._connect()
        facts = dict(database.execute("SELECT key, value FROM note WHERE key IN ('stream', 'acked')").fetchall())
        rows = database.execute("SELECT number, at, length(body) FROM record ORDER BY number").fetchall()
        acked = int(facts.get("acked", 0))
        entries = [_Entry(number, at, ROW_BYTES + size) for number, at, size in rows if number > acked]
        base = max(entries[-1].number if entries else 0, acked)
        # Records that came while the file could not be read follow behind those that are in it.
        self._unsaved = [row._replace(number=base + n, first=base + n) for n, row in enumerate(self._unsaved, 1)]
        self._index = deque(entries) + deque(_Entry(row.number, row.at, row.size) for row in self._unsaved)
        self._bytes = sum(entry.size for entry in self._index)
        self.acked = self._remembered = acked
        self.highest = base + len(self._unsaved)
        self.stream = facts.get("stream")
        self._database = database
        self._count()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, check_same_thread=False)
        try:
            database.executescript(_SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _commit(self) -> None:
        if self._database is None:
            self._open()
        database = self._database
        assert database is not None  # _open raised otherwise
        with database:
            if self.acked > self._remembered:
                database.execute("DELETE FROM record WHERE number <= ?", (self.acked,))
            for row in self._unsaved:
                if row.given_up:
                    database.execute("DELETE FROM record WHERE number BETWEEN ? AND ?", (row.first, row.number))
                database.execute(_INSERT, row)
            for key, value in self._unsaved_notes.items():
                if value is None:
                    database.execute("DELETE FROM note WHERE key = ?", (key,))
                else:
                    database.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (key, value))
        self._unsaved, self._unsaved_notes = [], {}
        self._remembered = self.acked

    def _drop_until(self, size: int) -> None:
        """Give up the oldest records until so many bytes are left."""
        victims = 0
        left = self._bytes
        for entry in list(self._index)[:-1]:
            if left <= size:
                break
            left -= entry.size
            victims += 1
        self._give_up(victims)

    def _drop_unsaved(self) -> None:
        """Give up the older half of what is only in memory."""
        half = len(self._unsaved) // 2
        gone, last = self._unsaved[:half], self._unsaved[half - 1]
        gap = last._replace(given_up=sum(row.given_up or 1 for row in gone), first=gone[0].first, body=b"")
        self._unsaved = [gap, *self._unsaved[half:]]
        numbers = {row.number for row in gone}
        self._index = deque(entry for entry in self._index if entry.number not in numbers or entry.number == gap.number)
        self._bytes -= sum(row.size for row in gone) - last.size
        self.dropped += half

    def _give_up(self, victims: int) -> None:
        """Put one gap in the place of the oldest `victims` records."""
        if victims < 2 and (victims == 0 or self._is_gap(self._index[0])):
            return
        gone = [self._index.popleft() for _ in range(victims)]
        last = gone[-1].number
        given_up, first = self._given_up(gone)
        self._bytes -= sum(entry.size for entry in gone)
        stored = self._query("SELECT boot, clock, up FROM record WHERE number = ?", last)
        stored += [(row.boot, row.clock, row.up) for row in self._unsaved if row.number == last]
        boot, clock, up = stored[-1] if stored else ("00000000", ClockQuality.UNKNOWN.value, 0)
        gap = Row(last, given_up, first, boot, gone[-1].at, clock, up, b"")
        self._unsaved = [gap, *(row for row in self._unsaved if row.number > last)]
        self._index.appendleft(_Entry(last, gap.at, gap.size))
        self._bytes += gap.size
        self.dropped += victims

    def _is_gap(self, entry: _Entry) -> bool:
        return entry.size == ROW_BYTES

    def _given_up(self, gone: Sequence[_Entry]) -> tuple[int, int]:
        """(messages lost, first number) when `gone` goes; a gap among them counts for what it stood for."""
        sql = "SELECT number, given_up, first FROM record WHERE given_up > 0 AND number <= ?"
        gaps = {number: (given_up, first) for number, given_up, first in self._query(sql, gone[-1].number)}
        gaps |= {row.number: (row.given_up, row.first) for row in self._unsaved if row.given_up}
        total = sum(gaps.get(entry.number, (1, 0))[0] for entry in gone)
        return total, gaps.get(gone[0].number, (0, gone[0].number))[1]

    def _query(self, sql: str, *values: object) -> list[Any]:
        if self._database is None:
            return []
        try:
            return self._database.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self.broken = str(error)  # what cannot be read now is asked for again
            return []

    def _count(self) -> None:
        oldest = self._index[0].at if self._index else None
        self.backlog = Backlog(count=len(self._index), oldest=oldest, highest=self.highest, forgotten=self.acked)
