"""A sound played by a program: `aplay fire.wav`, `mpg123 …`; never through a shell."""

from keng_edge.config import ProgramOutput
from keng_edge.outputs import Surroundings
from keng_edge.outputs.running import Running
from keng_edge.patterns import PatternKey


class Program:
    """Started for "on" and ended for "off". `{pattern}` in an argument becomes the key of the call."""

    def __init__(self, section: ProgramOutput, surroundings: Surroundings) -> None:
        self._command = section.command
        self._pattern = PatternKey.FIRE
        self._running: Running | None = None

    def tune(self, pattern: PatternKey) -> None:
        """The call that follows."""
        self._pattern = pattern

    async def switch(self, on: bool) -> None:
        """Start the program, or end it and all that it started."""
        running, self._running = self._running, None
        if running is not None:
            await running.end()
        if on:
            command = [argument.replace("{pattern}", self._pattern.value) for argument in self._command]
            self._running = await Running.start(command)
