"""A part of the hub that looks again and again at what is due, and stays whatever happens to one look."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import ClassVar

from keng_hub.health import Health

Sleep = Callable[[float], Awaitable[None]]


class Rounds(ABC):
    """One look after the other. What must not be forgotten is a row; this remembers how the last look ended alone."""

    area: ClassVar[str]
    """Of its lines in the log."""
    every_s: ClassVar[float] = 60
    failing: ClassVar[str]
    """What the log says when a look failed."""
    well: str
    """What `/healthz` says when it did not."""
    first_s: ClassVar[float] = 0
    """Seconds before the first look."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep, self._trouble = sleep, ""

    async def run(self) -> None:
        """Work until cancelled."""
        if self.first_s:
            await self._sleep(self.first_s)
        while True:
            try:
                await self.run_once()
                self._trouble = ""
            except Exception as error:
                self._trouble = type(error).__name__
                logging.getLogger(f"keng.{self.area}").exception(self.failing)
            await self._sleep(self.pause_s())

    @abstractmethod
    async def run_once(self) -> object:
        """Do what is due now."""

    def pause_s(self) -> float:
        """Seconds to the next look."""
        return self.every_s

    async def health(self) -> Health:
        """Whether the last look ended well."""
        return Health(not self._trouble, self._trouble or self.well)
