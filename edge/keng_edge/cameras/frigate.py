"""Cameras that a Frigate instance watches: what it follows are sightings, what it reviews as an alert an intrusion.

Each is one occurrence, whatever Frigate says of it in between. What the broker remembers is nobody's act.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from keng_bridges.errors import PayloadError
from keng_bridges.frigate import Available, Followed, Review, Stats, Step, decode
from keng_edge.cameras.frigate_config import FrigateCameraSection, FrigateSection
from keng_edge.devices import Node, Trigger
from keng_edge.errors import DeviceError, Refused
from keng_edge.mqtt import Heard, listen
from keng_wire import sighting as wire
from keng_wire.alarm import Category, Cause, Evidence, Severity
from keng_wire.camera import CameraPlan
from keng_wire.conditions import Condition, Mark
from keng_wire.sighting import ObjectClass, Rule, Sighted

log = logging.getLogger("keng.camera")

WHOLE_PICTURE = "all"
MOST = 500
"""Occurrences that go on at once; the oldest is given up."""
CLASSES: dict[str, ObjectClass] = {
    "person": ObjectClass.PERSON,
    **dict.fromkeys(("bicycle", "car", "motorcycle", "bus", "truck", "train", "boat"), ObjectClass.VEHICLE),
    **dict.fromkeys(("bird", "cat", "dog", "horse", "sheep", "cow", "bear"), ObjectClass.ANIMAL),
}
NOT_READ = frozenset({"face", "license_plate"})
"""No recognition of faces and plates, whoever does it."""
AWAY = "Frigate không chạy (does not run)"
BLIND = "Frigate không nhận được hình (gets no pictures)"


@dataclass(slots=True)
class Open:
    """One occurrence that goes on."""

    camera: FrigateCameraSection
    occurrence: str
    rule: Rule
    area: str
    object_class: ObjectClass
    confidence: float | None
    lasted: int
    alarm: str | None = None


class Frigate:
    """One instance."""

    def __init__(self, section: FrigateSection, node: Node) -> None:
        self._section, self._node = section, node
        self._online: bool | None = None
        self._open: OrderedDict[str, Open] = OrderedDict()
        self._sees: dict[str, bool] = {}
        self._active = dict(self.cameras)

    @property
    def cameras(self) -> Mapping[str, bool]:
        """Those of the section."""
        return {camera.id: camera.notice_confirmed is not None for camera in self._section.cameras.values()}

    def plan(self, camera: str, plan: CameraPlan | None) -> CameraPlan:
        """Whether it may be active; what Frigate watches is set in Frigate, so anything else is Refused."""
        self._active[camera] = self.cameras[camera] if plan is None else plan.active
        given = {} if plan is None else plan.model_dump(exclude={"active"})
        if any(given.values()):
            raise Refused(f"camera {camera}: areas, lines and masks of a camera of Frigate are set in Frigate")
        return self.in_force(camera)

    def in_force(self, camera: str) -> CameraPlan:
        """Whether it may be active."""
        return CameraPlan(active=self._active[camera])

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        base = self._section.base_topic
        topics = [f"{base}/{leaf}" for leaf in ("available", "stats", "events", "reviews")]
        try:
            await listen(self._section, topics, self._hear, self._node.clock, self._alive)
        except DeviceError:
            self._online = None
            await self._cameras_unknown()
            raise

    async def _alive(self) -> None:
        """Frigate's last will says when it is gone; until it has said that it is there, nobody knows."""
        if self._online:
            await self._node.report(self._section.id, Condition.NORMAL)

    async def _hear(self, heard: Heard) -> None:
        try:
            message = decode(heard.topic, heard.payload, base=self._section.base_topic)
        except PayloadError as error:
            log.info("frigate %s: %s", self._section.id, error)
            return
        if isinstance(message, Available):
            await self._available(message.online)
        elif heard.retained:
            return
        elif isinstance(message, Stats):
            await self._stats(message)
        elif isinstance(message, Followed):
            await self._followed(message)
        elif isinstance(message, Review):
            await self._review(message, heard.frame)

    async def _available(self, online: bool) -> None:
        came_back, self._online = online and self._online is False, online
        if online:
            await self._node.report(self._section.id, Condition.NORMAL)
            if came_back:  # what it followed before has no end any more
                for key in list(self._open):
                    await self._end(key)
            return
        await self._node.report(self._section.id, Condition.UNKNOWN, [Mark.COMMS_LOST], AWAY)
        await self._cameras_unknown()

    async def _stats(self, stats: Stats) -> None:
        for name, camera in self._section.cameras.items():
            if name in stats.pictures:
                self._sees[camera.id] = stats.pictures[name] > 0
                await self._report(camera)

    async def _followed(self, said: Followed) -> None:
        camera, key = self._section.cameras.get(said.camera), f"event {said.id}"
        if camera is None or said.label in NOT_READ:
            return
        area = _area(camera, said.zones)
        going_on = self._open.get(key)
        confidence = None if said.score is None else round(float(said.score), 3)
        if going_on is not None:
            going_on.confidence, going_on.lasted = confidence or going_on.confidence, said.lasted
            if said.step is Step.END or said.false_positive:
                await self._end(key)
        elif area is not None and said.step is not Step.END and not said.false_positive and self._active[camera.id]:
            object_class = CLASSES.get(said.label, ObjectClass.UNKNOWN)
            one = Open(camera, self._name(key), Rule.PRESENCE, area, object_class, confidence, said.lasted)
            await self._begin(key, one)

    async def _review(self, said: Review, frame: int) -> None:
        camera, key = self._section.cameras.get(said.camera), f"review {said.id}"
        if camera is None or not camera.alarms:
            return
        area = _area(camera, said.zones) if self._active[camera.id] else None
        if key in self._open:
            self._open[key].lasted = said.lasted or self._open[key].lasted
            if said.step is Step.END:
                await self._end(key)
        elif area is not None and said.alert and said.step is not Step.END:
            one = Open(camera, self._name(key), Rule.INTRUSION, area, _gravest(said.labels), None, said.lasted)
            one.alarm = await self._alarm(one, frame)
            await self._begin(key, one)

    async def _alarm(self, one: Open, frame: int) -> str:
        return await self._node.alarm(
            Trigger(
                device=one.camera.id,
                point=one.area,
                zone=one.camera.zone or self._section.zone,
                category=Category.SECURITY,
                severity=Severity.HIGH,
                cause=Cause.INTRUSION,
                evidence=Evidence.ADVISORY,
                frame=frame,
                up=frame,
            )
        )

    async def _begin(self, key: str, one: Open) -> None:
        if len(self._open) >= MOST:
            await self._end(next(iter(self._open)))
        self._open[key] = one
        await self._tell(one, wire.Step.BEGIN)
        if one.alarm is not None:
            await self._report(one.camera)

    async def _end(self, key: str) -> None:
        one = self._open.pop(key)
        await self._tell(one, wire.Step.END)
        if one.alarm is not None:
            await self._report(one.camera)

    async def _tell(self, one: Open, step: wire.Step) -> None:
        await self._node.event(
            Sighted(
                device=one.camera.id,
                occurrence=one.occurrence,
                step=step,
                rule=one.rule,
                area=one.area,
                object_class=one.object_class,
                confidence=one.confidence,
                began_ago=one.lasted,
                ended_ago=0 if step is wire.Step.END else None,
                alarm=one.alarm,
            )
        )

    async def _report(self, camera: FrigateCameraSection) -> None:
        """How a camera stands: unknown until Frigate says that it gets pictures."""
        if not self._online or not self._sees.get(camera.id, False):
            if self._online and camera.id in self._sees:
                await self._node.report(camera.id, Condition.UNKNOWN, [Mark.COMMS_LOST], BLIND)
            return
        alarming = any(one.alarm is not None and one.camera is camera for one in self._open.values())
        await self._node.report(camera.id, Condition.ALARM if alarming else Condition.NORMAL)

    async def _cameras_unknown(self) -> None:
        self._sees.clear()
        for camera in self._section.cameras.values():
            await self._node.report(camera.id, Condition.UNKNOWN, [Mark.COMMS_LOST], AWAY)

    def _name(self, key: str) -> str:
        """The same for all that is said of one thing, also after a restart of the node."""
        return hashlib.sha256(f"{self._section.id}\0{key}".encode()).hexdigest()[:16]


def _area(camera: FrigateCameraSection, zones: tuple[str, ...]) -> str | None:
    """The area that counts, of the zone that was entered last; None where none of them does."""
    if not camera.areas:
        return WHOLE_PICTURE
    return next((camera.areas[zone] for zone in reversed(zones) if zone in camera.areas), None)


def _gravest(labels: tuple[str, ...]) -> ObjectClass:
    found = {CLASSES.get(label, ObjectClass.UNKNOWN) for label in labels}
    return next((each for each in ObjectClass if each in found), ObjectClass.UNKNOWN)
