"""Many rows with few statements, for the two places where thousands of rows a second are written."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from sqlalchemy import Table
from sqlalchemy.engine import Connection

ROWS = 100
"""Rows a statement. SQLite lets go of the interpreter once a statement, PostgreSQL answers once a statement."""

Row = tuple[object, ...]


def insert(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of `columns`, past SQLAlchemy's work on each value: they must suit the driver as they are."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    for at in range(0, len(rows), ROWS):
        some = rows[at : at + ROWS]
        connection.exec_driver_sql(_statement(table.name, columns, mark, len(some)), tuple(chain.from_iterable(some)))


@lru_cache(maxsize=4 * ROWS)
def _statement(table: str, columns: tuple[str, ...], mark: str, count: int) -> str:
    # Names come from our own tables, never from outside.
    names = ",".join(f'"{column}"' for column in columns)
    one = f"({','.join([mark] * len(columns))})"
    return f'INSERT INTO "{table}" ({names}) VALUES {",".join([one] * count)}'  # noqa: S608
