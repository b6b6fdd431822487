"""The village of `support.village_rows`."""

from collections.abc import Iterator

import pytest

from support.village_rows import Village, opened


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """A fresh village."""
    with opened(sqlite_url) as one:
        yield one
