"""The section of a Frigate instance in a node's configuration."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from keng_edge.fire.config import MqttSection, TopicName
from keng_edge.sections import Section
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo
from keng_wire.identity import DeviceId, PlaceId, Words

FrigateName = Annotated[str, StringConstraints(pattern=r"^[^/#+\x00-\x1f]{1,80}$")]


class FrigateCameraSection(Section):
    """One camera of Frigate; it is a device of its own.

    `areas` are Frigate's zones that count, each with the name of an area here; without any the whole picture counts.
    `alarms`: what Frigate reviews as an alert there is an intrusion. `notice_confirmed`
    as for a camera of the node's own.
    """

    id: DeviceId
    name: Words
    zone: DeviceId | None = None
    place: PlaceId | None = None
    areas: Annotated[dict[FrigateName, DeviceId], Field(max_length=32)] = {}
    alarms: bool = False
    notice_confirmed: date | None = None


class FrigateSection(MqttSection):
    """A Frigate instance through its broker. It tells of its cameras every minute; three times missed they are lost."""

    camera_silence_s: ClassVar[float] = 180.0

    type: Literal["frigate"]
    base_topic: TopicName = "frigate"
    cameras: Annotated[dict[FrigateName, FrigateCameraSection], Field(max_length=64)] = {}

    @model_validator(mode="after")
    def _named_apart(self) -> "FrigateSection":
        names = [camera.id for camera in self.cameras.values()]
        if len(set(names)) != len(names):
            raise ValueError("cameras: two of them have one id; give each an id of its own")
        return self

    def inventory(self) -> list[DeviceInfo]:
        """The instance and its cameras."""
        cameras = [
            DeviceInfo(
                device=camera.id,
                kind=DeviceKind.CAMERA,
                name=camera.name,
                place=camera.place or self.place,
                simulated=self.simulated,
                zone=camera.zone or self.zone,
            )
            for camera in self.cameras.values()
        ]
        return [*super().inventory(), *cameras]

    def deadlines(self) -> dict[str, float]:
        """Three missed reports of Frigate."""
        cameras = {camera.id: self.camera_silence_s for camera in self.cameras.values()}
        return {self.id: self.silence_s, **cameras}
