"""A real InfluxDB 1.x on a free port of the loopback, with its own folder as its disk."""

import http.client
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from support.ports import free_port
from support.processes import Program

PROGRAM = shutil.which("influxd")

_CONFIGURATION = """\
reporting-enabled = false
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
"""


class Influxd:
    """The server, empty; `auth` makes it ask for a password. Skips the test where it is not installed."""

    def __init__(self, folder: Path, auth: bool = False) -> None:
        if PROGRAM is None:
            pytest.skip("InfluxDB 1.x is not installed (Debian: apt install influxdb)")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "influxdb.conf"
        file.write_text(_CONFIGURATION.format(rpc=free_port(), port=self.port, folder=folder, auth=str(auth).lower()))
        self.program = Program([PROGRAM, "-config", file], folder / "influxd.log")

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.program.start()
        self.program.wait_until(lambda: answers(self.port, "/ping"), "influxd answers")
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self.program.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.program.running:
            self.program.stop()


def answers(port: int, path: str) -> bool:
    """Whether an HTTP server on the loopback says yes to GET `path`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 300
    except OSError:
        return False
    finally:
        connection.close()
