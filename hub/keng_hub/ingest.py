"""From the broker to committed rows and the acknowledgement back; alarms have a lane of their own."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from keng_hub import intake, quarantine
from keng_hub.clock import Clock, now_ms
from keng_hub.clocks import BootClocks
from keng_hub.database import Database
from keng_hub.downlink import Downlink
from keng_hub.health import Health
from keng_hub.intake import Intake, Pipeline
from keng_hub.lane import Lane, Lanes, Packet
from keng_hub.metrics import Metrics
from keng_hub.parcel import Parcel, Word, open_packet
from keng_hub.passing import is_passing
from keng_hub.presence import Presence
from keng_hub.taken import Taken
from keng_hub.wakes import Wakes
from keng_wire.status import Status

log = logging.getLogger("keng.ingest")

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
TIDY_EVERY_S: Final = 60.0


class Ingest:
    """Takes what the subscriber offers, commits it in batches, acknowledges what is committed.

    While the database is away everything waits, bounded by the lanes; nodes get no acknowledgement and keep it too.
    """

    def __init__(
        self,
        database: Database,
        downlink: Downlink,
        wakes: Wakes,
        pipeline: Pipeline,
        *,
        lanes: Lanes | None = None,
        presence: Presence | None = None,
        metrics: Metrics | None = None,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._downlink, self._wakes = database, downlink, wakes
        self._presence, self._metrics = presence, metrics or Metrics()
        self._clock, self._sleep = clock, sleep
        self._intake = Intake(pipeline, BootClocks())
        self._away: dict[str, int] = {}
        self.lanes = lanes or Lanes()

    def offer(self, topic: str, payload: bytes, received: int, retained: bool = False) -> None:
        """Take a message of the broker, as `Lanes.offer`."""
        self.lanes.offer(topic, payload, received, retained)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve(self.lanes.alarms), name="ingest of alarms")
            group.create_task(self._serve(self.lanes.rest), name="ingest of the rest")
            group.create_task(self._tidy(), name="bounds of the quarantine")

    async def health(self) -> Health:
        """Whether what came in is committed."""
        if self._away:
            since = (self._clock() - min(self._away.values())) / 1000
            return Health(False, f"the database takes nothing for {since:.0f} s; {self._queues()}")
        return Health(True, self._queues())

    async def _serve(self, lane: Lane) -> None:
        """One batch after the other; the next one is opened while this one is committed."""
        opening = asyncio.ensure_future(self._opened(lane))
        try:
            while True:
                parcels = await opening
                opening = asyncio.ensure_future(self._opened(lane))
                self._note_departures(parcels)
                await self._settle(lane, parcels)
        finally:
            opening.cancel()

    async def _opened(self, lane: Lane) -> list[Parcel]:
        packets = await lane.take()
        return _open(packets) if lane is self.lanes.alarms else await asyncio.to_thread(_open, packets)

    async def _settle(self, lane: Lane, parcels: Sequence[Parcel]) -> None:
        """See a batch committed; one parcel that breaks it is found by halving and set aside."""
        pause = FIRST_PAUSE_S
        while True:
            started = time.monotonic()
            try:
                taken = await self._commit(lane, parcels)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other parcels must not share its fate
                self._metrics.failures.labels(lane.name).inc()
                if not is_passing(error):
                    return await self._divide(lane, parcels, error)
                self._note_away(lane, error)
                await self._sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                continue
            self._note_back(lane)
            self._metrics.batches.labels(lane.name).observe(len(parcels))
            self._metrics.commits.labels(lane.name).observe(time.monotonic() - started)
            return await self._after(taken)

    async def _commit(self, lane: Lane, parcels: Sequence[Parcel]) -> Taken:
        write = self._database.write_urgently if lane is self.lanes.alarms else self._database.write
        return await write(self._intake.take, parcels, self._clock())

    async def _divide(self, lane: Lane, parcels: Sequence[Parcel], error: Exception) -> None:
        if len(parcels) > 1:
            middle = len(parcels) // 2
            await self._settle(lane, parcels[:middle])
            await self._settle(lane, parcels[middle:])
            return
        log.error("a message on %s cannot be taken", parcels[0].packet.topic, exc_info=error)
        try:
            taken = await self._database.write(self._intake.set_aside, parcels[0], error, self._clock())
        except Exception:
            log.exception("nor can it be set aside; the node is not told that it is safe")
            return
        await self._after(taken)

    async def _after(self, taken: Taken) -> None:
        for (node, stream), high in taken.acks.items():
            self._downlink.acknowledge(node, stream, high)
        if taken.wakes:
            self._wakes.after_commit()
        if self._presence is not None:
            for node, at in taken.heard.items():
                self._presence.heard(node, at)
        self._count(taken)
        if taken.alarms:
            await self._stamp(taken)

    async def _stamp(self, taken: Taken) -> None:
        try:
            await self._database.write_urgently(intake.stamp, taken.alarms, self._clock())
        except Exception:
            log.exception("the time of commit could not be noted")

    def _count(self, taken: Taken) -> None:
        for cls, count in taken.counts.items():
            self._metrics.messages.labels(cls.value).inc(count)
        self._metrics.duplicates.inc(taken.duplicates)
        self._metrics.quarantined.inc(taken.refused)
        self._metrics.rescued.inc(taken.rescued)
        for lane in (self.lanes.alarms, self.lanes.rest):
            self._metrics.waiting.labels(lane.name).set(len(lane))
            self._metrics.waiting_bytes.labels(lane.name).set(lane.size)

    def _note_departures(self, parcels: Sequence[Parcel]) -> None:
        if self._presence is None:
            return
        for parcel in parcels:
            if isinstance(parcel, Word) and isinstance(parcel.body, Status) and not parcel.body.online:
                self._presence.left(parcel.node, parcel.packet.received)

    def _note_away(self, lane: Lane, error: Exception) -> None:
        if lane.name not in self._away:
            self._away[lane.name] = self._clock()
            log.warning("the database takes nothing from the lane of %s, trying again: %s", lane.name, error)

    def _note_back(self, lane: Lane) -> None:
        if self._away.pop(lane.name, None) is not None:
            log.info("the database takes messages of the lane of %s again", lane.name)

    def _queues(self) -> str:
        return f"{len(self.lanes.alarms)} alarms and {len(self.lanes.rest)} other messages wait"

    async def _tidy(self) -> None:
        while True:
            try:
                await self._database.write(quarantine.bound)
            except Exception:
                log.exception("the quarantine could not be bounded")
            await self._sleep(TIDY_EVERY_S)


def _open(packets: list[Packet]) -> list[Parcel]:
    return [open_packet(packet) for packet in packets]
