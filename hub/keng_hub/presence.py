"""Whether nodes are there: silence past its limit makes a node lost and everything on it unknown."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.metrics import Metrics
from keng_hub.tables import device, node
from keng_hub.wakes import Wakes
from keng_wire.status import LOST_AFTER_S

log = logging.getLogger("keng.presence")

LOST_AFTER_MS: Final = LOST_AFTER_S * 1_000
WRITE_AFTER_MS: Final = 10_000
"""A node's last sign of life is written this often at most."""
LEAP_MS: Final = 30_000
"""A look this long after the last one, or before it: our own clock leapt or we slept, and know nothing of the nodes."""


class Pipeline(Protocol):
    """What `incidents.pipeline` does about silence."""

    def take_silence(self, connection: Connection, node: str, since: int, now: int) -> object:
        """A node fell silent."""
        ...

    def take_return(self, connection: Connection, node: str, now: int) -> object:
        """It is back."""
        ...


def fell_silent(connection: Connection, pipeline: Pipeline, node_id: str, since: int, now: int) -> bool:
    """Make a node lost and its devices unknown; False when it was lost already. `since` is its last sign of life."""
    lost = sa.update(node).where(node.c.id == node_id, node.c.online).values(online=False)
    if connection.execute(lost).rowcount != 1:
        return False
    log.info("%s fell silent", node_id)
    _make_unknown(connection, now, device.c.node == node_id)
    pipeline.take_silence(connection, node_id, since, now)
    page_events.publish(connection, "node", {"node": node_id}, now)
    page_events.publish(connection, "devices", {"node": node_id}, now)
    return True


def came_back(connection: Connection, pipeline: Pipeline, node_id: str, seen: int, now: int) -> bool:
    """Make a node present; its devices stay unknown until its heartbeat says how they stand. False: it was there."""
    there = sa.update(node).where(node.c.id == node_id, ~node.c.online).values(online=True, seen=seen)
    if connection.execute(there).rowcount != 1:
        return False
    log.info("%s is there", node_id)
    pipeline.take_return(connection, node_id, now)
    page_events.publish(connection, "node", {"node": node_id}, now)
    return True


def last_seen(connection: Connection, node_id: str) -> int | None:
    """A node's last written sign of life, UTC ms."""
    return connection.execute(sa.select(node.c.seen).where(node.c.id == node_id)).scalar()


def _make_unknown(connection: Connection, now: int, where: sa.ColumnElement[bool]) -> int:
    known = sa.update(device).where(where, device.c.condition != "unknown", ~device.c.removed)
    return connection.execute(known.values(condition="unknown", changed=now)).rowcount


class _Turns(NamedTuple):
    """What a look found: nodes to write about, by id."""

    seen: dict[str, int]
    back: dict[str, int]
    lost: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.seen or self.back or self.lost)


class Presence:
    """Looks every second. `listening` says whether the hub hears its broker at all.

    While it does not, no node is blamed: after the limit all devices are unknown, and every node gets the full time
    again once the hub hears. The same goes for the hub's start, for its sleep and for a leap of its clock.
    """

    def __init__(
        self,
        database: Database,
        pipeline: Pipeline,
        wakes: Wakes,
        *,
        clock: Clock = now_ms,
        listening: Callable[[], bool] = lambda: True,
        metrics: Metrics | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._pipeline, self._wakes = database, pipeline, wakes
        self._clock, self._listening, self._sleep = clock, listening, sleep
        self._metrics = metrics
        self._heard: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._since = self._looked = clock()
        self._deaf_since: int | None = None
        self._deaf_told = False

    def heard(self, node_id: str, at: int) -> None:
        """Note a sign of life (UTC ms); written within seconds."""
        if at > max(self._heard.get(node_id, 0), self._left.get(node_id, 0)):
            self._heard[node_id] = at

    def left(self, node_id: str, at: int) -> None:
        """Note the broker's word that a node is gone; only what it says from then on counts. Call before writing it."""
        self._left[node_id] = at
        self._heard.pop(node_id, None)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("the look at the nodes failed, next one in a second")
            await self._sleep(1)

    async def look(self) -> None:
        """Compare what was heard with what is written, once."""
        now = self._clock()
        leapt = not 0 <= now - self._looked <= LEAP_MS
        self._looked = now
        if leapt:
            self._heard = {node_id: min(at, now) for node_id, at in self._heard.items()}
            self._left.clear()
        if self._listening():
            self._since = now if leapt else self._since
            self._deaf_since, self._deaf_told = None, False
        else:
            self._since = now
            self._deaf_since = now if leapt or self._deaf_since is None else self._deaf_since
            await self._deaf(now - self._deaf_since, now)
        heard = dict(self._heard)
        turns, online = await self._database.read(_compare, heard, self._since, now)
        if self._metrics:
            self._metrics.nodes_online.set(online)
        if turns:
            await self._database.write(self._write, turns, now)
            if turns.back or turns.lost:
                self._wakes.after_commit()

    async def health(self) -> Health:
        """Whether the last look was just now."""
        age = self._clock() - self._looked
        return Health(0 <= age < LEAP_MS, f"looked {age / 1000:.0f} s ago")

    async def _deaf(self, how_long: int, now: int) -> None:
        if how_long > LOST_AFTER_MS and not self._deaf_told:
            self._deaf_told = True
            await self._database.write(_nothing_known, now)
            self._wakes.after_commit()

    def _write(self, connection: Connection, turns: _Turns, now: int) -> None:
        for node_id, seen in sorted(turns.back.items()):
            came_back(connection, self._pipeline, node_id, seen, now)
        for node_id, since in sorted(turns.lost.items()):
            fell_silent(connection, self._pipeline, node_id, since, now)
        for node_id, seen in sorted(turns.seen.items()):
            connection.execute(sa.update(node).where(node.c.id == node_id).values(seen=seen))


def _compare(connection: Connection, heard: dict[str, int], since: int, now: int) -> tuple[_Turns, int]:
    turns = _Turns({}, {}, {})
    online = 0
    for row in connection.execute(sa.select(node.c.id, node.c.online, node.c.seen)):
        sign = min(now, heard.get(row.id, 0))
        seen = min(now, row.seen or 0)  # a clock of ours that was ahead has left marks in the future
        if not row.online:
            if sign > seen and now - sign <= LOST_AFTER_MS:
                turns.back[row.id] = sign
        elif now - max(seen, sign, since) > LOST_AFTER_MS:
            turns.lost[row.id] = max(seen, sign)
        elif sign - seen > WRITE_AFTER_MS or (row.seen or 0) - now > LEAP_MS:
            turns.seen[row.id] = max(seen, sign)
        online += row.id in turns.back or (row.online and row.id not in turns.lost)
    return turns, online


def _nothing_known(connection: Connection, now: int) -> None:
    log.warning("the hub hears no broker: no device is known to be well")
    if _make_unknown(connection, now, sa.true()):
        page_events.publish(connection, "devices", {}, now)
