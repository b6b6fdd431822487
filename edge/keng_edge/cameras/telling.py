"""Telling: what the eyes of a camera found becomes alarms, events and the condition of the device."""

import asyncio
from datetime import datetime

from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence import evidence
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.health import HealthChange
from keng_edge.cameras.health.standing import Standing
from keng_edge.cameras.plan import UNCONFIRMED
from keng_edge.cameras.sightings import Rule, Sighting, Step
from keng_edge.cameras.still import snapshot
from keng_edge.clock import Clock
from keng_edge.devices import Node, Trigger
from keng_edge.patterns import VIETNAM
from keng_wire.alarm import Category, Cause, Evidence, Severity
from keng_wire.conditions import Condition
from keng_wire.sighting import Sighted


class Telling:
    """Of one camera. The word goes first, the picture after it; one that is not `active` keeps nothing."""

    def __init__(self, section: CameraSection, node: Node, active: bool = True) -> None:
        self._section = section
        self._node = node
        self._active = active
        self._alarms: dict[str, str] = {}
        """Sighting of an intrusion that goes on → occurrence of its alarm."""
        self._shown = {each.id for each in (*section.areas, *section.lines) if each.evidence}
        """Areas and lines of which pictures are kept whatever happens there."""
        self._standing = Standing()
        self.evidence = evidence.of(section, node, node.clock) if active else None
        """Stills and clips for the hub; None where nobody wants any."""

    async def sighting(self, sighting: Sighting) -> None:
        """Tell one step. An intrusion that begins is an alarm before anything else."""
        intrusion = sighting.rule is Rule.INTRUSION
        if intrusion and sighting.step is Step.BEGIN:
            self._alarms[sighting.occurrence] = await self._alarm(sighting)
            await self.condition()
        alarm = self._alarms.get(sighting.occurrence)
        await self._node.event(self._sighted(sighting, alarm))
        self._keep(sighting, alarm)
        if alarm is not None and sighting.step is Step.BEGIN:
            picture = sighting.best.frame.picture
            await self._node.event(await asyncio.to_thread(lambda: snapshot(self._section.id, alarm, picture())))
        if intrusion and sighting.step is Step.END:
            self._alarms.pop(sighting.occurrence, None)
            await self.condition()

    def _keep(self, sighting: Sighting, alarm: str | None) -> None:
        """Stills and clips of an alarm, or of a sighting itself where its area wants them."""
        occurrence = alarm or (sighting.occurrence if sighting.area in self._shown else None)
        if self.evidence is None or occurrence is None:
            return
        if sighting.step is Step.BEGIN:
            self.evidence.begin(occurrence, sighting.now)
        elif sighting.step is Step.END:
            self.evidence.end(occurrence, sighting.best)

    async def health(self, change: HealthChange) -> None:
        """A camera that cannot see is a device with a fault, and what it should see is unknown."""
        self._standing.take(change)
        await self.condition()

    async def condition(self) -> None:
        """How the camera stands now."""
        condition = self._standing.condition(Condition.ALARM if self._alarms else Condition.NORMAL)
        detail = self._standing.detail or (None if self._active else UNCONFIRMED)
        await self._node.report(self._section.id, condition, self._standing.marks, detail)

    async def _alarm(self, sighting: Sighting) -> str:
        up = sighting.now.frame.up
        return await self._node.alarm(
            Trigger(
                device=self._section.id,
                point=sighting.area,
                zone=self._section.zone,
                category=Category.SECURITY,
                severity=Severity.HIGH,
                cause=Cause.INTRUSION,
                evidence=Evidence.ADVISORY,
                frame=up,
                up=up,
            )
        )

    def _sighted(self, sighting: Sighting, alarm: str | None) -> Sighted:
        confidence = None if sighting.confidence is None else round(min(1.0, sighting.confidence), 3)
        return Sighted(
            device=self._section.id,
            occurrence=sighting.occurrence,
            step=sighting.step,
            rule=sighting.rule,
            area=sighting.area,
            object_class=sighting.object_class,
            confidence=confidence,
            began_ago=self._ago(sighting.begin, sighting.now.frame),
            ended_ago=None if sighting.end is None else self._ago(sighting.end, sighting.now.frame),
            direction=sighting.direction,
            count=sighting.count,
            alarm=alarm,
        )

    def _ago(self, at: float, frame: Frame) -> int:
        """How long before now a moment of the source's time was, in ms."""
        return max(0, self._node.clock.up_ms() - frame.up + round((frame.at - at) * 1000))


def village_time(clock: Clock, frame: Frame) -> datetime:
    """When a frame arrived, by the clock of Vietnam."""
    return datetime.fromtimestamp((clock.utc_ms() - clock.up_ms() + frame.up) / 1000, VIETNAM)
