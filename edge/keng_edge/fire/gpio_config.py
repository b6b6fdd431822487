"""The section of dry contacts on the pins of the node itself."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from keng_edge.fire.config import PointName, PointSection
from keng_edge.sections import DeviceSection
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo

LineName = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Contact = Literal["no", "nc"]
UNSUPERVISED_S = 3650 * 86_400.0  # a bare contact gives no sign of life: class U


class GpioPointSection(PointSection):
    """A contact at the line named `line`: `no` is open when all is well, `nc` closed.

    `fault_line` is the second relay of a panel, normally energised: by default closed when all is well, so that a dead
    panel and a cut wire are faults. Only with it a loss of the panel is noticed.
    """

    line: LineName
    contact: Contact = "no"
    fault_line: LineName | None = None
    fault_contact: Contact = "nc"


class GpioInputsSection(DeviceSection):
    """Contacts on one chip, by its label and the names of its lines. `closed` is the level of a closed contact."""

    kind: ClassVar[DeviceKind] = DeviceKind.GATEWAY
    silence_s: ClassVar[float] = 10.0

    type: Literal["gpio_inputs"]
    chip: Annotated[str, Field(min_length=1, max_length=100)] = "pinctrl-bcm2711"
    closed: Literal["low", "high"] = "low"
    points: dict[PointName, GpioPointSection] = {}

    def lines(self) -> list[str]:
        """The names of all lines, each once."""
        lines = [line for point in self.points.values() for line in (point.line, point.fault_line) if line]
        return list(dict.fromkeys(lines))

    def inventory(self) -> list[DeviceInfo]:
        """The chip and its contacts."""
        points = [point.info(self.simulated, self.zone, self.place) for point in self.points.values()]
        return [*super().inventory(), *points]

    def deadlines(self) -> dict[str, float]:
        """A contact beside a fault relay is supervised, a bare one is not."""
        points = {point.id: self.silence_s if point.fault_line else UNSUPERVISED_S for point in self.points.values()}
        return {self.id: self.silence_s, **points}
