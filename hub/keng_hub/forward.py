"""Carries readings from the journal to the time-series store, by a cursor that moves after the store has answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from keng_hub import backlog
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.metrics import Metrics
from keng_hub.store import PointsRejected, Rejected, Store, StoreUnavailable

log = logging.getLogger("keng.forward")

BATCH = 4_000
"""Messages a write; fewer when they hold `backlog.POINTS` readings before."""

PRUNED = 5_000
"""Messages deleted at once: somewhat more than come in, so that what once had to stay behind is caught up with."""
LONGEST_PAUSE_S = 30
POLL_S = 0.5
_LAG_EVERY_MS = 5_000
_HOUSEKEEPING_EVERY_MS = 60_000
_DAY_MS = 86_400_000


class Forwarder:
    """One task: whatever happens to the store, the hub goes on and the readings wait in the journal.

    A batch may reach the store twice (a crash before the cursor moved, a second hub process); the store makes nothing
    of it. `keep_days` is how long the store keeps readings; None is for ever.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        metrics: Metrics,
        keep_days: int | None = None,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._store, self._metrics = database, store, metrics
        self._keep_days, self._clock, self._sleep = keep_days, clock, sleep
        self._trouble: str | None = None
        self._pause_s = 1
        self._next_lag = 0
        self._next_housekeeping = 0

    async def run(self) -> None:
        """Forward until cancelled."""
        while True:
            try:
                more = await self.run_once()
            except StoreUnavailable as error:
                await self._back_off(str(error))
            except Exception as error:  # noqa: BLE001 — the database may be away; nothing may end this task
                await self._back_off(": ".join([type(error).__name__, *map(str, error.args[:1])]))
            else:
                self._recovered()
                if not more:
                    await self._sleep(POLL_S)

    async def run_once(self) -> bool:
        """Forward one batch and tidy up behind it; True when there is more to forward at once."""
        batch = await self._database.read(backlog.take, BATCH)
        if batch.end > batch.position:
            rejected = await self._write(batch)
            pruned = await self._database.write(backlog.settle, batch, rejected, self._clock(), PRUNED)
        else:
            pruned = await self._database.write(backlog.prune, PRUNED)
        if self._clock() >= self._next_lag:
            await self.lag()
        if not batch.full and not pruned:
            await self._keep_house()
        return batch.full or pruned == PRUNED

    async def lag(self) -> backlog.Lag:
        """Count what waits, for people and for `/metrics`."""
        now = self._clock()
        self._next_lag = now + _LAG_EVERY_MS
        lag = await self._database.read(backlog.lag)
        self._metrics.forward_rows.set(lag.messages)
        self._metrics.forward_seconds.set(0 if lag.since is None else max(0, now - lag.since) / 1000)
        return lag

    async def health(self) -> Health:
        """Whether readings reach the store, and how many wait."""
        lag = await self.lag()
        waiting = f"{lag.messages} messages wait"
        if lag.since is not None:
            waiting += f", the oldest for {max(0, self._clock() - lag.since) // 1000} s"
        return Health(self._trouble is None, f"{self._trouble}; {waiting}" if self._trouble else waiting)

    async def _write(self, batch: backlog.Batch) -> list[Rejected]:
        if not batch.points:
            return []
        try:
            await self._store.write(batch.points)
        except PointsRejected as error:
            log.warning("the store takes %s readings never, they are kept aside: %s", len(error.rejected), error)
            return error.rejected
        return []

    async def _keep_house(self) -> None:
        now = self._clock()
        if now < self._next_housekeeping:
            return
        if await self._store.roll_up(now):
            return  # one day a turn, so that new readings do not wait for a month of them
        if self._keep_days is not None:
            await self._store.delete_before(now - self._keep_days * _DAY_MS)
        self._next_housekeeping = now + _HOUSEKEEPING_EVERY_MS

    async def _back_off(self, trouble: str) -> None:
        if self._trouble is None:
            log.warning("readings wait in the journal: %s", trouble)
        self._trouble = trouble
        await self._sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _recovered(self) -> None:
        if self._trouble is not None:
            log.info("readings reach the store again")
        self._trouble = None
        self._pause_s = 1
