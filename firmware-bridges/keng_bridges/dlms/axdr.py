"""A-XDR: the values that DLMS/COSEM sends (IEC 61334-6, types of IEC 62056-6-2 clause 4.1.5)."""

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from keng_bridges.errors import FrameError, PayloadError

DEEPEST = 10
"""Most arrays and structures within one another."""
MOST = 20_000
"""Most values in one message: a short message must not become a large tree."""

OCTET_STRING: Final = 0x09
_ARRAY, _STRUCTURE, _COMPACT = 0x01, 0x02, 0x13
_NOTHING: Final = (0x00, 0xFF)


class Array(tuple["Data", ...]):
    """Values of one type."""


class Structure(tuple["Data", ...]):
    """Values of different types that belong together."""


class BitString(str):
    """Bits as `0` and `1`, in the order in which they were sent."""


class Enumerated(int):
    """A number that stands for a word, as the unit of a register."""


Data: TypeAlias = bool | int | Decimal | bytes | str | Array | Structure | None
"""One value. Octet strings, date-times, dates and times are `bytes`; floats are the shortest `Decimal` that is them."""

_Description: TypeAlias = int | tuple[int, int, "_Description"] | tuple[int, list["_Description"]]


class Cursor:
    """A place in the bytes of one message; what would lie beyond their end is a `FrameError`."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position
        self.values = 0

    @property
    def left(self) -> int:
        """How many bytes are not read yet."""
        return len(self.data) - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise FrameError(f"{count} bytes announced at {self.position}, {self.left} are there")
        self.position += count
        return self.data[self.position - count : self.position]

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self, size: int) -> int:
        """The next `size` bytes as an unsigned number."""
        return int.from_bytes(self.take(size), "big")

    def length(self) -> int:
        """A length: one byte below 0x80, else the number of bytes that follow and these."""
        first = self.byte()
        if first < 0x80:
            return first
        if not 0x81 <= first <= 0x84:
            raise FrameError(f"length of {first & 0x7F} bytes at {self.position - 1}")
        return self.number(first & 0x7F)

    def octets(self) -> bytes:
        """A length and as many bytes."""
        return self.take(self.length())

    def count(self) -> None:
        """One more value; `PayloadError` when there are too many."""
        self.values += 1
        if self.values > MOST:
            raise PayloadError(f"more than {MOST} values in one message")


def length_of(size: int) -> bytes:
    """A length as it is sent."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def decode(data: bytes) -> Data:
    """The one value that these bytes are; raises `FrameError` and `PayloadError`, also for bytes behind it."""
    cursor = Cursor(data)
    value = read(cursor)
    if cursor.left:
        raise FrameError(f"{cursor.left} bytes behind the value")
    return value


def read(cursor: Cursor, depth: int = 0) -> Data:
    """The value at the cursor, with its tag."""
    return _value(cursor.byte(), cursor, depth)


def _value(tag: int, cursor: Cursor, depth: int) -> Data:
    cursor.count()
    if tag in (_ARRAY, _STRUCTURE):
        if depth >= DEEPEST:
            raise PayloadError(f"more than {DEEPEST} values within one another")
        items = (read(cursor, depth + 1) for _ in range(cursor.length()))
        return Array(items) if tag == _ARRAY else Structure(items)
    if tag == _COMPACT:
        return _compact(cursor, depth)
    if tag not in _SIMPLE:
        raise PayloadError(f"type 0x{tag:02X} at {cursor.position - 1} is not known")
    return _SIMPLE[tag](cursor)


# -- compact array: the types once, then the values without tags


def _compact(cursor: Cursor, depth: int) -> Array:
    kind = _description(cursor, depth)
    content = Cursor(cursor.octets())
    content.values = cursor.values
    items: list[Data] = []
    while content.left:
        before = content.position
        items.append(_described(kind, content, depth + 1))
        if content.position == before:
            raise PayloadError("a compact array of empty values")
    cursor.values = content.values
    return Array(items)


def _description(cursor: Cursor, depth: int) -> _Description:
    if depth >= DEEPEST:
        raise PayloadError(f"more than {DEEPEST} types within one another")
    cursor.count()
    tag = cursor.byte()
    if tag == _ARRAY:
        return tag, cursor.number(2), _description(cursor, depth + 1)
    if tag == _STRUCTURE:
        return tag, [_description(cursor, depth + 1) for _ in range(cursor.length())]
    return tag


def _described(kind: _Description, cursor: Cursor, depth: int) -> Data:
    if isinstance(kind, int):
        return _value(kind, cursor, depth)
    cursor.count()
    if len(kind) == 3:
        return Array(_described(kind[2], cursor, depth + 1) for _ in range(kind[1]))
    return Structure(_described(part, cursor, depth + 1) for part in kind[1])


# -- simple types


def _integer(size: int, signed: bool) -> Callable[[Cursor], int]:
    return lambda cursor: int.from_bytes(cursor.take(size), "big", signed=signed)


def _octets(size: int) -> Callable[[Cursor], bytes]:
    return lambda cursor: cursor.take(size)


def _bits(cursor: Cursor) -> BitString:
    length = cursor.length()
    octets = cursor.take((length + 7) // 8)
    return BitString("".join(f"{octet:08b}" for octet in octets)[:length])


def _bcd(cursor: Cursor) -> int:
    octet = cursor.byte()
    if octet & 0x0F > 9 or octet >> 4 > 9:
        raise PayloadError(f"0x{octet:02X} is no decimal digit pair")
    return (octet >> 4) * 10 + (octet & 0x0F)


def _text(encoding: str) -> Callable[[Cursor], str]:
    def read_text(cursor: Cursor) -> str:
        octets = cursor.octets()
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            raise PayloadError(f"not {encoding}: {octets[:40]!r}") from None

    return read_text


def _float(code: str, digits: int) -> Callable[[Cursor], Decimal | None]:
    def read_float(cursor: Cursor) -> Decimal | None:
        octets = cursor.take(struct.calcsize(code))
        number: float = struct.unpack(code, octets)[0]
        if not math.isfinite(number):
            return None
        texts = (f"{number:.{length}g}" for length in range(1, digits))
        return Decimal(next((text for text in texts if _packed(code, text) == octets), f"{number:.{digits}g}"))

    return read_float


def _packed(code: str, text: str) -> bytes | None:
    try:
        return struct.pack(code, float(text))
    except OverflowError:
        return None


_SIMPLE: Final[dict[int, Callable[[Cursor], Data]]] = {
    **dict.fromkeys(_NOTHING, lambda _: None),
    0x03: lambda cursor: cursor.byte() != 0,
    0x04: _bits,
    0x05: _integer(4, True),
    0x06: _integer(4, False),
    OCTET_STRING: Cursor.octets,
    0x0A: _text("latin-1"),
    0x0C: _text("utf-8"),
    0x0D: _bcd,
    0x0F: _integer(1, True),
    0x10: _integer(2, True),
    0x11: _integer(1, False),
    0x12: _integer(2, False),
    0x14: _integer(8, True),
    0x15: _integer(8, False),
    0x16: lambda cursor: Enumerated(cursor.byte()),
    0x17: _float(">f", 9),
    0x18: _float(">d", 17),
    0x19: _octets(12),
    0x1A: _octets(5),
    0x1B: _octets(4),
}
