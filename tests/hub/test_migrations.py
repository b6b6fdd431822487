"""Migrations: they make exactly the tables of `tables.py`, from every revision, on both databases."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from keng_hub import migrations
from keng_hub.database import Database
from keng_hub.tables import cursor
from support import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any tables."""
    if request.param == "postgresql":
        server: postgresql.Server = request.getfixturevalue("postgresql_server")
        database = Database(server.fresh(tables=False))
    else:
        database = Database(f"sqlite:///{tmp_path}/keng.db")
    yield database
    database.close()


def test_the_migrations_make_the_tables_of_today(empty: Database) -> None:
    assert migrations.upgrade(empty)
    assert empty.read_now(migrations.differences) == []
    assert empty.read_now(migrations.current) == migrations.head()


@pytest.mark.parametrize("revision", migrations.revisions())
def test_an_upgrade_from_every_revision_arrives(tmp_path: Path, revision: str) -> None:
    _arrives(Database(f"sqlite:///{tmp_path}/keng.db"), revision)


@pytest.mark.parametrize("revision", migrations.revisions()[::5])
def test_an_upgrade_of_a_server_arrives(postgresql_server: postgresql.Server, revision: str) -> None:
    _arrives(Database(postgresql_server.fresh(tables=False)), revision)


def _arrives(database: Database, revision: str) -> None:
    migrations.upgrade(database, revision)
    assert migrations.upgrade(database) is (revision != migrations.head())
    assert database.read_now(migrations.differences) == []
    database.close()


def test_a_second_upgrade_changes_nothing(empty: Database) -> None:
    migrations.upgrade(empty)
    assert not migrations.upgrade(empty)


def test_a_sqlite_file_is_copied_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path}/keng.db")
    migrations.upgrade(database)
    database.write_now(lambda connection: connection.execute(cursor.insert().values(name="kept", position=1)))
    monkeypatch.setattr(migrations, "head", lambda: "9999")  # a later program
    monkeypatch.setattr(migrations, "_run", nothing)
    assert migrations.upgrade(database)
    with closing(sqlite3.connect(tmp_path / f"keng.db.{migrations.revisions()[-1]}")) as copy:
        assert ("kept",) in copy.execute("SELECT name FROM cursor").fetchall()
    database.close()


def test_the_sqlite_tables_are_the_same_to_the_letter(sqlite_url: str, tmp_path: Path) -> None:
    """Alembic's comparison does not see everything, AUTOINCREMENT for example."""
    migrated = Database(f"sqlite:///{tmp_path}/migrated.db")
    migrations.upgrade(migrated)
    created = Database(sqlite_url)
    assert migrated.read_now(_definitions) == created.read_now(_definitions)
    migrated.close()
    created.close()


def nothing(_connection: sa.Connection, _to: str) -> None:
    """A migration that changes nothing."""


def _definitions(connection: sa.Connection) -> dict[str, list[str]]:
    rows = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
    )
    # SQLite quotes the name of a table that was renamed, and writes an added column behind the last one.
    plain = {row.name: re.sub(r"\s+", " ", row.sql.replace('"', "")).removesuffix(")") for row in rows}
    return {name: sorted(part.strip() for part in sql.split(",")) for name, sql in plain.items()}
