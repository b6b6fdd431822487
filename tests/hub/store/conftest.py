"""Servers of the store's tests, one of each for the whole session."""

from collections.abc import Iterator

import pytest

from support.influxd import Influxd
from support.victoria import Victoria


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A running InfluxDB 1.x; a test takes a database of its own in it."""
    with Influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    """A running VictoriaMetrics."""
    with Victoria(tmp_path_factory.mktemp("victoria")) as server:
        yield server
