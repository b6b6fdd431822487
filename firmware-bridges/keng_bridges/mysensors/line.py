"""Lines of the MySensors serial API 2.x: `node;child;command;ack;type;payload` and LF.

There is no check in a line: a changed bit in a digit is another number, so an alarm is asked for again (`request`)
before anybody outside the house hears of it. All else that a line can be wrong in is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from keng_bridges.errors import FrameError
from keng_bridges.json_text import number
from keng_bridges.mysensors.types import (
    BROADCAST,
    I_BATTERY_LEVEL,
    I_CONFIG,
    I_HEARTBEAT_REQUEST,
    I_VERSION,
    NAMES,
    QUANTITIES,
    V_TRIPPED,
    Command,
)
from keng_bridges.values import Measurement

LONGEST: Final = 512  # bytes of a line; a radio payload has 25, the gateway's own log lines are longer
_FIELDS: Final = 6


@dataclass(frozen=True, slots=True)
class Message:
    """One line. `name` is the type in words (`V_TRIPPED`), or its number if it is newer than this table."""

    node: int
    child: int
    command: Command
    ack: bool
    type: int
    payload: str

    @property
    def name(self) -> str:
        """The type in words."""
        names = NAMES[self.command]
        return names[self.type] if self.type < len(names) else str(self.type)

    @property
    def tripped(self) -> bool | None:
        """Whether a sensor says that it is tripped; None if this line says nothing of it, or nothing understood."""
        if self.command is not Command.SET or self.type != V_TRIPPED or self.ack:
            return None
        return {"1": True, "0": False}.get(self.payload)

    @property
    def measurement(self) -> Measurement | None:
        """The value in this line; an `ack` is our own words come back."""
        if self.ack:
            return None
        battery = ("battery", "%", 1) if self.type == I_BATTERY_LEVEL else None
        found = {Command.SET: QUANTITIES.get(self.type), Command.INTERNAL: battery}.get(self.command)
        value = number(self.payload)
        return (
            Measurement(found[0], value * found[2], found[1], raw=self.payload) if found and value is not None else None
        )


class Splitter:
    """Cuts a stream into lines; never holds more than the beginning of one."""

    def __init__(self) -> None:
        self.damaged = 0
        self._held = b""

    def received(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete; damaged lines are counted."""
        for piece in data.splitlines(keepends=True):
            line = (self._held + piece).lstrip(b"\0")[: LONGEST + 1]
            ended = piece.endswith((b"\n", b"\r"))
            self._held = b"" if ended else line
            if ended and line.strip(b"\r\n"):
                try:
                    yield decode(line)
                except FrameError:
                    self.damaged += 1


def decode(line: bytes) -> Message:
    """One line, with or without its end; raises `FrameError`."""
    # Only NULs are cut off: they are what an Arduino's reset puts on the line, three bits away from any digit. What
    # else stands before the first digit may have been a digit.
    text = line.rstrip(b"\r\n").lstrip(b"\0")
    if len(text) > LONGEST:
        raise FrameError(f"a line of more than {LONGEST} bytes")
    parts = text.split(b";", _FIELDS - 1)
    if len(parts) != _FIELDS:
        raise FrameError(f"{len(parts)} fields, {_FIELDS} were expected: {text[:40]!r}")
    node, child, command, ack, kind = (_field(part, text) for part in parts[:5])
    if command not in set(Command) or ack > 1:
        raise FrameError(f"no such command or ack: {text[:40]!r}")
    try:
        payload = parts[5].decode("utf-8")
    except UnicodeDecodeError:
        raise FrameError(f"the payload is no text: {text[:40]!r}") from None
    if any(ord(character) < 32 or ord(character) == 127 for character in payload):
        raise FrameError(f"control characters in the payload: {text[:40]!r}")
    message = Message(node, child, Command(command), bool(ack), kind, payload)
    if message.command is Command.SET and kind == V_TRIPPED and payload not in ("0", "1"):
        raise FrameError(f"tripped is neither 0 nor 1: {text[:40]!r}")
    return message


def request(node: int, child: int, kind: int = V_TRIPPED) -> bytes:
    """Ask a child how it stands (command 2); a sketch that does not answer such questions is silent."""
    return f"{node};{child};{int(Command.REQ)};0;{kind};\n".encode()


def ask_version() -> bytes:
    """Ask the gateway for its version: the sign of life of the cable."""
    return f"0;{BROADCAST};{int(Command.INTERNAL)};0;{I_VERSION};\n".encode()


def ask_heartbeat(node: int) -> bytes:
    """Ask a node that listens for its heartbeat."""
    return f"{node};{BROADCAST};{int(Command.INTERNAL)};0;{I_HEARTBEAT_REQUEST};\n".encode()


def answer_config(node: int) -> bytes:
    """Tell a node that asked to speak metric."""
    return f"{node};{BROADCAST};{int(Command.INTERNAL)};0;{I_CONFIG};M\n".encode()


def _field(part: bytes, text: bytes) -> int:
    if not part.isdigit() or len(part) > 3 or int(part) > 255 or (len(part) > 1 and part.startswith(b"0")):
        raise FrameError(f"a field is no number from 0 to 255: {text[:40]!r}")
    return int(part)
