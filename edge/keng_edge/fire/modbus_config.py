"""The section of a module on RS-485 whose inputs are fire points: smoke detectors, contacts of a panel."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from keng_edge.fire.config import PointName, PointSection
from keng_edge.sections import Baud, DeviceSection, Parity
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo


class ModbusInputsSection(DeviceSection):
    """A module with inputs, described by a profile; its points go by the names that they have there."""

    kind: ClassVar[DeviceKind] = DeviceKind.GATEWAY
    silence_s: ClassVar[float] = 10.0

    type: Literal["modbus_inputs"]
    port: Annotated[str, Field(min_length=1, max_length=200)]
    profile: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Annotated[int, Field(ge=1, le=255)] | None = None
    baud: Baud | None = None
    parity: Parity | None = None
    echo: bool = False
    points: dict[PointName, PointSection] = {}

    def inventory(self) -> list[DeviceInfo]:
        """The module and its points."""
        points = [point.info(self.simulated, self.zone, self.place) for point in self.points.values()]
        return [*super().inventory(), *points]
