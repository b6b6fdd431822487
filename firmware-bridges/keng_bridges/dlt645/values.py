"""What the data of an answer says: exact decimals from BCD, times, and the few texts a technician asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from keng_bridges.dlt645.frame import Frame
from keng_bridges.dlt645.registers import Register, layout
from keng_bridges.iec62056_21.obis import Obis, base_unit
from keng_bridges.values import Measurement
from keng_wire.quantities import UNITS

ERRORS: Final = (
    "other error",
    "no such data",
    "wrong password or no right",
    "the speed cannot be changed",
    "too many year zones",
    "too many day periods",
    "too many tariffs",
)
"""Bits of the error byte, lowest first (DL/T645-2007 clause 7, ERR)."""

_ABSENT: Final = frozenset((0xFF,))  # what meters put where a phase or a rate does not exist


@dataclass(frozen=True, slots=True)
class Item:
    """One value under an identifier: number and unit as the meter shows them, and what is stored."""

    number: Decimal
    unit: str
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Values:
    """What one identifier holds; `problems` are values that are no decimal digits, `rest` bytes nobody understood."""

    items: tuple[Item, ...] = ()
    problems: tuple[str, ...] = ()
    rest: bytes = b""

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The values to store."""
        return tuple(item.measurement for item in self.items)


@dataclass(slots=True)
class _Taken:
    items: list[Item] = field(default_factory=list[Item])
    problems: list[str] = field(default_factory=list[str])


def identifier(frame: Frame) -> str:
    """The data identifier of a request or answer as it is written, high byte first; empty if it has none."""
    size = 4 if frame.function in (0x11, 0x12) else 2 if frame.function in (0x01, 0x02) else 0
    if frame.is_error or len(frame.data) < size:
        return ""
    return frame.data[:size][::-1].hex().upper()


def decode(di: str, data: bytes) -> Values:
    """The values under `di`; never raises. A value that is absent (all FF) is left out, one that is wrong named."""
    taken, at = _Taken(), 0
    for register in layout(di):
        size = register.size + (5 if register.timed else 0)
        piece = data[at : at + size]
        if len(piece) < size or (len(di) == 4 and piece[0] == 0xAA):  # 1997: AA ends a block
            break
        at += size
        _take(register, piece, taken)
    return Values(tuple(taken.items), tuple(taken.problems), data[at:])


def moment(data: Sequence[int]) -> datetime | None:
    """Five bytes, minute first: `mm hh DD MM YY`; None for an empty or impossible one."""
    try:
        minute, hour, day, month, year = (int(f"{byte:02x}") for byte in data[:5])
        return datetime(2000 + year, month, day, hour, minute)
    except ValueError:
        return None


def _take(register: Register, piece: bytes, taken: _Taken) -> None:
    digits = bytearray(reversed(piece[: register.size]))
    if set(digits) <= _ABSENT:
        return
    negative = register.signed and digits[0] & 0x80
    if negative:
        digits[0] &= 0x7F
    if not digits.hex().isdecimal():
        taken.problems.append(f"{register.code}: {piece.hex()} is no decimal number")
        return
    number = Decimal(int(digits.hex())).scaleb(-register.decimals)
    number = -number if negative else number
    base, factor = base_unit(register.unit)
    quantity = Obis(register.obis, str(register.history) if register.history else None).quantity
    named = quantity if quantity is not None and UNITS[quantity] == base else None
    at = moment(piece[register.size :]) if register.timed else None
    raw = piece[: register.size][::-1].hex()
    taken.items.append(
        Item(number, register.unit, Measurement(named, number * factor, base, obis=register.code, raw=raw, at=at))
    )
