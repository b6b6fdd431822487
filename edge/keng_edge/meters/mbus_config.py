"""The section of an M-Bus meter."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from keng_edge.meters.config import Every, MeterSection, Port


class MbusSection(MeterSection):
    """A meter on a wired M-Bus, by its primary `address` or by the eight digits of its `number` (F: any digit)."""

    type: Literal["mbus"]
    port: Port
    address: Annotated[int, Field(ge=0, le=250)] | None = None
    number: Annotated[str, StringConstraints(pattern=r"^[0-9F]{8}$")] | None = None
    baud: Annotated[int, Field(ge=300, le=38_400)] = 2400
    parity: Literal["N", "E", "O"] = "E"
    every_s: Every = 3600.0

    @model_validator(mode="after")
    def _one_name(self) -> "MbusSection":
        if (self.address is None) == (self.number is None):
            raise ValueError("an M-Bus meter has either an address (0 to 250) or a number (eight digits)")
        return self

    @property
    def name_on_the_bus(self) -> int | str:
        """What the bus is asked for."""
        return self.number if self.number is not None else self.address or 0
