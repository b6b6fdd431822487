"""A real PostgreSQL for one test session: own folder, own port of the loopback, nothing kept."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from keng_hub.tables import metadata
from support.ports import free_port, listens
from support.processes import Program

SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "60", "unix_socket_directories": ""}
"""Nothing here must outlive the session, so nothing waits for the disk."""


FAST = signal.SIGINT
"""Shut down without waiting for clients that a failed test left behind."""


class Server:
    """A running server; `fresh` makes a database with all tables."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = count(1)
        self._admin = sa.create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        self.create("template_keng")
        tables = sa.create_engine(self._url("template_keng"))
        metadata.create_all(tables)
        tables.dispose()

    def fresh(self, *, tables: bool = True) -> str:
        """The address of a new database, with the tables of today or without any."""
        return self.create(f"test_{next(self._numbers)}", template="template_keng" if tables else "template0")

    def create(self, name: str, template: str = "template0") -> str:
        """Make the database `name`; gives its address."""
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._url(name)

    def close(self) -> None:
        """Close our own connections."""
        self._admin.dispose()

    def _url(self, database: str) -> str:
        return f"postgresql+pg8000://postgres@127.0.0.1:{self._port}/{database}"


def programs() -> Path | None:
    """The folder of the newest installed server's programs, None when there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[4]))
    return newest[-1].parent if newest else None


@contextmanager
def running(folder_of_programs: Path) -> Generator[Server]:
    """Make a server in a temporary folder, run it, and remove both. Root starts it as the user `postgres`."""
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="keng-postgresql-"))
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data, port = folder / "data", free_port()
    options = [argument for name, value in SETTINGS.items() for argument in ("-c", f"{name}={value}")]
    try:
        subprocess.run(
            [folder_of_programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        arguments: list[str | Path] = [
            folder_of_programs / "postgres",
            "-D",
            data,
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            *options,
        ]
        with Program(arguments, folder / "log", folder=folder, user=user, stop_signal=FAST) as program:
            program.wait_until(lambda: listens(port), "PostgreSQL listens")
            program.wait_until(lambda: "ready to accept connections" in program.output(), "PostgreSQL is ready")
            server = Server(port)
            yield server
            server.close()
    finally:
        shutil.rmtree(folder)
