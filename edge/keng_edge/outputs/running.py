"""A program in a session of its own, ended with all that it started; never through a shell."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from keng_edge.errors import OutputError

GRACE_S = 1.0


class Running:
    """A program that was started; it says nothing and is told nothing."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str]) -> "Running":
        """Start it; OutputError names the program that cannot be."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise OutputError(f"cannot start {command[0]}: {error.strerror or error}") from None
        return cls(process)

    async def wait(self) -> int:
        """Its exit status, when it has ended by itself."""
        return await self._process.wait()

    async def end(self) -> None:
        """End it, politely and then not."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), GRACE_S)
                return
