"""A node as a program of its own, with what it costs the processor."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.node import CONFIG


class Program:
    """Started with its devices, stopped at the end. There is no hub."""

    def __init__(self, folder: Path, devices: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "edge.toml"
        self._file.write_text(CONFIG.format(folder=folder) + devices, "utf-8")

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "keng_edge", "run", "--config", str(self._file)]
        self._process = subprocess.Popen(command)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def processor_s(self) -> float:
        """Seconds of processor time so far, all threads, user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
