"""A sound played by a program: `aplay fire.wav`, `espeak-ng …`; never through a shell."""

import asyncio
import contextlib
import os
import signal

from keng_edge.config import ProgramOutput
from keng_edge.errors import OutputError
from keng_edge.outputs import Surroundings
from keng_edge.patterns import PatternKey

GRACE_S = 1.0


class Program:
    """Started for "on" and ended for "off". `{pattern}` in an argument becomes the key of the call."""

    def __init__(self, section: ProgramOutput, surroundings: Surroundings) -> None:
        self._command = section.command
        self._pattern = PatternKey.FIRE
        self._process: asyncio.subprocess.Process | None = None

    def tune(self, pattern: PatternKey) -> None:
        """The call that follows."""
        self._pattern = pattern

    async def switch(self, on: bool) -> None:
        """Start the program, or end it and all that it started."""
        await self._end()
        if not on:
            return
        command = [argument.replace("{pattern}", self._pattern.value) for argument in self._command]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise OutputError(f"cannot start {command[0]}: {error.strerror or error}") from None

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE_S)
                return
