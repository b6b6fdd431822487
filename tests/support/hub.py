"""A hub as people set it up: its own folder, free ports of the loopback, the real commands."""

import io
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from keng_hub.__main__ import main
from support.ports import free_port
from support.processes import Program

CONFIG = """\
data = "data"

[village]
name = "Thôn Mẫu"

[web]
port = {web}

[broker]
start = true
port = {broker}
bind = "127.0.0.1"

[[places]]
id = "thon-mau"
kind = "village"
name = "thôn Mẫu"

[[places]]
id = "ngo-3"
kind = "alley"
name = "ngõ 3"
parent = "thon-mau"

[[recipients]]
id = "truc-ban"
name = "Trực ban xã"
ladder = [{{ channel = "page" }}]
"""


class Ended(NamedTuple):
    """What a command left behind."""

    status: int
    said: str


class HubFolder:
    """`hub.toml` and everything that the commands make beside it."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.web_port, self.broker_port = free_port(), free_port()
        self.file = folder / "hub.toml"
        self.file.write_text(config.format(web=self.web_port, broker=self.broker_port), encoding="utf-8")
        self.data = folder / "data"

    def command(self, *arguments: str) -> "Ended":
        """`keng-hub ARGUMENTS --config hub.toml`, in the folder and in this process, which is ten times as fast."""
        said = io.StringIO()
        with chdir(self.folder), redirect_stdout(said), redirect_stderr(said):
            try:
                status = main([*arguments, "--config", str(self.file)])
            except SystemExit as left:  # argparse
                status = int(left.code or 0)
        return Ended(status, said.getvalue())

    def done(self, *arguments: str) -> str:
        """As `command`; it must succeed, and its output comes back."""
        return self.refused(*arguments, status=0)

    def refused(self, *arguments: str, status: int = 1) -> str:
        """As `command`; it must end with `status`, and what it says comes back."""
        ended = self.command(*arguments)
        assert ended.status == status, ended.said
        return ended.said

    def program(self, **environment: str) -> Program:
        """`keng-hub run`, to be started."""
        return Program(
            [sys.executable, "-m", "keng_hub", "run", "--config", self.file],
            self.folder / "run.log",
            environment=environment,
            folder=self.folder,
        )
