"""The settings that nodes should run with, published until each of them says that they are in force.

There are two: the certificates that were taken back, which neighbours must hear of before the hub is gone, and what the
node's cameras may and shall watch.
"""

import asyncio
import json
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import plans
from keng_hub.cameras.plans import Plans
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
    """Compares what each node reports, a column of its row, with what it should run with.

    Without `revoked` the certificates are somebody else's to take back, and nodes only hear of their cameras.
    """

    def __init__(
        self,
        database: Database,
        downlink: Configures,
        revoked: Revoked | None,
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
        revoked = self._revoked
        taken_back = [] if revoked is None else await asyncio.to_thread(revoked.newest, REVOKED_LIMIT)
        now = self._clock()
        for name, online, wanted in await self._database.read(_behind, taken_back):
            version, at = self._told.get(name, (0, 0))
            due = version != wanted.version or (online and now - at >= AGAIN_MS)
            if due and self._downlink.configure(name, wanted):
                self._told[name] = wanted.version, now

    async def health(self) -> Health:
        """Whether the list could be read and the nodes be compared."""
        return Health(not self._error, self._error or "compared each second")


def desired(revoked: list[str], cameras: Plans | None = None) -> DesiredConfig:
    """The settings of a node; their version follows from them, so one number never means two things."""
    settings: dict[str, Any] = {"revoked": revoked}
    if cameras:
        settings["cameras"] = cameras
    if not cameras and not revoked:
        return DesiredConfig(version=NOTHING_TAKEN_BACK, settings=settings)
    text = ",".join(revoked) + (json.dumps(cameras, sort_keys=True) if cameras else "")
    return DesiredConfig(version=max(NOTHING_TAKEN_BACK + 1, zlib.crc32(text.encode()) >> 1), settings=settings)


def _behind(connection: Connection, revoked: list[str]) -> list[tuple[str, bool, DesiredConfig]]:
    """Nodes that run with something else than they should; one that knows of nothing needs no empty list.

    Nodes without a certificate hear of their cameras only where they have some.
    """
    cameras, nothing = plans.wanted(connection), desired(revoked)
    query = sa.select(node.c.id, node.c.online, node.c.config_version, node.c.certificate)
    found: list[tuple[str, bool, DesiredConfig]] = []
    for row in connection.execute(query.order_by(node.c.id)):
        wanted = desired(revoked, cameras[row.id]) if row.id in cameras else nothing
        concerned = row.certificate is not None or row.id in cameras
        well = (wanted.version, 0) if wanted.version == NOTHING_TAKEN_BACK else (wanted.version,)
        if concerned and row.config_version not in well:
            found.append((row.id, row.online, wanted))
    return found
