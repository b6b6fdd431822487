"""What tests of households share: a village, on SQLite and on PostgreSQL."""

import pytest

from keng_hub.database import Database
from support.households import Households
from support.village_rows import settle_village


@pytest.fixture
def homes(database: Database) -> Households:
    """The register of a village with two alleys and no household yet."""
    database.write_now(settle_village)
    return Households(database)


@pytest.fixture
def small(sqlite_url: str) -> Households:
    """The same on SQLite alone, for what no database can tell apart."""
    database = Database(sqlite_url)
    database.write_now(settle_village)
    return Households(database)
