"""Improv over a serial port: tells a board its Wi-Fi, on the same UART that it speaks its own language on.

Packet: `IMPROV`, version 1, type, length, data, check; the check is the sum of all bytes before it, modulo 256 (Improv
Wi-Fi, Serial; https://www.improv-wifi.com/serial/). Read by length, because a password may hold a brace or an LF. A
single wrong bit always changes the sum; two can cancel each other. A password is never shown and never logged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from keng_bridges.errors import FrameError, PayloadError
from keng_bridges.recording import Damaged, Decoded

HEADER: Final = b"IMPROV\x01"
LONGEST: Final = len(HEADER) + 2 + 255 + 1
STATES: Final = {1: "authorization_required", 2: "ready", 3: "provisioning", 4: "provisioned"}
ERRORS: Final = {
    0: "none",
    1: "bad_packet",
    2: "unknown_command",
    3: "cannot_connect",
    4: "not_authorized",
    0xFF: "unknown",
}
INFO: Final = ("firmware", "version", "chip", "name")


class Kind(IntEnum):
    """What a packet is; results and states come from the board."""

    STATE = 1
    ERROR = 2
    COMMAND = 3
    RESULT = 4


class Command(IntEnum):
    """What a board can be asked."""

    WIFI = 1
    STATE = 2
    INFO = 3
    SCAN = 4


@dataclass(frozen=True, slots=True)
class Packet:
    """One undamaged packet. Its data may hold a password, so they are no part of its text."""

    kind: int
    data: bytes

    def __repr__(self) -> str:
        return f"Packet(kind={self.kind}, {len(self.data)} bytes)"


def encode(kind: Kind, data: bytes) -> bytes:
    """A packet; `ValueError` beyond 255 bytes of data."""
    if len(data) > 255:
        raise ValueError(f"Improv packet of {len(data)} bytes")
    body = HEADER + bytes([kind, len(data)]) + data
    return body + bytes([sum(body) & 0xFF])


def command(asked: Command, data: bytes = b"") -> bytes:
    """A command; INFO, SCAN and STATE have no data."""
    return encode(Kind.COMMAND, bytes([asked, min(len(data), 255)]) + data)


def wifi(ssid: str, password: str) -> bytes:
    """The command that gives a board its Wi-Fi; both texts are UTF-8 of at most 250 bytes together."""
    texts = [text.encode() for text in (ssid, password)]
    return command(Command.WIFI, b"".join(bytes([len(text)]) + text for text in texts))


def strings(packet: Packet) -> tuple[int, tuple[str, ...]]:
    """The command that a result answers and its strings; `PayloadError` where the lengths do not fit."""
    data = packet.data
    if packet.kind != Kind.RESULT or len(data) < 2 or data[1] != len(data) - 2:
        raise PayloadError(f"no Improv result: {packet!r}")
    found, at = list[str](), 2
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise PayloadError(f"a string of {data[at]} bytes goes over the end of {packet!r}")
        found.append(data[at + 1 : end].decode("utf-8", "replace"))
        at = end
    return data[0], tuple(found)


class PacketReader:
    """Finds packets in whatever a board says; what is no packet (its log, its frames) is passed over.

    A packet that was cut holds those behind it back until as many bytes have come as it announced, 256 at most.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are whole now."""
        self._held += data
        while (at := self._held.find(HEADER)) >= 0:
            self._held = self._held[at:]
            packet, length = _first(self._held)
            if not length:
                return
            self._held = self._held[length:]
            if packet is None:
                self.damaged += 1
            else:
                yield packet
        self._held = self._held[-len(HEADER) + 1 :]


def _first(data: bytes) -> tuple[Packet | None, int]:
    """The packet at the start and its length; 0 while it is not whole, None and the header's length if damaged."""
    if len(data) < len(HEADER) + 2:
        return None, 0
    end = len(HEADER) + 2 + data[len(HEADER) + 1]
    if len(data) <= end:
        return None, 0
    if sum(data[:end]) & 0xFF != data[end]:
        return None, len(HEADER)
    return Packet(data[len(HEADER)], data[len(HEADER) + 2 : end]), end + 1


def decode(data: bytes) -> Packet:
    """Exactly one packet; `FrameError` if it is cut or damaged."""
    packet, length = _first(data) if data.startswith(HEADER) else (None, 0)
    if packet is None or length != len(data):
        raise FrameError(f"{len(data)} bytes that are no Improv packet")
    return packet


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """All packets of a recording; a password in it is not shown. Raises nothing, whatever the bytes."""
    at = data.find(HEADER)
    while at >= 0:
        packet, length = _first(data[at : at + LONGEST])
        if packet is None:
            yield Damaged(at, "an Improv packet whose length or check is wrong")
        else:
            yield Decoded(at, facts=_facts(packet))
        at = data.find(HEADER, at + (length or len(HEADER)))


def _facts(packet: Packet) -> Mapping[str, object]:
    first = packet.data[0] if packet.data else None
    match packet.kind:
        case Kind.STATE:
            return {"type": "state", "state": STATES.get(first or 0, "unknown")}
        case Kind.ERROR:
            return {"type": "error", "error": "unknown" if first is None else ERRORS.get(first, "unknown")}
        case Kind.COMMAND:
            return {"type": "command", "command": _name(first)}
        case Kind.RESULT:
            return _result(packet)
        case _:
            return {"type": packet.kind}


def _result(packet: Packet) -> Mapping[str, object]:
    try:
        asked, texts = strings(packet)
    except PayloadError as error:
        return {"type": "result", "problem": str(error)}
    if asked == Command.INFO:
        return {"type": "result", "command": "info", **dict(zip(INFO, texts, strict=False))}
    return {"type": "result", "command": _name(asked), "strings": list(texts)}


def _name(asked: int | None) -> str:
    return Command(asked).name.lower() if asked in tuple(Command) else "unknown"
