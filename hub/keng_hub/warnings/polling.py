"""The part that reads the feeds: only listed hosts, no redirects, bounded answers, no entities."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.engine import Connection
from yarl import URL

from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.cap_document import LONGEST, Alert, BadCap
from keng_hub.channels.provider import NoAnswer, Provider
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.incidents import faults
from keng_hub.incidents.turn import take_turn
from keng_hub.wakes import Wakes
from keng_hub.warnings import feed, rows
from keng_hub.warnings.rows import Ours
from keng_hub.warnings.settings import WarningsSection

log = logging.getLogger("keng.warnings")

TIMEOUT_S: Final = 20.0
FAILURES: Final = 6
"""So many in a row are a fault for staff: a feed that is silent warns of nothing."""
REMEMBERED: Final = 1_000


class Warnings:
    """Reads each feed every few minutes. What it fetched it does not fetch again; what it kept are rows."""

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        section: WarningsSection,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._wakes, self._section, self._clock, self._sleep = database, wakes, section, clock, sleep
        hosts = [*section.hosts, *(URL(address).host or "" for address in section.feeds)]
        self._provider = Provider(AllowedHosts(hosts, section.private_hosts), TIMEOUT_S, section.ca_file, LONGEST)
        self._ours = Ours(frozenset(section.geocodes), tuple(section.words))
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._failures = dict.fromkeys(section.feeds, 0)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                try:
                    await self.run_once()
                except Exception:
                    log.exception("warnings could not be read, trying again")
                await self._sleep(self._section.every_s)
        finally:
            await self.close()

    async def run_once(self) -> int:
        """Read every feed; says how many warnings are new."""
        return sum([await self._read(address) for address in self._section.feeds])

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()

    async def health(self) -> Health:
        """How many feeds answer. One that does not is a fault of its own, not the hub's."""
        away = sum(count > 0 for count in self._failures.values())
        return Health(True, f"{len(self._failures)} feeds, {away} without an answer")

    async def _read(self, address: str) -> int:
        try:
            found = feed.read(await self._fetch(address), address)
        except (NoAnswer, BadCap) as error:
            await self._failed(address, str(error))
            return 0
        await self._works(address)
        alerts = [(address, alert) for alert in found.alerts]
        for link in found.addresses:
            if link not in self._seen:
                alerts += [(link, alert) for alert in await self._follow(link)]
        return sum([await self._take(*one) for one in alerts])

    async def _follow(self, link: str) -> list[Alert]:
        """The alert behind an entry. One that cannot be had now is asked for again; one that is none is not."""
        try:
            found = feed.read(await self._fetch(link), link).alerts
        except NoAnswer as error:
            log.info("a warning could not be fetched: %s", error)
            return []
        except BadCap as error:
            log.info("not a warning: %s", error)
            found = []
        self._seen[link] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return found

    async def _fetch(self, address: str) -> bytes:
        answer = await self._provider.call("GET", address)
        if answer.status != 200:
            raise BadCap(f"status {answer.status}")
        return answer.body

    async def _take(self, address: str, alert: Alert) -> int:
        host = URL(address).host or ""
        key = await self._database.write_urgently(rows.take, host, alert, self._ours, self._clock())
        self._wakes.after_commit()
        return key is not None

    async def _failed(self, address: str, why: str) -> None:
        self._failures[address] += 1
        if self._failures[address] == FAILURES:
            await self._database.write(_silent, _device(address), why, self._clock())
            self._wakes.after_commit()

    async def _works(self, address: str) -> None:
        if self._failures[address] >= FAILURES:
            await self._database.write(_heard, _device(address), self._clock())
        self._failures[address] = 0


def _device(address: str) -> str:
    return f"cap {URL(address).host}"[:40]


def _silent(connection: Connection, device: str, why: str, now: int) -> None:
    take_turn(connection)
    faults.channel_down(connection, device, why, now)


def _heard(connection: Connection, device: str, now: int) -> None:
    take_turn(connection)
    faults.channel_up(connection, device, now)
