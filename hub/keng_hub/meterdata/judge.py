"""The task that judges readings: behind the forwarder, by its own cursor, off the way of alarms."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.meterdata import days, desk, dirty, fresh, split
from keng_hub.meterdata.desk import Work
from keng_hub.meterdata.dirty import Dirty
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.sheet import QUANTITIES, REGISTERS, MeterId, Sheet
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.passing import is_passing
from keng_hub.store import Series, Store, StoreUnavailable
from keng_hub.store.days import DAY_MS, day_of, day_start

log = logging.getLogger("keng.meterdata")

MESSAGES = 100
DAYS = 200
"""Accepted days that are split by tariff hours in one transaction."""
LOOK_S = 5
"""Seconds between two looks into the journal; `every_s` is between two rounds of judging."""
METERS = 20
"""Meters between two looks at what came in; each is written in a transaction of its own, of a few rows."""
REST_S = 0.3
"""Between two full looks: a village that catches up needs the interpreter for its ingest first."""
PAUSE_S = 0.01
"""After each meter, about as long as it took: half of the interpreter is left to those who have no time."""
MONTH_MS = 35 * DAY_MS
LENGTHENED = 4
"""So often a sheet may be made longer before it takes all days there are."""


class Judge:
    """Looks every `every_s` seconds which meters have new readings, and judges those.

    `keep_days` is how long the store keeps raw readings: days before are left as they were accepted.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        settings: MeterData | None = None,
        keep_days: int | None = None,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._store = database, store
        self._settings = settings or MeterData()
        self._keep_days, self._clock, self._sleep = keep_days, clock, sleep
        self._tariffs = Tariffs(self._settings.tariffs)
        self._trouble = ""
        self._broken: dict[MeterId, int] = {}

    async def run(self) -> None:
        """Judge until cancelled."""
        begun, due = False, 0
        while True:
            try:
                if not begun:
                    await self.begin()
                    begun = True
                await self._look()
                if self._clock() >= due:
                    due = self._clock() + 1000 * self._settings.every_s
                    while await self.run_once():
                        pass
            except Exception as error:  # noqa: BLE001 — store or database may be away; nothing may end this task
                if not self._trouble:
                    log.warning("meters wait to be judged: %s: %s", type(error).__name__, error)
                self._trouble = type(error).__name__
            else:
                self._trouble = ""
            await self._sleep(LOOK_S)

    async def begin(self) -> None:
        """Split days by the tables in force; judge the last month's raw readings when nothing was ever judged."""
        if not await self._database.read(split.is_current, self._tariffs):
            place: split.Place | None = split.BEGINNING
            while place is not None:
                place = await self._database.write(split.again, self._tariffs, place, DAYS)
                await self._sleep(PAUSE_S)
        if await self._database.read(days.any_day):
            return
        now = self._clock()
        for series, point in (await self._store.latest()).items():
            if series.quantity in REGISTERS and point.ts >= now - MONTH_MS:
                meter = MeterId(series.node, series.device)
                await self._database.write(dirty.mark, meter, max(now - MONTH_MS, self._oldest(now)), point.ts)

    async def run_once(self) -> bool:
        """See what came in, and judge some meters; True when there is more to do at once."""
        await self._look()  # first all that waits in the journal, so that each meter is judged once
        waiting = await self._database.read(dirty.waiting, self._clock(), METERS + len(self._broken))
        requests = [request for request in waiting if self._broken.get(request.meter) != request.turn]
        for request in requests:
            await self._carefully(request)
            await self._sleep(PAUSE_S)
        return len(requests) >= METERS

    async def _look(self) -> None:
        """See in the journal which meters have new readings; it keeps messages until that is done."""
        while True:
            news = await self._database.read(fresh.take, MESSAGES)
            if news.end > news.position:
                await self._database.write(fresh.advance, news)
            if not news.full:
                return
            await self._sleep(REST_S)

    async def _carefully(self, request: Dirty) -> None:
        """Judge one meter; what breaks on it must not hold up the others. It is tried again with its next reading."""
        try:
            await self.judge(request)
        except Exception as error:
            if is_passing(error) or isinstance(error, StoreUnavailable):
                raise
            log.exception("meter %s/%s cannot be judged", *request.meter)
            self._broken[request.meter] = request.turn
        else:
            self._broken.pop(request.meter, None)

    async def judge(self, request: Dirty) -> bool:
        """Judge one meter; False when its request grew meanwhile and waits for the next turn."""
        now = self._clock()
        asked = request, self._settings, self._tariffs, self._oldest(now), now
        work = await self._database.read(desk.prepare, *asked)
        sheet = await self._decide(work)
        for turn in range(LENGTHENED + 1):
            end = desk.short_of(work, sheet)
            if end is None:
                break
            work.sheet.end = end if turn < LENGTHENED else max(end, work.newest + DAY_MS)
            await self._database.read(desk.fetch, work)
            sheet = await self._decide(work)
        return await self._database.write(desk.finish, work, sheet)

    async def health(self) -> Health:
        """Whether the last turn ended well, and for all meters."""
        broken = ", ".join("/".join(meter) for meter in list(self._broken)[:5])
        trouble = self._trouble or (f"cannot be judged: {broken}" if broken else "")
        return Health(not trouble, trouble or "judged")

    async def _decide(self, work: Work) -> Sheet:
        raw: dict[str, list[tuple[int, float, int]]] = {}
        for name in QUANTITIES:
            series = Series(*work.sheet.meter, name)
            raw[name] = await self._store.range(series, work.readings_from(name), work.readings_to)
        return await asyncio.to_thread(desk.decide, work, raw)

    def _oldest(self, now: int) -> int:
        """Days before are left alone: their raw readings are gone, or what was accepted of them is to be forgotten."""
        days_kept = min(self._settings.keep_days, self._keep_days or self._settings.keep_days)
        return day_start(day_of(now - days_kept * DAY_MS) + 1)
