"""A real Mosquitto on a free port of the loopback, with its own folder as its disk."""

import os
import pwd
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from support.ports import free_port, listens
from support.processes import Program

PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

OPEN = """\
per_listener_settings true
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 5
max_queued_messages 100000
"""
"""A broker without locks, for tests that are not about them."""


class Mosquitto:
    """The broker; `configuration` may use `{port}` and `{folder}`. Skips the test where Mosquitto is not installed."""

    def __init__(self, folder: Path, configuration: str = OPEN, port: int | None = None) -> None:
        if PROGRAM is None:
            pytest.skip("Mosquitto is not installed (Debian: apt install mosquitto)")
        self.folder = folder
        self.port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "mosquitto.conf"
        text = configuration.replace("{port}", str(self.port)).replace("{folder}", str(folder))
        if os.geteuid() == 0:
            # Without this line a broker of root's turns into user mosquitto, who may not write our folder.
            text = f"user {pwd.getpwuid(os.geteuid()).pw_name}\n{text}"
        self.file.write_text(text)
        self.program = Program([PROGRAM, "-c", self.file], folder / "mosquitto.log")

    def start(self) -> Self:
        """Start it and wait until it accepts connections."""
        self.program.start()
        self.program.wait_until(lambda: listens(self.port), "the broker listens")
        return self

    def stop(self) -> None:
        """End it politely: it saves its state."""
        self.program.stop()

    def kill(self) -> None:
        """End it as a power cut would: what was not saved is lost."""
        self.program.kill()

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def wipe(self) -> None:
        """Lose the disk: sessions, queued and retained messages. The broker must not be running."""
        assert not self.program.running
        for file in self.folder.glob("mosquitto.db*"):
            file.unlink()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.program.running:
            self.program.stop()
