"""HDLC frames of DLMS/COSEM (IEC 62056-46 clause 6.4): format type 3, read by their length, without byte stuffing."""

from dataclasses import dataclass, replace
from typing import Final

from keng_bridges.checksums import crc16_x25
from keng_bridges.errors import FrameError

FLAG: Final = 0x7E
LONGEST: Final = 0x7FF
"""Bytes of a frame without its flags."""
_SHORTEST: Final = 7
_ADDRESS_SIZES: Final = (1, 2, 4)

SNRM, UA, DISC, DM, UI, FRMR = 0x93, 0x73, 0x53, 0x1F, 0x13, 0x97
"""Control bytes with the poll/final bit as they are sent."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One undamaged frame; addresses are the bytes on the wire, `segmented` says that its message goes on."""

    target: bytes
    source: bytes
    control: int
    information: bytes = b""
    segmented: bool = False

    @property
    def length(self) -> int:
        """Bytes between the flags."""
        return len(self.target) + len(self.source) + 5 + (len(self.information) + 2 if self.information else 0)


def carries_message(frame: Frame) -> bool:
    """Whether it is an information frame, numbered (I) or not (UI): all others only serve the connection."""
    return not frame.control & 0x01 or frame.control & 0xEF == UI & 0xEF


def address(upper: int, lower: int | None = None, size: int | None = None) -> bytes:
    """The bytes of an address: seven bits each, the last byte odd. A server has upper (logical) and lower (physical).

    `size` is 1, 2 or 4 bytes; without it the fewest that hold the numbers.
    """
    wide = max(upper, lower or 0) > 0x7F
    size = size or (1 if lower is None and not wide else 4 if wide else 2)
    parts = [upper] if lower is None else [upper, lower]
    each = size // len(parts)
    if size not in _ADDRESS_SIZES or each == 0 or any(not 0 <= part < 1 << 7 * each for part in parts):
        raise ValueError(f"no HDLC address of {size} bytes: {parts}")
    septets = [part >> 7 * n & 0x7F for part in parts for n in reversed(range(each))]
    return bytes(septet << 1 | (n == len(septets) - 1) for n, septet in enumerate(septets))


def encode(frame: Frame) -> bytes:
    """The frame with its flags and checks."""
    if frame.length > LONGEST:
        raise ValueError(f"{frame.length} bytes are more than a frame can hold")
    format_field = (0xA000 | frame.segmented << 11 | frame.length).to_bytes(2, "big")
    body = format_field + frame.target + frame.source + bytes([frame.control])
    if frame.information:
        body += _check(body) + frame.information
    return bytes([FLAG]) + body + _check(body) + bytes([FLAG])


def decode(body: bytes) -> Frame:
    """The frame between two flags; raises `FrameError`. Length and both checks come before anything else."""
    parts = header(body)
    if parts is None or len(body) != announced(body):
        raise FrameError(f"frame of {len(body)} bytes, announced are {announced(body) if len(body) > 1 else '?'}")
    if _check(body[:-2]) != body[-2:]:
        raise FrameError("wrong frame check (FCS)")
    target, source, end = parts
    information = body[end + 3 : -2] if len(body) > end + 3 else b""
    return Frame(target, source, body[end], information, bool(body[0] & 0x08))


def announced(body: bytes) -> int:
    """How long the frame says it is, of which at least two bytes are there."""
    return int.from_bytes(body[:2], "big") & LONGEST


def header(body: bytes) -> tuple[bytes, bytes, int] | None:
    """Both addresses and the place of the control byte, once the header check holds; None while bytes are missing."""
    if len(body) < 2:
        return None
    if body[0] >> 4 != 0xA or announced(body) < _SHORTEST:
        raise FrameError(f"no frame header: {body[:2].hex()}")
    target = _address(body, 2)
    source = _address(body, 2 + len(target)) if target else None
    if target is None or source is None:
        return None
    end = 2 + len(target) + len(source)
    if announced(body) == end + 3:
        return target, source, end
    if announced(body) <= end + 5:
        raise FrameError(f"no room for {announced(body)} bytes in a frame with this header")
    if len(body) < end + 3:
        return None
    if _check(body[: end + 1]) != body[end + 1 : end + 3]:
        raise FrameError("wrong header check (HCS)")
    return target, source, end


def _address(body: bytes, start: int) -> bytes | None:
    for size in range(1, 5):
        if len(body) < start + size:
            return None
        if body[start + size - 1] & 1:
            if size not in _ADDRESS_SIZES:
                break
            return body[start : start + size]
    raise FrameError("address longer than four bytes, or of three")


def _check(data: bytes) -> bytes:
    return crc16_x25(data).to_bytes(2, "little")


def in_segments(message: bytes, first: Frame, longest: int) -> list[Frame]:
    """The frames that carry a message of any length, at most `longest` bytes of it each."""
    parts = [message[at : at + longest] for at in range(0, len(message), longest)]
    return [replace(first, information=part, segmented=number < len(parts) - 1) for number, part in enumerate(parts)]
