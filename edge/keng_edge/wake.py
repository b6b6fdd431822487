"""Waiting for news or for time, whichever comes first."""

import asyncio

from keng_edge.clock import Clock


class Wake:
    """A bell that a task sleeps beside; rung while nobody sleeps, it wakes the next sleeper at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def ring(self) -> None:
        """There is news."""
        self._event.set()

    def clear(self) -> None:
        """Whatever was rung before is known."""
        self._event.clear()

    async def wait(self, seconds: float | None = None) -> bool:
        """Sleep until it is rung (true) or so many seconds have passed (false)."""
        if seconds is None:
            await self._event.wait()
        elif not self._event.is_set():
            tasks = [asyncio.ensure_future(self._event.wait()), asyncio.ensure_future(self._clock.sleep(seconds))]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
        rung = self._event.is_set()
        self._event.clear()
        return rung
