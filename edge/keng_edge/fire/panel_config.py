"""The sections of fire panels in a node's configuration: printer port, pager port."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from keng_bridges.errors import ProfileError
from keng_bridges.panel_profile import GENERIC, Port, load
from keng_edge.fire.config import PointKind, PointSection
from keng_edge.sections import Baud, DeviceSection, Parity
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo

NEVER_S = 366 * 86_400.0
"""A deadline for what gives no sign of life: class U."""

PlaceName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,60}$")]


class PanelPointSection(PointSection):
    """A zone or point of a panel that is a device of its own; the others are heard as the panel."""

    kind: PointKind = DeviceKind.FIRE_PANEL


class PanelSection(DeviceSection):
    """A fire panel behind a serial port. `panel` is the profile of its words, a shipped name or a file."""

    kind: ClassVar[DeviceKind] = DeviceKind.FIRE_PANEL
    by_words: ClassVar[bool] = False
    by_zone: ClassVar[bool] = True

    port: Annotated[str, Field(min_length=1, max_length=200)]
    panel: Annotated[str, Field(min_length=1, max_length=200)] = GENERIC
    baud: Baud | None = None
    bits: Literal[7, 8] | None = None
    parity: Parity | None = None
    points: dict[PlaceName, PanelPointSection] = {}

    @field_validator("panel")
    @classmethod
    def _there_is_such_a_panel(cls, name: str) -> str:
        try:
            load(name)
        except ProfileError as error:
            raise ValueError(str(error)) from None
        return name

    @property
    def serial(self) -> Port:
        """Speed and frame of the port: those that stand here, else those of the profile."""
        usual = load(self.panel).serial
        own = {"baud": self.baud, "bits": self.bits, "parity": self.parity}
        return usual.model_copy(update={key: value for key, value in own.items() if value is not None})

    def inventory(self) -> list[DeviceInfo]:
        """The panel and its points."""
        points = [point.info(self.simulated, self.zone, self.place) for point in self.points.values()]
        return [*super().inventory(), *points]


class PanelPrinterSection(PanelSection):
    """The printer port, read only. It gives no sign of life unless the panel prints one every `expect_every_s`."""

    type: Literal["panel_printer"]
    expect_every_s: Annotated[float, Field(ge=60, le=90_000)] | None = None

    def deadlines(self) -> dict[str, float]:
        """Without an expected line silence says nothing: class U."""
        return {info.device: self.expect_every_s or NEVER_S for info in self.inventory()}


class Espa444Section(PanelSection):
    """The pager port by ESPA 4.4.4. The panel asks for us all the time: lost when it has not for `lost_after_s`.

    A point is named by the number that is called, or by words of the text.
    """

    by_words: ClassVar[bool] = True

    type: Literal["espa444"]
    station: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]$")] = "2"
    poll_answer: Literal["ack", "eot"] = "ack"
    lost_after_s: Annotated[float, Field(ge=5, le=7200)] = 100.0

    def deadlines(self) -> dict[str, float]:
        """The panel stands for all its points."""
        return {info.device: self.lost_after_s for info in self.inventory()}
