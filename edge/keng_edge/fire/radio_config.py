"""The sections of radio gateways: LoRaWAN through ChirpStack, 433 MHz through rtl_433, MySensors on a serial port."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, field_validator

from keng_bridges.lorawan import MODELS
from keng_edge.fire.config import MqttSection, PointSection, TopicName
from keng_edge.sections import Baud, DeviceSection
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo

SERVER: Final = "server"
"""The model of a payload that a codec in ChirpStack has decoded."""
NEVER_S: Final = 100 * 365 * 86_400.0
"""The deadline of what promises nothing (class U)."""

DevEui = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
SenderName = Annotated[str, StringConstraints(pattern=r"^[^/#+\x00]{1,60}/[^/#+\x00]{0,40}$")]
_NUMBER: Final = r"(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])"
ChildName = Annotated[str, StringConstraints(pattern=rf"^{_NUMBER}/{_NUMBER}$")]


class LorawanDeviceSection(PointSection):
    """A LoRaWAN device by its DevEUI. It speaks at least every `heartbeat_h` hours and is lost after two of them.

    `model` is a file of `keng_bridges/lorawan`, or `server`. With `f_port` only that port carries the state; what
    comes on another one is a sign of life.
    """

    model: str
    heartbeat_h: Annotated[int, Field(ge=1, le=48)] = 24
    f_port: Annotated[int, Field(ge=1, le=223)] | None = None

    @field_validator("model")
    @classmethod
    def _known(cls, model: str) -> str:
        if model not in (*MODELS, SERVER):
            raise ValueError(f"{model!r} is not known; there are {', '.join((*MODELS, SERVER))}")
        return model


class ChirpStackSection(MqttSection):
    """ChirpStack v4 through its broker; `application` None listens to all."""

    wireless: ClassVar[bool] = True

    type: Literal["chirpstack"]
    application: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")] | None = None
    devices: dict[DevEui, LorawanDeviceSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The network and its devices."""
        return [*super().inventory(), *inventory(self, self.devices)]

    def deadlines(self) -> dict[str, float]:
        """Two heartbeats each: class C up to 12 hours, none beyond."""
        devices = {device.id: 2 * device.heartbeat_h * 3600.0 for device in self.devices.values()}
        return {self.id: self.silence_s, **devices}


class Rtl433Section(MqttSection):
    """rtl_433 beside the node, through a broker; `devices` is the list of senders that count, as `model/id`."""

    wireless: ClassVar[bool] = True

    type: Literal["rtl_433"]
    base_topic: TopicName = "rtl_433"
    devices: dict[SenderName, PointSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The receiver and the senders."""
        return [*super().inventory(), *inventory(self, self.devices)]

    def deadlines(self) -> dict[str, float]:
        """Senders promise nothing: class U."""
        return {self.id: self.silence_s} | {device.id: NEVER_S for device in self.devices.values()}


class MySensorsSection(DeviceSection):
    """A MySensors gateway on a serial port; children go by `node/child`. Nodes speak at least every `heartbeat_s`."""

    kind: ClassVar[DeviceKind] = DeviceKind.GATEWAY
    silence_s: ClassVar[float] = 90.0
    missed: ClassVar[int] = 3
    wireless: ClassVar[bool] = True

    type: Literal["mysensors"]
    port: Annotated[str, Field(min_length=1, max_length=200)]
    baud: Baud = 115_200
    heartbeat_s: Annotated[float, Field(ge=10, le=86_400)] = 600.0
    points: dict[ChildName, PointSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The gateway and the children."""
        return [*super().inventory(), *inventory(self, self.points)]

    def deadlines(self) -> dict[str, float]:
        """Three missed heartbeats."""
        silence = self.missed * self.heartbeat_s
        return {self.id: self.silence_s} | {point.id: silence for point in self.points.values()}


def inventory(section: DeviceSection, points: Mapping[str, PointSection]) -> list[DeviceInfo]:
    """The lines of the points behind a section."""
    return [point.info(section.simulated, section.zone, section.place) for point in points.values()]
