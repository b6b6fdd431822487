"""A hub for meter data, on both databases."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.influxd import Influxd

if TYPE_CHECKING:
    from keng_hub.database import Database
    from support.meter_hub import MeterHub


@pytest.fixture
async def hub(database: "Database", tmp_path: Path) -> "AsyncIterator[MeterHub]":
    """A hub with one meter, its readings in the embedded store."""
    from keng_hub.store.sqlite import SqliteStore
    from support.meter_hub import MeterHub, settle_meters

    await database.write(settle_meters)
    async with SqliteStore(tmp_path / "readings.db") as store:
        yield MeterHub(database, store)


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A running InfluxDB 1.x."""
    with Influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server
