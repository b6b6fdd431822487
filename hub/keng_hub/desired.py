"""The settings that nodes should run with, published until each of them says that they are in force.

There is one so far: the certificates that were taken back, which neighbours must hear of before the hub is gone.
"""

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.revoked import Revoked
from keng_hub.tables import node
from keng_wire.control import REVOKED_LIMIT, DesiredConfig

log = logging.getLogger("keng.desired")

LOOK_S = 1.0
AGAIN_MS = 10_000
"""A node that is there and runs with something else is told again: what is published as the broker ends is lost."""
NOTHING_TAKEN_BACK = 1


class Configures(Protocol):
    """The way down."""

    def configure(self, node: str, config: DesiredConfig) -> bool:
        """Publish, retained; False without a connection."""
        ...


class Desired:
    """Compares what each node reports, a column of its row, with what it should run with."""

    def __init__(
        self,
        database: Database,
        downlink: Configures,
        revoked: Revoked,
        *,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._downlink, self._revoked = database, downlink, revoked
        self._clock, self._sleep = clock, sleep
        self._told: dict[str, tuple[int, int]] = {}
        self._error = ""

    async def run(self) -> NoReturn:
        """Look each second, until cancelled."""
        while True:
            try:
                await self.look()
                self._error = ""
            except Exception as error:
                if str(error) != self._error:
                    log.exception("settings could not be published, tried again each second")
                self._error = str(error) or type(error).__name__
            await self._sleep(LOOK_S)

    async def look(self) -> None:
        """Publish to whoever is behind, once."""
        wanted = desired(await asyncio.to_thread(self._revoked.newest, REVOKED_LIMIT))
        now = self._clock()
        for name, online in await self._database.read(_behind, wanted.version):
            version, at = self._told.get(name, (0, 0))
            due = version != wanted.version or (online and now - at >= AGAIN_MS)
            if due and self._downlink.configure(name, wanted):
                self._told[name] = wanted.version, now

    async def health(self) -> Health:
        """Whether the list could be read and the nodes be compared."""
        return Health(not self._error, self._error or "compared each second")


def desired(revoked: list[str]) -> DesiredConfig:
    """The settings for all nodes; their version follows from them, so one number never means two things."""
    version = max(NOTHING_TAKEN_BACK + 1, zlib.crc32(",".join(revoked).encode()) >> 1)
    return DesiredConfig(version=version if revoked else NOTHING_TAKEN_BACK, settings={"revoked": revoked})


def _behind(connection: Connection, version: int) -> list[tuple[str, bool]]:
    """Nodes with a certificate that run with something else; one that knows of nothing needs no empty list."""
    well = (version, 0) if version == NOTHING_TAKEN_BACK else (version,)
    query = sa.select(node.c.id, node.c.online).where(
        node.c.certificate.is_not(None), node.c.config_version.not_in(well)
    )
    return [(row.id, row.online) for row in connection.execute(query)]
