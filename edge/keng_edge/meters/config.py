"""The sections of meters in a node's configuration."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from keng_edge.sections import Baud, DeviceSection, Parity
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo

Every = Annotated[float, Field(ge=1, le=86_400)]
Port = Annotated[str, Field(min_length=1, max_length=200)]
Register = Annotated[str, StringConstraints(pattern=r"^[0-9CFLP.:*&-]{1,20}$")]
"""An OBIS code as the meter writes it: 1.8.0, C.1.0, P.01, 1-0:99.1.0."""
MeterKind = Literal[DeviceKind.METER, DeviceKind.SUB_METER, DeviceKind.FEEDER]


class MeterSection(DeviceSection):
    """A meter that is asked every `every_s` seconds, aligned to the clock: 1800 reads at each full and half hour."""

    kind: ClassVar[DeviceKind] = DeviceKind.METER
    missed_polls: ClassVar[int] = 3

    every_s: Every = 1800.0
    meter: MeterKind = DeviceKind.METER

    def inventory(self) -> list[DeviceInfo]:
        """The meter, as the kind it is."""
        return [info.model_copy(update={"kind": self.meter}) for info in super().inventory()]

    def deadlines(self) -> dict[str, float]:
        """Three missed polls, and the time that a poll may take."""
        return {self.id: self.missed_polls * self.every_s + 60}


class ProfiledSection(MeterSection):
    """A meter with a memory: after an outage its load profile is asked for what is missing, `recall_days` back at most.

    `load_profile` is the profile's OBIS code; without one the memory is left alone.
    """

    load_profile: Register | None = None
    recall_days: Annotated[float, Field(ge=0.1, le=366)] = 7.0


class Iec62056Section(ProfiledSection):
    """IEC 62056-21 through an optical head or RS-485; only read, never written.

    With `registers` the meter is asked for these alone, in programming mode and with its password, by `read_command`;
    without them it sends its readout. `profile_command` R6 is for meters that send their load profile in pieces.
    """

    type: Literal["iec62056_21"]
    port: Port
    address: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z ]{0,32}$")] = ""
    fastest: Annotated[int, Field(ge=300, le=19_200)] = 19_200
    password_file: Path | None = None
    registers: Annotated[tuple[Register, ...], Field(max_length=100)] = ()
    read_command: Literal["R1", "R5"] = "R1"
    profile_command: Literal["R5", "R6"] = "R5"


class ModbusSection(MeterSection):
    """A meter on an RS-485 line, described by a profile; what is left out is as it comes from its maker."""

    type: Literal["modbus"]
    port: Port
    profile: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Annotated[int, Field(ge=1, le=247)] | None = None
    baud: Baud | None = None
    parity: Parity | None = None
    echo: bool = False
