"""The turn on a serial port that several devices share: alarms first, then readings, then what has been silent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Protocol


class Turn(IntEnum):
    """Who goes first. A device that did not answer last time waits for all that do: it must not cost them anything."""

    ALARM = 0
    READING = 1
    SILENT = 2


class Connection(Protocol):
    """Something that holds the port open."""

    def close(self) -> None:
        """Give the port back."""
        ...


class Line:
    """One port. `async with line` is a whole conversation, which finds the port closed and opens it itself.

    Devices that all speak the same language keep one connection instead: they take a turn for each request by `turn`
    and find in `connection` what the one before them opened. So the longest that an alarm waits is one request.
    """

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self._taken = False
        self._waiting: list[tuple[Turn, int, asyncio.Future[None]]] = []
        self._count = count()

    @asynccontextmanager
    async def turn(self, turn: Turn) -> AsyncGenerator[None]:
        """The line, with the connection that is open."""
        await self._take(turn)
        try:
            yield
        finally:
            self._pass_on()

    def drop(self) -> None:
        """Close the connection; the next one opens its own."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    async def __aenter__(self) -> None:
        await self._take(Turn.READING)
        self.drop()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on()

    async def _take(self, turn: Turn) -> None:
        if not self._taken:
            self._taken = True
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (turn, next(self._count), granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._pass_on()  # it was granted in the same moment
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            granted = heappop(self._waiting)[2]
            if not granted.done():
                granted.set_result(None)
                return
        self._taken = False
