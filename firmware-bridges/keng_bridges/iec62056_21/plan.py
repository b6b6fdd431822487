"""What to read from one meter, and the words that a session and its port exchange."""

import re
from dataclasses import dataclass
from datetime import datetime

from keng_bridges.checksums import bcc
from keng_bridges.errors import BridgeError
from keng_bridges.iec62056_21.profile import LoadProfile
from keng_bridges.iec62056_21.readout import Readout

SOH, STX, ETX, EOT, ACK, NAK = b"\x01", b"\x02", b"\x03", b"\x04", b"\x06", b"\x15"
SPEEDS_C = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200}
SPEEDS_B = {"A": 600, "B": 1200, "C": 2400, "D": 4800, "E": 9600, "F": 19200}
BREAK = SOH + b"B0" + ETX + b"\x71"

_READ = re.compile(r"[0-9CFLP.:*&-]{1,20}")


@dataclass(frozen=True, slots=True)
class Ident:
    """What the meter says first: maker, speed letter, model; `offers_hdlc` if it can do mode E."""

    maker: str
    letter: str
    model: str

    @property
    def offers_hdlc(self) -> bool:
        """Whether the model begins with the escape `\\2` (mode E, IEC 62056-21 annex E)."""
        return self.model.startswith("\\2")


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes to write now; a change of speed that follows waits until they have left."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """The speed from now on, in baud."""

    baud: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The reading is complete; `profile` is what a plan with a `span` asked for."""

    readout: Readout
    profile: LoadProfile | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The reading has failed; the error says whether trying again can help."""

    error: BridgeError


Output = Send | SetSpeed | Finished | Failed


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a load profile: `code` (P.01) from `since` to `until`, both as the meter's own clock would show them.

    `command` is R5, or R6 for a meter that sends `rows` at a time and waits for each piece to be confirmed.
    """

    code: str
    since: datetime
    until: datetime
    command: str = "R5"
    rows: int = 48

    def __post_init__(self) -> None:
        if self.command not in ("R5", "R6") or not _READ.fullmatch(self.code) or not 1 <= self.rows <= 9999:
            raise ValueError(f"a load profile is read by R5 or R6, not {self.command} {self.code!r}")

    @property
    def data(self) -> str:
        """`P.01(0yymmddhhmm;0yymmddhhmm)`: 0 for a time without summer time."""
        span = f"0{self.since:%y%m%d%H%M};0{self.until:%y%m%d%H%M}"
        return f"{self.code}({span};{self.rows})" if self.command == "R6" else f"{self.code}({span})"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one meter.

    With `registers` the meter is read one code at a time in programming mode, by `command` R1 or R5 and after
    `password` where the meter wants one (`P2` for a password the caller has already enciphered); with `span` a piece
    of its load profile. There is no way to ask for a write. `fastest` limits the speed that is accepted from the
    meter. `baud` is the speed to begin with: 300 by the standard, another one on some RS-485 lines.
    """

    address: str = ""
    registers: tuple[str, ...] = ()
    span: Span | None = None
    password: str | None = None
    password_command: str = "P1"  # noqa: S105  the name of a command
    command: str = "R1"
    pushes: bool = False
    fastest: int = 19200
    baud: int = 300

    def __post_init__(self) -> None:
        if self.command not in ("R1", "R5") or self.password_command not in ("P1", "P2"):
            raise ValueError("a meter is only read: command R1 or R5, password P1 or P2")
        if not re.fullmatch(r"[0-9A-Za-z ]{0,32}", self.address):
            raise ValueError(f"meter address {self.address!r}: at most 32 letters, digits and spaces")
        if self.span is not None and self.registers:
            raise ValueError("either registers or a piece of the load profile are read, not both at once")
        for code in self.registers:
            if not _READ.fullmatch(code):
                raise ValueError(f"register {code!r} is not an OBIS code")
        if self.password is not None and not re.fullmatch(r"[!-'*-~ ]{1,32}", self.password):
            raise ValueError("the password holds 1 to 32 printable characters and no brackets")

    @property
    def programming(self) -> bool:
        """Whether programming mode is needed."""
        return bool(self.registers) or self.span is not None

    def question(self, number: int) -> tuple[str, str]:
        """Command and data of one read, and an empty command behind the last one."""
        if self.span is not None:
            return (self.span.command, self.span.data) if number == 0 else ("", "")
        return (self.command, f"{self.registers[number]}()") if number < len(self.registers) else ("", "")


def command(name: str, data: str) -> bytes:
    """A programming command with its block check, `SOH R1 STX 1.8.0() ETX BCC`; `ValueError` for one that writes."""
    if name not in ("P1", "P2", "R1", "R5", "R6") or not (data.isascii() and data.isprintable()):
        raise ValueError(f"a meter is only read: not by {name!r}")
    body = name.encode("ascii") + STX + data.encode("ascii") + ETX
    return SOH + body + bytes([bcc(body)])
