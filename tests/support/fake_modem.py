"""A modem without a device: what the channel asks of it, and what a test lays into it."""

import asyncio

from keng_hub.channels.sms.modem import Arrived, Found, ModemError, Report


class FakeModem:
    """`errors` are raised by the next calls; `overlapped` counts calls beside another."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.messages: list[Arrived] = []
        self.reports: list[Report] = []
        self.deleted: list[int] = []
        self.errors: list[ModemError] = []
        self.overlapped = 0
        self.closed = False
        self._busy = False

    async def send(self, number: str, text: str) -> int:
        """Take it; the reference is its number."""
        await self._work()
        self.sent.append((number, text))
        return len(self.sent)

    async def collect(self) -> Found:
        """What lies there."""
        await self._work()
        return Found([*self.messages], [*self.reports])

    async def delete(self, places: list[int]) -> None:
        """Forget it."""
        await self._work()
        self.deleted += places
        self.messages = [one for one in self.messages if not set(one.places) <= set(places)]
        self.reports = [one for one in self.reports if not set(one.places) <= set(places)]

    async def look(self) -> str:
        """All is well."""
        await self._work()
        return "Mạng Thử, 60 %"

    async def close(self) -> None:
        """Note it."""
        self.closed = True

    async def _work(self) -> None:
        self.overlapped += self._busy
        self._busy = True
        await asyncio.sleep(0)
        self._busy = False
        if self.errors:
            raise self.errors.pop(0)
