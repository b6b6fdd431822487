"""A channel that listens by itself, as a part of the hub: begun again when it fails, and asked how it is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

from keng_hub.channels.channel import Running
from keng_hub.health import Health

log = logging.getLogger("keng.channels")

_WAITS_S = (1, 2, 4, 8, 16, 30, 60)


@runtime_checkable
class Telling(Protocol):
    """The ability to say how its listening goes."""

    async def health(self) -> Health:
        """Whether it hears what people send."""
        ...


class Listening:
    """Runs one channel until cancelled; only a bug ends its `run`, and it is begun anew after a growing wait."""

    def __init__(self, name: str, channel: Running, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._name, self._channel, self._sleep = name, channel, sleep
        self._failures = 0

    async def run(self) -> None:
        """Go on for ever."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                await self._channel.run()
            except Exception:
                log.exception("channel %s no longer listens; beginning again", self._name)
            if loop.time() - begun > _WAITS_S[-1]:
                self._failures = 0
            wait = _WAITS_S[min(self._failures, len(_WAITS_S) - 1)]
            self._failures += 1
            await self._sleep(wait)

    async def health(self) -> Health:
        """Red after it failed twice in a row; else what the channel itself says."""
        if self._failures > 1:
            return Health(False, f"began again {self._failures} times")
        if isinstance(self._channel, Telling):
            return await self._channel.health()
        return Health(True, "listens")
