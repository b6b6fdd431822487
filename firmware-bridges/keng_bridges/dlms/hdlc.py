"""HDLC frames of DLMS/COSEM (IEC 62056-46 clause 6.4): format type 3, read by their length, without byte stuffing."""

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True)
class Found:
    """A frame that begins at byte `offset` of everything that was received."""

    offset: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes from `offset` on that are no undamaged frame."""

    offset: int
    error: str


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
    header = _header(body)
    if header is None or len(body) != _announced(body):
        raise FrameError(f"frame of {len(body)} bytes, announced are {_announced(body) if len(body) > 1 else '?'}")
    if _check(body[:-2]) != body[-2:]:
        raise FrameError("wrong frame check (FCS)")
    target, source, end = header
    information = body[end + 3 : -2] if len(body) > end + 3 else b""
    return Frame(target, source, body[end], information, bool(body[0] & 0x08))


class FrameReader:
    """Finds frames in a stream. Bytes that are no frame are reported, never repaired; at most one frame is held."""

    def __init__(self) -> None:
        self._buffer = b""
        self._offset = 0
        self._noise: Lost | None = None

    @property
    def waiting(self) -> int:
        """Bytes that may become a frame."""
        return len(self._buffer)

    def received(self, data: bytes) -> Iterator[Found | Lost]:
        """The frames that are complete with these bytes, and what is lost."""
        for at in range(0, len(data), LONGEST):  # in pieces, so that what is held stays small
            self._buffer += data[at : at + LONGEST]
            yield from self._search(final=False)

    def ended(self) -> Iterator[Found | Lost]:
        """Nothing more comes: what is waiting is no frame, but a whole one may stand behind its beginning."""
        yield from self._search(final=True)
        if self._noise is not None:
            yield self._noise
            self._noise = None

    def _search(self, final: bool) -> Iterator[Found | Lost]:
        while self._buffer:
            start = self._buffer.find(FLAG)
            if start != 0:
                self._drop(len(self._buffer) if start < 0 else start, "no frame")
                continue
            if self._lone_flag(final):
                self._skip(1)
                continue
            try:
                frame = self._frame()
            except FrameError as error:
                self._drop(1, str(error))
                continue
            if frame is not None:
                yield from self._found(frame)
            elif final:
                self._drop(1, f"cut off after {len(self._buffer)} bytes")
            else:
                return

    def _lone_flag(self, final: bool) -> bool:
        """Flags may stand alone between frames, and one flag may end a frame and begin the next."""
        return self._buffer[1] >> 4 != 0xA if len(self._buffer) > 1 else final

    def _found(self, frame: Frame) -> Iterator[Found | Lost]:
        if self._noise is not None:
            yield self._noise
            self._noise = None
        yield Found(self._offset, frame)
        self._skip(frame.length + 1)

    def _frame(self) -> Frame | None:
        """The frame at the flag, None while bytes are missing. A wrong header is not waited for."""
        body = self._buffer[1:]
        if _header(body) is None or len(body) <= _announced(body):
            return None
        if body[_announced(body)] != FLAG:
            raise FrameError("no flag where the frame ends")
        return decode(body[: _announced(body)])

    def _drop(self, count: int, error: str) -> None:
        self._noise = self._noise or Lost(self._offset, error)
        self._skip(count)

    def _skip(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count


def _announced(body: bytes) -> int:
    return int.from_bytes(body[:2], "big") & LONGEST


def _header(body: bytes) -> tuple[bytes, bytes, int] | None:
    """Both addresses and the place of the control byte, once the header check holds; None while bytes are missing."""
    if len(body) < 2:
        return None
    if body[0] >> 4 != 0xA or _announced(body) < _SHORTEST:
        raise FrameError(f"no frame header: {body[:2].hex()}")
    target = _address(body, 2)
    source = _address(body, 2 + len(target)) if target else None
    if target is None or source is None:
        return None
    end = 2 + len(target) + len(source)
    if _announced(body) == end + 3:
        return target, source, end
    if _announced(body) <= end + 5:
        raise FrameError(f"no room for {_announced(body)} bytes in a frame with this header")
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
