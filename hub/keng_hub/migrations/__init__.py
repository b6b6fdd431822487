"""The history of the tables, and bringing a database up to today."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, Connection

from keng_hub.database import Database
from keng_hub.tables import metadata

KEPT_COPIES = 5


def head() -> str:
    """The newest revision in this program."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    assert newest is not None, "the package has lost its migrations"
    return newest


def revisions() -> list[str]:
    """All revisions, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]


def current(connection: Connection) -> str | None:
    """The revision the database is at; None when it has none yet."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, to: str = "head") -> bool:
    """Bring the tables up to revision `to`; False when nothing was to be done.

    A SQLite file that has tables is copied beside itself before (`keng.db.<revision>`); the last five copies stay.
    """
    was = database.read_now(current)
    if was == (head() if to == "head" else to):
        return False
    if was is not None and database.url.get_backend_name() == "sqlite":
        _copy(database.url, was)
    database.write_now(_run, to)
    return True


def differences(connection: Connection) -> list[Any]:
    """Where the database and `tables` disagree; empty when the migrations are complete."""
    context = MigrationContext.configure(connection, opts={"compare_type": _type_differs})
    return list(compare_metadata(context, metadata))


def _run(connection: Connection, to: str) -> None:
    command.upgrade(config({"connection": connection}), to)


def _copy(url: URL, revision: str) -> None:
    file = Path(url.database or "")
    with closing(sqlite3.connect(file)) as there, closing(sqlite3.connect(f"{file}.{revision}")) as copy:
        there.backup(copy)
    copies = sorted(file.parent.glob(f"{file.name}.[0-9]*"), key=lambda one: one.stat().st_mtime)
    for old in copies[:-KEPT_COPIES]:
        old.unlink()


def _type_differs(
    _context: MigrationContext,
    _inspected_column: sa.Column[Any],
    _metadata_column: sa.Column[Any],
    inspected: sa.types.TypeEngine[Any],
    wanted: sa.types.TypeEngine[Any],
) -> bool | None:
    # SQLite and PostgreSQL call a few types by other names; the tables are the same.
    return False if type(inspected) is type(wanted) else None


def config(attributes: Mapping[str, object] | None = None) -> Config:
    """Alembic's settings for the files in this folder; `connection` among the attributes is what it works on."""
    made = Config(attributes=dict(attributes or {}))
    made.set_main_option("script_location", str(Path(__file__).parent))
    return made
