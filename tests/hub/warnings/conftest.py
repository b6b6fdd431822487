"""The village of `support.village_rows`."""

from collections.abc import Iterator

import pytest

from keng_hub.database import Database
from support.village_rows import Village


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """A fresh village."""
    database = Database(sqlite_url)
    yield Village(database)
    database.close()
