"""The file of the embedded store: its tables, and how it is opened.

The key of `raw` begins with the hour, so that points which arrive together lie together: with the series in front
each point would touch a page of its own (`docs/design/storage.md`).
"""

import sqlite3
from pathlib import Path

from keng_hub.store.errors import StoreUnavailable

VERSION = 1

_TABLES = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    device TEXT NOT NULL,
    quantity TEXT NOT NULL,
    UNIQUE (node, device, quantity)
) STRICT;
CREATE TABLE raw (
    hour INTEGER NOT NULL,    -- since 1970, UTC
    series INTEGER NOT NULL,
    ms INTEGER NOT NULL,      -- within the hour
    value REAL NOT NULL,
    quality INTEGER NOT NULL,
    PRIMARY KEY (hour, series, ms),
    -- An infinite value would reach the roll-ups; NaN is NULL to SQLite.
    CHECK (value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308),
    CHECK (quality BETWEEN 0 AND 3)
) STRICT, WITHOUT ROWID;
CREATE TABLE stale_day (day INTEGER PRIMARY KEY) STRICT;  -- changed since it was summed up
CREATE TABLE day (
    day INTEGER NOT NULL,     -- since 1970, local
    series INTEGER NOT NULL,
    count INTEGER NOT NULL,
    minimum REAL NOT NULL,
    maximum REAL NOT NULL,
    total REAL NOT NULL,
    first REAL NOT NULL,
    last REAL NOT NULL,
    PRIMARY KEY (day, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_total (
    day INTEGER NOT NULL,
    quantity TEXT NOT NULL,
    node TEXT NOT NULL,
    series INTEGER NOT NULL,
    count INTEGER NOT NULL,
    minimum REAL NOT NULL,
    maximum REAL NOT NULL,
    total REAL NOT NULL,
    first REAL NOT NULL,
    last REAL NOT NULL,
    PRIMARY KEY (day, quantity, node)
) STRICT, WITHOUT ROWID;
CREATE TABLE latest (         -- of all days that are not stale
    series INTEGER PRIMARY KEY,
    ts INTEGER NOT NULL,
    value REAL NOT NULL,
    quality INTEGER NOT NULL
) STRICT;
CREATE TABLE floor (only INTEGER PRIMARY KEY CHECK (only = 0), ts INTEGER NOT NULL) STRICT;
INSERT INTO floor VALUES (0, 0);
"""


def connect(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file for writing, making it when it is not there."""
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    try:
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    # A checkpoint every 16 MB instead of 4 writes a page that several batches touch to the file fewer times.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000", "wal_autocheckpoint=4000"):
        connection.execute(f"PRAGMA {pragma}")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreUnavailable(f"{path} was made by a newer Kẻng (version {version}, this one knows {VERSION})")
    if version == 0:
        connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")


def connect_reader(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file for reading; in WAL mode it never waits for the writer, nor the writer for it."""
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cache_size=-8000")
    return connection
