"""The part of the hub that looks every second what is due by itself: escalations and acknowledgements that ran out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.incidents.sweep import overdue, sweep
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.incidents")

EVERY_S = 1.0


class Escalation:
    """Sweeps. It remembers nothing: what is due is a row, so a restart inside a step loses none."""

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._wakes, self._clock, self._sleep = database, wakes, clock, sleep

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.run_once()
            except Exception:
                log.exception("cannot look what is due, trying again")
            await self._sleep(EVERY_S)

    async def run_once(self) -> int:
        """Do what is due now; says how many incidents changed. A look at the table comes first, without its lock."""
        now = self._clock()
        if not await self._database.read(overdue, now, 0):
            return 0
        changed = await self._database.write_urgently(sweep, now)
        if changed:
            self._wakes.after_commit()
        return changed

    async def health(self) -> Health:
        """Whether nothing is left undone that should have happened."""
        late = await self._database.read(overdue, self._clock())
        return Health(not late, f"{late} steps overdue" if late else "every step in time")
