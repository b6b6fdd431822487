"""The village of `support.village_rows` on SQLite; tests marked `both` have it on PostgreSQL too."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.postgresql import Server
    from support.village_rows import Village


@pytest.fixture(scope="session")
def emptied_url(postgresql_server: "Server") -> str:
    """One PostgreSQL database for all tests here; each empties it first."""
    return postgresql_server.fresh()


@pytest.fixture
def village(request: pytest.FixtureRequest) -> "Iterator[Village]":
    """A fresh village."""
    from keng_hub.database import Database
    from support import clean_databases
    from support.village_rows import Village

    if getattr(request, "param", "sqlite") == "sqlite":
        database = Database(request.getfixturevalue("sqlite_url"))
        yield Village(database)
        database.close()
        return
    with clean_databases.opened(request.getfixturevalue("emptied_url")) as database:
        yield Village(database)
