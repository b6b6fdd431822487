"""Many rows with few statements, for the places where thousands of rows a second are written."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from sqlalchemy import Table
from sqlalchemy.engine import Connection

SIZES = (500, 50)
"""Rows a statement. SQLite lets go of the interpreter once a statement and gets it back late when other threads are
busy; PostgreSQL answers once a statement. Few sizes: the driver keeps what it made of each text, and that is large."""

Row = tuple[object, ...]


def insert(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of `columns`, past SQLAlchemy's work on each value: they must suit the driver as they are."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    for at, end in spans(len(rows)):
        some = rows[at:end]
        connection.exec_driver_sql(_statement(table.name, columns, mark, len(some)), tuple(chain.from_iterable(some)))


def spans(count: int) -> Iterator[tuple[int, int]]:
    """Where the rows of each statement begin and end, of `count` in all."""
    at = 0
    while left := count - at:
        rows = next((size for size in SIZES if size <= left), left)
        yield at, at + rows
        at += rows


@lru_cache(maxsize=256)
def _statement(table: str, columns: tuple[str, ...], mark: str, count: int) -> str:
    # Names come from our own tables, never from outside.
    names = ",".join(f'"{column}"' for column in columns)
    one = f"({','.join([mark] * len(columns))})"
    return f'INSERT INTO "{table}" ({names}) VALUES {",".join([one] * count)}'  # noqa: S608
