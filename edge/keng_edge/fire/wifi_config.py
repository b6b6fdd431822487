"""The sections of Wi-Fi boards and plugs that speak MQTT: ESPHome and Tasmota, one section a board."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from keng_edge.fire.config import MqttSection, PointSection, TopicName
from keng_edge.sections import Section
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo
from keng_wire.identity import QuantityName

ObjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,60}$")]
SwitchName = Annotated[str, StringConstraints(pattern=r"^(?:Switch\d{1,2}|POWER\d{0,2}|Button\d{1,2})$")]


class ContactPointSection(PointSection):
    """A contact on a board; `normal` is the state that means all is well (a fail-safe relay is `on`)."""

    normal: Literal["on", "off"] = "off"

    @model_validator(mode="after")
    def _gas_board(self) -> Self:
        if self.kind is DeviceKind.GAS_DETECTOR and not self.advisory:
            raise ValueError("a gas board warms up and drifts: set advisory = true")
        return self


class SensorSection(Section):
    """A number that a board tells: its quantity, and what leads to that quantity's unit (kWh × 1000 = Wh)."""

    quantity: QuantityName
    scale: Annotated[Decimal, Field(gt=0, le=1_000_000)] = Decimal(1)


class WifiSection(MqttSection):
    """One board. It tells something every `telemetry_s`; three times missed it is lost. Its last will is faster."""

    kind: ClassVar[DeviceKind] = DeviceKind.BRIDGE_BOARD
    missed: ClassVar[int] = 3
    wireless: ClassVar[bool] = True

    telemetry_s: Annotated[float, Field(ge=10, le=3600)] = 300.0
    meter: Literal[DeviceKind.SUB_METER, DeviceKind.FEEDER] | None = None
    points: dict[str, ContactPointSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The board, as the meter that it may be, and its points."""
        board = [info.model_copy(update={"kind": self.meter or self.kind}) for info in super().inventory()]
        return [*board, *(point.info(self.simulated, self.zone, self.place) for point in self.points.values())]

    def deadlines(self) -> dict[str, float]:
        """The board and its points fall silent together."""
        return {info.device: self.missed * self.telemetry_s for info in self.inventory()}


class EsphomeSection(WifiSection):
    """A board with ESPHome: binary sensors by their object ids, sensors as quantities."""

    type: Literal["esphome"]
    prefix: TopicName
    points: dict[ObjectName, ContactPointSection] = {}
    sensors: dict[ObjectName, SensorSection] = {}


class TasmotaSection(WifiSection):
    """A plug, relay or contact with Tasmota, by its topic."""

    type: Literal["tasmota"]
    topic: TopicName
    points: dict[SwitchName, ContactPointSection] = {}
