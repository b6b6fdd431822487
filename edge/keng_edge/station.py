"""The node as its devices see it: reports, alarms, readings and events go from here to where they belong."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from keng_edge.alarms import LocalAlarms
from keng_edge.clock import Clock
from keng_edge.devices import Measured, Trigger
from keng_edge.outbox import Outbox
from keng_edge.register import Register
from keng_wire.conditions import Condition, Mark
from keng_wire.event import Event
from keng_wire.topics import MessageClass

log = logging.getLogger("keng.station")


class Station:
    """`keng_edge.devices.Node`. Events of the node itself are told without waiting and written by `run`."""

    def __init__(self, clock: Clock, data: Path, outbox: Outbox, register: Register) -> None:
        self._clock, self._data, self._outbox, self._register = clock, data, outbox, register
        self._told: asyncio.Queue[Event] = asyncio.Queue()
        self._lines: dict[str, asyncio.Lock] = {}
        self.alarms: LocalAlarms | None = None

    @property
    def clock(self) -> Clock:
        """The node's clock."""
        return self._clock

    @property
    def data(self) -> Path:
        """The node's data folder."""
        return self._data

    def tell(self, body: Event) -> None:
        """An event that nobody waits for; order is kept."""
        self._told.put_nowait(body)

    async def run(self) -> None:
        """Write down what was told, until cancelled; then what is left."""
        try:
            while True:
                await self._outbox.append(MessageClass.EVENT, await self._told.get())
        finally:
            while not self._told.empty():
                await self._outbox.append(MessageClass.EVENT, self._told.get_nowait())

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """A change becomes an event; the alarms of the device learn of it."""
        changed = self._register.report(device, condition, marks, detail)
        if changed is None:
            return
        log.info("device %s: %s %s %s", device, changed.condition, " ".join(changed.marks), changed.detail or "")
        self.tell(changed)
        if self.alarms is None:
            return
        if changed.condition is Condition.UNKNOWN:
            await self.alarms.lost(device)
        elif changed.condition is Condition.ALARM:
            await self.alarms.still_active(device)
        elif changed.condition is Condition.NORMAL:
            await self.alarms.cleared(device)

    def seen(self, device: str) -> None:
        """A sign of life."""
        self._register.seen(device)

    async def alarm(self, trigger: Trigger) -> str:
        """Judge first, then show."""
        assert self.alarms is not None, "the station has no judge yet"
        occurrence = await self.alarms.trigger(trigger)
        kept = self._register.marks(trigger.device) - {Mark.COMMS_LOST}
        changed = self._register.report(trigger.device, Condition.ALARM, kept)
        if changed is not None:
            self.tell(changed)
        return occurrence

    async def readings(self, rows: Sequence[Measured]) -> None:
        """Into the next batch."""
        await self._outbox.stage(rows)

    async def event(self, body: Event) -> int:
        """Stored when this returns."""
        return await self._outbox.append(MessageClass.EVENT, body)

    def line(self, port: str) -> asyncio.Lock:
        """One lock a port."""
        return self._lines.setdefault(port, asyncio.Lock())

    async def cancel(self, by: str, zone: str | None) -> None:
        """The button at the house."""
        if self.alarms is not None and not await self.alarms.cancel(by, zone):
            log.info("%s pressed cancel in zone %s while no window was running", by, zone)

    async def watch_silence(self) -> None:
        """Mark devices as lost whose deadline has passed; call it every few seconds."""
        for device in self._register.silent():
            marks = self._register.marks(device) | {Mark.COMMS_LOST}
            await self.report(device, Condition.UNKNOWN, marks, "quá hạn không có tín hiệu (silent past its deadline)")
