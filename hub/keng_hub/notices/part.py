"""The part of the hub that sends notices when their time has come, and tells of a sure fire by rule."""

import asyncio
import logging
from typing import Final

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.notices import alarms, sending
from keng_hub.notices.making import Refused
from keng_hub.passing import is_passing
from keng_hub.rounds import Rounds, Sleep
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.notices")

EVERY_S: Final = 1.0


class Notices(Rounds):
    """Looks each second; how far a notice is written is in its row, so a restart goes on where it was."""

    area, every_s = "notices", EVERY_S
    failing = "notices could not be sent, trying again"
    well = "notices go out"

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        link_base: str,
        *,
        automatic: bool,
        speaking: bool = False,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._wakes, self._clock = database, wakes, clock
        self._link_base, self._automatic, self._speaking = link_base.rstrip("/"), automatic, speaking
        self._failed = 0

    async def run_once(self) -> int:
        """Tell by rule, and write what is due, slice by slice; says how many slices. One that fails stops no other."""
        if self._automatic:
            await self._tell_by_rule()
        slices, failed = 0, set[int]()
        while (key := await self._next(failed)) is not None:
            try:
                await self._write(key)
            except Exception as error:
                if is_passing(error):
                    raise
                log.exception("notice %s could not be written, the others go on", key)
                failed.add(key)
            slices += 1
        self._failed = len(failed)
        return slices

    async def _next(self, failed: set[int]) -> int | None:
        """Looked up anew each time: an alarm goes before what is half written."""
        due = await self._database.read(sending.due, self._clock())
        return next((key for key in due if key not in failed), None)

    async def _write(self, key: int) -> None:
        now = self._clock()
        await self._database.write(sending.slice_of, key, self._link_base, now, speaking=self._speaking)
        self._wakes.after_commit()

    async def _tell_by_rule(self) -> None:
        now = self._clock()
        for incident, scope in await self._database.read(alarms.automatic, now):
            try:
                await self._database.write_urgently(alarms.tell, incident, scope, None, now)
            except Refused as refused:  # somebody closed it in this very moment
                log.info("incident %s is not told by rule: %s", incident, refused.code)
            else:
                log.info("residents of %s are told of incident %s by rule", scope, incident)

    async def health(self) -> Health:
        """Whether the last look ended well and every notice that is due could be written."""
        return Health(False, f"{self._failed} notices cannot be written") if self._failed else await super().health()
