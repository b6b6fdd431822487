"""The sections of boards, detectors and buttons in a node's configuration."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from keng_edge.sections import DeviceSection, Section
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo
from keng_wire.identity import DeviceId, PlaceId, QuantityName, Words

PointKind = Literal[
    DeviceKind.SMOKE_DETECTOR,
    DeviceKind.HEAT_DETECTOR,
    DeviceKind.GAS_DETECTOR,
    DeviceKind.MANUAL_CALL_POINT,
    DeviceKind.SOS_BUTTON,
    DeviceKind.CONTACT,
    DeviceKind.FIRE_PANEL,
    DeviceKind.BELL,
    DeviceKind.SIREN,
    DeviceKind.STROBE,
    DeviceKind.LOUDSPEAKER,
]
PointName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,16}$")]
LIFE_YEARS: Final[dict[DeviceKind, int]] = {DeviceKind.GAS_DETECTOR: 5}
"""Years after which a point must be replaced where its section says nothing (u); ten for every other kind."""
VIETNAM: Final = timezone(timedelta(hours=7))
TopicName = Annotated[str, StringConstraints(pattern=r"^[^#+\x00]{1,120}$")]


class PointSection(Section):
    """One input or sounder behind a board or gateway; it is a device of its own.

    `role`: `alarm` raises alarms, `cancel` is the button at the house that stops the neighbours' bells within the
    window, `watch` only shows how it stands. `advisory` marks a source that never alone alarms the neighbours.
    `certificate` is the number of its fire-safety certificate. It must be replaced `life_years` after `installed`.
    """

    id: DeviceId
    name: Words
    kind: PointKind
    role: Literal["alarm", "cancel", "watch"] = "alarm"
    zone: DeviceId | None = None
    place: PlaceId | None = None
    advisory: bool = False
    quantity: QuantityName | None = None
    certificate: Words | None = None
    installed: Annotated[date, Field(ge=date(1990, 1, 1), le=date(2100, 1, 1))] | None = None
    life_years: Annotated[int, Field(ge=1, le=40)] | None = None

    def end_of_life(self) -> int | None:
        """When it must be replaced (UTC ms of that day's begin in Vietnam); None without a date of installation."""
        if self.installed is None:
            return None
        years = self.life_years or LIFE_YEARS.get(self.kind, 10)
        day = self.installed
        leap = (day.month, day.day) == (2, 29)
        last = date(day.year + years, 3, 1) if leap else day.replace(year=day.year + years)
        return round(datetime(last.year, last.month, last.day, tzinfo=VIETNAM).timestamp() * 1000)

    def info(self, simulated: bool, zone: str | None, place: str | None) -> DeviceInfo:
        """Its line in the inventory; zone and place are inherited."""
        return DeviceInfo(
            device=self.id,
            kind=self.kind,
            name=self.name,
            place=self.place or place,
            simulated=simulated,
            zone=self.zone or zone,
            certificate=self.certificate,
            end_of_life=self.end_of_life(),
        )


class BridgeBoardSection(DeviceSection):
    """A board of ours on USB or UART, with the points that it names."""

    kind: ClassVar[DeviceKind] = DeviceKind.BRIDGE_BOARD
    silence_s: ClassVar[float] = 90.0

    type: Literal["bridge_board"]
    port: Annotated[str, Field(min_length=1, max_length=200)]
    points: dict[PointName, PointSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The board and its points."""
        points = [point.info(self.simulated, self.zone, self.place) for point in self.points.values()]
        return [*super().inventory(), *points]


class MqttSection(DeviceSection):
    """What listens to a broker on this machine or in the house's network."""

    kind: ClassVar[DeviceKind] = DeviceKind.GATEWAY
    silence_s: ClassVar[float] = 90.0

    host: Annotated[str, Field(min_length=1, max_length=200)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    user: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _password_of_whom(self) -> Self:
        if self.password_file and self.user is None:
            raise ValueError("password_file: a password without `user` is of no use; add the user")
        return self


class ZigbeeDeviceSection(PointSection):
    """A Zigbee device by its friendly name; `battery` ones are heard once a day, mains ones every ten minutes."""

    battery: bool = True


class Zigbee2MqttSection(MqttSection):
    """Zigbee2MQTT beside the node."""

    wireless: ClassVar[bool] = True
    battery_silence_s: ClassVar[float] = 25 * 3600.0
    mains_silence_s: ClassVar[float] = 600.0

    type: Literal["zigbee2mqtt"]
    base_topic: TopicName = "zigbee2mqtt"
    devices: dict[TopicName, ZigbeeDeviceSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The gateway and its devices."""
        devices = [device.info(self.simulated, self.zone, self.place) for device in self.devices.values()]
        return [*super().inventory(), *devices]

    def deadlines(self) -> dict[str, float]:
        """Battery devices speak once a day at best."""
        battery, mains = self.battery_silence_s, self.mains_silence_s
        devices = {device.id: battery if device.battery else mains for device in self.devices.values()}
        return {self.id: self.silence_s, **devices}
