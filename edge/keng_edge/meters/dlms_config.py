"""The sections of meters that speak DLMS/COSEM: those that are read, and those that push."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from keng_bridges.dlms.register import logical_name
from keng_bridges.dlms.units import CODES, LARGEST_SCALER
from keng_edge.meters.config import MeterSection, Port, ProfiledSection, Register
from keng_edge.sections import Baud, Parity, Seconds, Section

SystemTitle = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{16}$")]
DEFAULT_REGISTERS = (
    *(f"1-0:1.8.{rate}" for rate in range(5)),
    *("1-0:2.8.0", "1-0:3.8.0", "1-0:4.8.0", "1-0:1.7.0", "1-0:3.7.0"),
    *(f"1-0:{group}.7.0" for group in (32, 52, 72, 31, 51, 71, 13, 14)),
)


def _known(registers: tuple[str, ...]) -> None:
    wrong = [code for code in registers if logical_name(code) is None]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not an OBIS code such as 1-0:1.8.0")


class DlmsSection(ProfiledSection):
    """A meter that is read over HDLC on a serial line (`port`) or over TCP (`host`); only read, never written.

    Without secrets it is asked as a public client; `password_file` is LLS; both key files (32 hex digits each) are
    HLS-GMAC. `server` and `physical` are the meter's address; `counter_register` is where it tells the last
    invocation counter it has seen. `mode_e` is for an optical head: the meter is greeted at 300 baud and names its
    speed, at most `baud`. `deadline_s` is for one frame, or one answer over TCP.
    """

    type: Literal["dlms"]
    port: Port | None = None
    host: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    tcp_port: Annotated[int, Field(ge=1, le=65_535)] = 4059
    baud: Baud = 9600
    parity: Parity = "N"
    mode_e: bool = False
    deadline_s: Annotated[float, Field(ge=0.2, le=60)] = 5.0
    client: Annotated[int, Field(ge=1, le=127)] = 16
    server: Annotated[int, Field(ge=0, le=16_383)] = 1
    physical: Annotated[int, Field(ge=0, le=16_383)] | None = 17
    address_bytes: Literal[1, 2, 4] | None = None
    password_file: Path | None = None
    encryption_key_file: Path | None = None
    authentication_key_file: Path | None = None
    system_title: SystemTitle = "4b4e470000000001"
    counter_register: Register = "0-0:43.1.0"
    registers: Annotated[tuple[Register, ...], Field(min_length=1, max_length=100)] = DEFAULT_REGISTERS
    reversed_zone: bool = False

    @model_validator(mode="after")
    def _reachable(self) -> "DlmsSection":
        if (self.port is None) == (self.host is None):
            raise ValueError("give `port` (a serial line) or `host` (TCP), one of them")
        if (self.encryption_key_file is None) != (self.authentication_key_file is None):
            raise ValueError("encryption_key_file and authentication_key_file go together")
        if self.password_file and self.encryption_key_file:
            raise ValueError("a password or keys, not both")
        _known((*self.registers, self.counter_register, *([self.load_profile] if self.load_profile else [])))
        return self


class Scaling(Section):
    """What a meter leaves out of its pushes: the value is its number × 10^`scaler` in `unit`."""

    scaler: Annotated[int, Field(ge=-LARGEST_SCALER, le=LARGEST_SCALER)] = 0
    unit: Annotated[str, Field(max_length=10)]

    @model_validator(mode="after")
    def _known_unit(self) -> "Scaling":
        if self.unit not in CODES:
            raise ValueError(f"unit {self.unit!r} is none of {', '.join(CODES)}")
        return self


class DlmsPushSection(MeterSection):
    """A meter that talks by itself; we only listen. Lost after three messages that did not come.

    `expect_every_s` is how often it talks; of what it says each value is stored at most once in `every_s`.
    """

    missed_polls: ClassVar[int] = 3

    type: Literal["dlms_push"]
    port: Port
    baud: Baud = 2400
    parity: Parity = "N"
    every_s: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    expect_every_s: Seconds = 10.0
    encryption_key_file: Path | None = None
    authentication_key_file: Path | None = None
    scales: Annotated[dict[Register, Scaling], Field(max_length=100)] = {}
    reversed_zone: bool = False

    @model_validator(mode="after")
    def _sensible(self) -> "DlmsPushSection":
        if self.authentication_key_file and not self.encryption_key_file:
            raise ValueError("authentication_key_file wants an encryption_key_file beside it")
        _known(tuple(self.scales))
        return self

    def deadlines(self) -> dict[str, float]:
        """Three messages that did not come, and a little for the line."""
        return {self.id: self.missed_polls * self.expect_every_s + 5}
