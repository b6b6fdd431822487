"""The village of `support.village_rows`, once on SQLite and once on PostgreSQL."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from keng_hub.database import Database
    from support.village_rows import Village


@pytest.fixture
def village(database: "Database") -> "Village":
    """A fresh village."""
    from support.village_rows import Village

    return Village(database)
