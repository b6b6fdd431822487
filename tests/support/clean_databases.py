"""Databases for many small tests: one of each kind a session, emptied before each test instead of made anew."""

from collections.abc import Generator
from contextlib import contextmanager

from keng_hub.database import Database
from keng_hub.tables import metadata


@contextmanager
def opened(url: str) -> Generator[Database]:
    """The PostgreSQL database with all tables and no rows; its counters start at 1.

    Deleting few rows is many times quicker than TRUNCATE, which makes new files for every table and index.
    """
    database = Database(url)
    with database.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        connection.exec_driver_sql("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
    yield database
    database.close()
