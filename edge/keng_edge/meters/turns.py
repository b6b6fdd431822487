"""A meter's turns on a line that it shares with others."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from keng_bridges.errors import NoAnswer
from keng_edge.clock import Clock
from keng_edge.line import Line, Turn

GIVES_WAY_S = 0.2  # all meters want the line in the same instant, and whoever finds it free has it


class Turns:
    """Keep one for each meter. One that did not answer last time waits for all that do, so that it delays nobody."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line, self._clock, self._turn = line, clock, Turn.READING

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        """The line, with its port closed; what is raised inside comes out again."""
        if self._turn is Turn.SILENT:
            await self._clock.sleep(GIVES_WAY_S)
        async with self._line.turn(self._turn):
            self._line.drop()
            try:
                yield
            except NoAnswer:
                self._turn = Turn.SILENT
                raise
            self._turn = Turn.READING
