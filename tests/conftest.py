"""What all tests share: a logged warning fails a test, and databases to write into."""

import logging
import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from keng_hub.database import Database
    from support import postgresql
# A member is also tested in an environment where the hub is not installed, so hub modules are imported on use.

# How fast a loaded machine draws examples says nothing about the code. The normal suite draws the same ones each time,
# so that a change is judged by itself; `make soak` draws new ones, and many.
settings.register_profile("keng", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("wide", settings.get_profile("keng"), derandomize=False, max_examples=1000)
settings.load_profile("keng")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the crash tests go on, and with which random numbers."""
    parser.addoption("--rounds", type=int, default=20, help="rounds of the crash tests")
    parser.addoption("--seed", type=int, default=None, help="seed of the crash tests; a failing one prints its own")


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test when a warning or an error was logged that no `expects_log` of the test matches."""
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    yield
    logging.getLogger().removeHandler(collector)
    expected = [str(mark.args[0]) for mark in request.node.iter_markers("expects_log")]
    lines = [f"{record.name}: {record.levelname}: {record.getMessage()}" for record in collector.records]
    unexpected = [line for line in lines if not any(re.search(pattern, line) for pattern in expected)]
    if unexpected:
        pytest.fail("logged, and not expected:\n" + "\n".join(unexpected), pytrace=False)


@pytest.fixture(scope="session")
def postgresql_server() -> "Generator[postgresql.Server]":
    """A PostgreSQL of the session's own; the test is skipped where it is not installed."""
    from support import postgresql

    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    with postgresql.running(programs) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    from keng_hub.database import Database
    from keng_hub.tables import metadata

    file = tmp_path_factory.mktemp("template") / "keng.db"
    opened = Database(f"sqlite:///{file}")
    opened.write_now(metadata.create_all)
    opened.close()
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite file with all tables."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'keng.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        return url
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    return server.fresh()


@pytest.fixture
def database(database_url: str) -> "Iterator[Database]":
    """A fresh database with all tables, once on SQLite and once on PostgreSQL."""
    from keng_hub.database import Database

    opened = Database(database_url)
    yield opened
    opened.close()
