"""A clock that stands still until a test moves it."""

import asyncio

from keng_wire.conditions import ClockQuality


class FakeClock:
    """`keng_edge.clock.Clock` for tests; `advance` wakes the sleepers whose time has come, in order."""

    def __init__(
        self,
        utc_ms: int = 1_795_000_000_000,
        up_ms: int = 1_000_000,
        quality: ClockQuality = ClockQuality.SYNCED,
        boot: str = "0badb007",
    ) -> None:
        self.utc = utc_ms
        self.up = up_ms
        self.trust = quality
        self.boot_id = boot
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    @property
    def boot(self) -> str:
        """The boot id."""
        return self.boot_id

    def utc_ms(self) -> int:
        """Fake UTC."""
        return self.utc

    def up_ms(self) -> int:
        """Fake uptime."""
        return self.up

    def quality(self) -> ClockQuality:
        """Whatever the test says."""
        return self.trust

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has gone that far."""
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.up + round(seconds * 1000), self._count, future))
        await future

    def pass_ms(self, ms: int) -> None:
        """Move both clocks without waking anybody (for code that is driven by `tick`)."""
        self.up += ms
        self.utc += ms

    async def advance(self, seconds: float) -> None:
        """Move both clocks; sleepers wake in the order of their times and run before this returns."""
        end = self.up + round(seconds * 1000)
        while True:
            await _settle()
            self._sleepers = [entry for entry in self._sleepers if not entry[2].done()]
            due = min(self._sleepers, default=None, key=lambda entry: entry[:2])
            if due is None or due[0] > end:
                break
            self._sleepers.remove(due)
            self.pass_ms(max(0, due[0] - self.up))
            due[2].set_result(None)
        self.pass_ms(end - self.up)
        await _settle()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
