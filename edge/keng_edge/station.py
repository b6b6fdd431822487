"""The node as its devices see it: reports, alarms, readings and events go from here to where they belong."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from keng_edge.alarms import LocalAlarms
from keng_edge.cameras.detector.config import DetectorSection
from keng_edge.cameras.evidence.config import MediaSection
from keng_edge.cameras.evidence.spool import MB, Shelf
from keng_edge.clock import Clock
from keng_edge.devices import Measured, Trigger
from keng_edge.line import Line
from keng_edge.outbox import Outbox
from keng_edge.points import Points
from keng_edge.register import Register
from keng_wire.conditions import Condition, Mark
from keng_wire.event import Event, PanelAct, PanelActed
from keng_wire.topics import MessageClass

if TYPE_CHECKING:
    from keng_edge.cameras.detector.inference import Inference

log = logging.getLogger("keng.station")


class Station:
    """`keng_edge.devices.Node`. Events of the node itself are told without waiting and written by `run`."""

    def __init__(self, clock: Clock, data: Path, outbox: Outbox, register: Register) -> None:
        self._clock, self._data, self._outbox, self._register = clock, data, outbox, register
        self._told: asyncio.Queue[Event] = asyncio.Queue()
        self._lines: dict[str, Line] = {}
        self._last: dict[str, Trigger] = {}
        self._latched: set[str] = set()
        self._detector: Inference | None = None
        self.alarms: LocalAlarms | None = None
        self.points: Points | None = None
        self.media: MediaSection | None = None
        self.seeing = DetectorSection()
        """What the cameras' detector shall be; nothing of it is loaded before a camera asks."""

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

    async def wake(self) -> None:
        """After a start: disabled points hold nothing back, and how everything stands is told."""
        if self.points is None or self.alarms is None:
            return
        for device in self.points.restrictions.devices(Mark.DISABLED):
            await self.alarms.switched_off(device)
        for device in self.points.fingerprints.points:
            self._refresh(device)

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
            self._finish_proof(device)

    def seen(self, device: str) -> None:
        """A sign of life."""
        self._register.seen(device)

    async def alarm(self, trigger: Trigger) -> str:
        """Judge first, then show. What people said of the point is put on before."""
        assert self.alarms is not None, "the station has no judge yet"
        self._last[trigger.device] = trigger
        judged = trigger
        if self.points is not None:
            judged = self.points.judged(trigger, self._register.supervision(trigger.device))
        occurrence = await self.alarms.trigger(judged)
        if judged.test:
            await self._tested(judged, occurrence)
        kept = self._register.marks(trigger.device) - {Mark.COMMS_LOST}
        changed = self._register.report(trigger.device, Condition.ALARM, kept)
        if changed is not None:
            self.tell(changed)
        return occurrence

    async def panel_act(self, device: str, act: PanelAct, detail: str | None = None) -> int:
        """Somebody acted at a fire panel itself; stored as the panel's, and nothing of ours changes by it."""
        return await self.event(PanelActed(device=device, act=act, detail=(detail or "")[:200] or None))

    def identified(self, device: str, facts: Mapping[str, str]) -> None:
        """A converter or device said what it is (hardware, firmware); proofs of another one are void."""
        if self.points is None:
            return
        try:
            changed = self.points.fingerprints.identified(device, facts)
        except OSError as error:
            log.info("what %s consists of cannot be stored: %s", device, error)
            changed = True
        if changed:
            for point in self.points.fingerprints.behind(device):
                self._refresh(point)

    async def readings(self, rows: Sequence[Measured]) -> None:
        """Into the next batch."""
        await self._outbox.stage(rows)

    async def event(self, body: Event) -> int:
        """Stored when this returns."""
        return await self._outbox.append(MessageClass.EVENT, body)

    def line(self, port: str) -> Line:
        """One a port."""
        return self._lines.setdefault(port, Line())

    def detector(self) -> "Inference | None":
        """One for all cameras."""
        if self._detector is None:
            self._detector = self.seeing.start()
        return self._detector

    def shelf(self, device: str) -> Shelf | None:
        """One a camera, where the configuration says that the hub takes media."""
        if self.media is None:
            return None
        return Shelf(self._data / "media" / device, self.media.spool_mb * MB, self.media.spare_mb * MB)

    async def cancel(self, by: str, zone: str | None) -> None:
        """The button at the house."""
        if self.alarms is not None and not await self.alarms.cancel(by, zone):
            log.info("%s pressed cancel in zone %s while no window was running", by, zone)

    async def point_changed(self, device: str) -> None:
        """A person did something to a point, or its time is over. An input that is active now is an alarm now."""
        assert self.points is not None
        assert self.alarms is not None
        self._refresh(device)
        if self.points.restrictions.of(device, Mark.DISABLED) is not None:
            await self.alarms.switched_off(device)
            return
        await self.alarms.switched_on(device)
        if self._register.condition(device) is Condition.NORMAL:
            self._finish_proof(device)
        if self.points.restrictions.of(device, Mark.TEST) is not None:
            return
        self.alarms.test_over(device)
        if self._register.condition(device) is Condition.ALARM and device in self._last:
            await self.alarm(replace(self._last[device], frame=None, up=None))

    def busy(self, device: str) -> bool:
        """Whether a point is in alarm, or an alarm of it waits for its reset."""
        latched = self.alarms is not None and self.alarms.latched(device)
        return latched or self._register.condition(device) is Condition.ALARM

    async def watch_points(self) -> None:
        """End what has come to its end; call it each second."""
        if self.points is not None:
            for device in self.points.restrictions.over():
                await self.point_changed(device)
            for device in self.points.lifetimes.turned():
                self._refresh(device)

    def look(self) -> None:
        """What is latched may have changed; call it after each change."""
        now = {device for latch in (self.alarms.latches if self.alarms else ()) for device in latch.sources}
        if now != self._latched:
            changed, self._latched = now ^ self._latched, now
            for device in sorted(changed):
                self._refresh(device)

    async def _tested(self, trigger: Trigger, occurrence: str) -> None:
        """A tested point spoke: if a proof test waited for it, store what came in and let the house chirp."""
        seen = self.points.spoke(trigger, occurrence) if self.points is not None else None
        if seen is None or self.alarms is None or self.points is None:
            return
        await self.event(seen)
        await self.alarms.chirp(trigger.zone, occurrence, trigger.frame)
        self.points.restrictions.write_down()

    def _finish_proof(self, device: str) -> None:
        """A confirmed proof test ends when its point is back to normal."""
        test = self.points.restrictions.of(device, Mark.TEST) if self.points is not None else None
        if self.points is not None and test is not None and test.ending:
            self.points.restrictions.lift(device, Mark.TEST)
            self._refresh(device)

    def _refresh(self, device: str) -> None:
        changed = self._register.refresh(device)
        if changed is not None:
            self.tell(changed)

    async def watch_silence(self) -> None:
        """Mark devices as lost whose deadline has passed; call it every few seconds."""
        for device in self._register.silent():
            marks = self._register.marks(device) | {Mark.COMMS_LOST}
            await self.report(device, Condition.UNKNOWN, marks, "quá hạn không có tín hiệu (silent past its deadline)")
