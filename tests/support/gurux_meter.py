"""The DLMS/COSEM meter of `tests/peers/gurux`, started as a program of its own."""

import json
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers" / "gurux" / "bin" / "python"
PROGRAM = ROOT / "tests" / "peers" / "gurux" / "meter.py"


class GuruxMeter:
    """A running meter: where it listens, and, once it has ended, each service that it was asked for."""

    def __init__(self, port: str | int, services: list[dict[str, object]]) -> None:
        self.port, self.services = port, services

    @property
    def path(self) -> str:
        """Its pseudo-terminal."""
        assert isinstance(self.port, str)
        return self.port

    @property
    def tcp(self) -> int:
        """Its port on the loopback."""
        assert isinstance(self.port, int)
        return self.port

    def asked(self, kind: str) -> list[dict[str, object]]:
        """The services of one kind, by their tag in hex."""
        return [service for service in self.services if service.get("service") == kind]


@contextmanager
def gurux_meter(*arguments: str) -> Generator[GuruxMeter]:
    """Start it with these arguments; the test is skipped where its environment is missing."""
    if not PYTHON.exists():
        pytest.skip(f"no gurux-dlms in {PYTHON.parent.parent}: run `make peers`")
    command = [str(PYTHON), str(PROGRAM), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        services: list[dict[str, object]] = []
        listener = threading.Thread(target=_collect, args=(process.stdout, services), daemon=True)
        try:
            first = json.loads(process.stdout.readline())
            listener.start()
            yield GuruxMeter(first["port"], services)
        finally:
            process.terminate()
            process.wait(10)
            if listener.ident is not None:
                listener.join(10)


def _collect(stream: IO[str], services: list[dict[str, object]]) -> None:
    services.extend(json.loads(line) for line in stream)
