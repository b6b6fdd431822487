"""The programs of the village: each in a process group of its own, none outliving the one who started it."""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PATIENCE_S = 8.0
LAST_LINES = 12


class Ended(Exception):
    """A program ended that should have lived; the text holds its last words."""


class Program:
    """One program. What it says goes into `log`; `tell` writes a line to its standard input."""

    def __init__(self, name: str, arguments: Sequence[str | Path], log: Path) -> None:
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.log = log
        self.process: asyncio.subprocess.Process | None = None
        self._ended_by_us = False

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        running = self.process is not None and self.process.returncode is None
        return self.process.pid if running and self.process else None

    async def start(self) -> "Program":
        """Start it; should this process die without a word, it dies too."""
        parent = os.getpid()

        def die_with_parent() -> None:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # prctl(2)
            if os.getppid() != parent:
                os._exit(1)

        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._ended_by_us = False
        return self

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.write(line.encode() + b"\n")

    def check(self) -> None:
        """Ended, with its last words, if it ended and nobody here ended it."""
        if self.process is not None and self.process.returncode is not None and not self._ended_by_us:
            said = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
            title = f"{self.name}: kết thúc (ended), {self.process.returncode}; {self.log}"
            raise Ended("\n  ".join([title, *said]))

    async def stop(self) -> None:
        """End it politely, and its whole group at once if it does not listen."""
        process, self._ended_by_us = self.process, True
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), PATIENCE_S)
        await self.kill()

    async def kill(self) -> None:
        """End it and whatever it has started, as a power cut would."""
        self._ended_by_us = True
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


async def once(arguments: Sequence[str | Path], log: Path) -> str:
    """Run a command to its end and give what it printed; Ended when it failed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await process.communicate())[0].decode(errors="replace")
    with log.open("a") as file:
        file.write(output)
    if process.returncode:
        raise Ended(f"{' '.join(map(str, arguments[:4]))}: {output.strip()}")
    return output
