"""The fixed data structure of older meters: two counters with a unit byte each (EN 13757-3:2004 annex G)."""

from decimal import Decimal
from typing import Final

from keng_bridges.errors import PayloadError
from keng_bridges.mbus.records import FUNCTIONS, Record

FIXED: Final = 0x73
SIZE: Final = 16
_BINARY, _HISTORIC = 0x01, 0x02
_SAME_AS_FIRST: Final = 0x3E
_STEPS: Final = (
    (0x02, "Wh", 0, 9),
    (0x0B, "J", 3, 9),
    (0x14, "W", 0, 9),
    (0x1D, "J/h", 3, 9),
    (0x26, "m3", -6, 9),
    (0x2F, "m3/h", -6, 9),
)
"""First code, unit, power of ten there, and how many codes of a step of ten each."""


def read_fixed(data: bytes) -> tuple[str, int, int, int, tuple[Record, ...]]:
    """Number, access number, status, medium and both counters; `PayloadError` for another length."""
    if len(data) != SIZE:
        raise PayloadError(f"a fixed data structure of {len(data)} bytes")
    status = data[5]
    medium = data[6] >> 6 | data[7] >> 6 << 2
    records: list[Record] = []
    first = data[6] & 0x3F
    for place, code in ((8, first), (12, data[7] & 0x3F)):
        historic = code == _SAME_AS_FIRST or (place == 12 and bool(status & _HISTORIC))
        unit, exponent = _unit(first if code == _SAME_AS_FIRST else code)
        counter = data[place : place + 4]
        digits = counter[::-1].hex()
        binary = bool(status & _BINARY)
        number = (
            int.from_bytes(counter, "little", signed=True) if binary else int(digits) if digits.isdecimal() else None
        )
        value = None if number is None else Decimal(number).scaleb(exponent)
        records.append(Record(FUNCTIONS[0], int(historic), None, None, "COUNTER", unit, (), value, counter))
    return data[3::-1].hex().upper(), data[4], status, medium, tuple(records)


def _unit(code: int) -> tuple[str, int]:
    for start, unit, exponent, count in _STEPS:
        if start <= code < start + count:
            return unit, exponent + code - start
    return "1", 0
