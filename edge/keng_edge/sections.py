"""What all sections of a node's configuration have in common."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo
from keng_wire.identity import DeviceId, PlaceId, Words


class Section(BaseModel):
    """A table of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeviceSection(Section):
    """One `[[devices]]` entry; each kind adds `type: Literal[...]` and its own fields.

    The class attributes say what is inherited by the inventory and by the watch over silence.
    """

    kind: ClassVar[DeviceKind]
    silence_s: ClassVar[float] = 90.0
    wireless: ClassVar[bool] = False
    """Whether its points are heard by radio."""

    id: DeviceId
    name: Words
    place: PlaceId | None = None
    zone: DeviceId | None = None
    simulated: bool = False

    def inventory(self) -> list[DeviceInfo]:
        """The device itself; a board adds its points."""
        return [
            DeviceInfo(
                device=self.id,
                kind=self.kind,
                name=self.name,
                place=self.place,
                simulated=self.simulated,
                zone=self.zone,
            )
        ]

    def deadlines(self) -> dict[str, float]:
        """Device id → seconds of silence after which it counts as lost."""
        return {info.device: self.silence_s for info in self.inventory()}


Baud = Annotated[int, Field(ge=300, le=115_200)]
Parity = Literal["N", "E", "O"]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
