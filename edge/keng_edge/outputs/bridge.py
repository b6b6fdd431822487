"""A sounder on a bridge board, with an auto-off that is renewed while it should sound: a dead node rings for no one."""

import asyncio
import contextlib
import logging

from keng_edge.config import BridgeOutput
from keng_edge.errors import EdgeError
from keng_edge.outputs import Surroundings

log = logging.getLogger("keng.sounders")

AUTO_OFF_MS = 20_000
RENEW_S = 8.0


class Bridge:
    """One output point of one board."""

    def __init__(self, section: BridgeOutput, surroundings: Surroundings) -> None:
        self._board = surroundings.boards[section.board]
        self._point, self._clock = section.point, surroundings.clock
        self._renewal: asyncio.Task[None] | None = None

    async def switch(self, on: bool) -> None:
        """Switch the point; "on" is told again and again until "off"."""
        if self._renewal is not None:
            self._renewal.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewal
            self._renewal = None
        await self._board.set(self._point, int(on), AUTO_OFF_MS if on else None)
        if on:
            self._renewal = asyncio.create_task(self._renew(), name=f"renew {self._point}")

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep(RENEW_S)
            try:
                await self._board.set(self._point, 1, AUTO_OFF_MS)
            except EdgeError as error:
                log.info("sounder %s: %s", self._point, error)  # a board that stays away is a fault of its own
