"""The part of the hub that sends notices when their time has come, and tells of a sure fire by rule."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.notices import alarms, sending
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.notices")

EVERY_S: Final = 1.0


class Notices:
    """Looks each second; how far a notice is written is in its row, so a restart goes on where it was."""

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        link_base: str,
        *,
        automatic: bool,
        speaking: bool = False,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._wakes, self._clock, self._sleep = database, wakes, clock, sleep
        self._link_base, self._automatic, self._speaking = link_base.rstrip("/"), automatic, speaking
        self._trouble = ""

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.run_once()
                self._trouble = ""
            except Exception as error:
                self._trouble = type(error).__name__
                log.exception("notices could not be sent, trying again")
            await self._sleep(EVERY_S)

    async def run_once(self) -> int:
        """Tell by rule, and write what is due, slice by slice; says how many slices."""
        now = self._clock()
        if self._automatic:
            for incident, scope in await self._database.read(alarms.automatic, now):
                await self._database.write_urgently(alarms.tell, incident, scope, None, now)
                log.info("residents of %s are told of incident %s by rule", scope, incident)
        slices = 0
        while due := await self._database.read(sending.due, self._clock()):  # again each time: an alarm goes first
            now = self._clock()
            await self._database.write(sending.slice_of, due[0], self._link_base, now, speaking=self._speaking)
            self._wakes.after_commit()
            slices += 1
        return slices

    async def health(self) -> Health:
        """Whether the last look ended well."""
        return Health(not self._trouble, self._trouble or "notices go out")
