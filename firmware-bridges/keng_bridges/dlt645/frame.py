"""Frames of DL/T645-2007 (clause 5.2) and -1997, checked by length and sum before anything in them is believed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from keng_bridges.errors import FrameError

START, END, PREAMBLE = 0x68, 0x16, 0xFE
HEAD, OVERHEAD = 10, 12
LONGEST_DATA = 200  # clause 5.2.5, for reading
SHIFT = 0x33
ANYBODY = "AA" * 6
READS: Final = {0x11: 4, 0x12: 5, 0x13: 0, 0x01: 2, 0x02: 2}
"""Control codes of requests that only read → least length of their data. There is no way to send another one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`address` is what stands on the meter, twelve digits; `data` is without its shift of 0x33."""

    offset: int
    address: str
    control: int
    data: bytes

    @property
    def is_answer(self) -> bool:
        """Bit 7: from the meter."""
        return bool(self.control & 0x80)

    @property
    def is_error(self) -> bool:
        """Bit 6: the meter declines."""
        return bool(self.control & 0x40)

    @property
    def more_follows(self) -> bool:
        """Bit 5."""
        return bool(self.control & 0x20)

    @property
    def function(self) -> int:
        """Bits 0 to 4: 11 read, 12 read what follows, 13 read the address; 01 and 02 in the version of 1997."""
        return self.control & 0x1F

    @property
    def end(self) -> int:
        """Where the next frame may begin."""
        return self.offset + OVERHEAD + len(self.data)


def request(control: int, address: str, data: bytes = b"") -> bytes:
    """A request with four preamble bytes; `ValueError` for a control code that does not read."""
    if control not in READS or len(data) < READS[control] or len(data) > LONGEST_DATA:
        raise ValueError(f"no request that reads: control code {control:02X} with {len(data)} bytes")
    if not re.fullmatch(r"\d{12}|A{12}", address):
        raise ValueError(f"meter address {address!r}: twelve digits")
    return bytes([PREAMBLE]) * 4 + seal(control, address, data)


def seal(control: int, address: str, data: bytes) -> bytes:
    """The bytes of a frame: address low byte first, data shifted, sum behind it; `ValueError` for one that writes."""
    if not control & 0x80 and control not in READS:
        raise ValueError(f"no request that reads: control code {control:02X}")
    head = bytes([START]) + bytes.fromhex(address)[::-1] + bytes([START, control, len(data)])
    body = head + bytes((byte + SHIFT) & 0xFF for byte in data)
    return body + bytes([sum(body) & 0xFF, END])


def parse(data: bytes, at: int = 0) -> Frame | None:
    """The frame that begins at `at`; None if more bytes are needed; `FrameError` if there is none."""
    if at >= len(data):
        return None
    if data[at] != START or data[at + 7 : at + 8] not in (b"", b"\x68"):
        raise FrameError("no frame begins here")
    if len(data) < at + HEAD:
        return None
    control, length = data[at + 8], data[at + 9]
    if not control & 0x80 and control & 0x60:
        raise FrameError(f"control code {control:02X} is none of a question nor of an answer")
    if length > LONGEST_DATA:
        raise FrameError(f"a frame of {length} data bytes")
    if len(data) < at + OVERHEAD + length:
        return None
    check, end = data[at + HEAD + length], data[at + HEAD + length + 1]
    computed = sum(data[at : at + HEAD + length]) & 0xFF
    if check != computed or end != END:
        raise FrameError(f"check sum is {check:02X}, computed {computed:02X}, last byte {end:02X}")
    shifted = data[at + HEAD : at + HEAD + length]
    address = data[at + 1 : at + 7][::-1].hex().upper()
    if not re.fullmatch(r"A*\d*", address):
        raise FrameError(f"the address {address} is no decimal number")
    return Frame(at, address, control, bytes((byte - SHIFT) & 0xFF for byte in shifted))


def frames(data: bytes) -> Iterator[Frame]:
    """All whole frames, read by their length: 0x68 and 0x16 also stand inside data."""
    at = data.find(START)
    while at >= 0:
        try:
            frame = parse(data, at)
        except FrameError:
            frame = None
        if frame is not None:
            yield frame
        at = data.find(START, at + 1 if frame is None else frame.end)
