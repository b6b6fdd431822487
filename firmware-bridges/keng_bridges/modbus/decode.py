"""From registers and bits to values: which requests to make, and what their answers mean. No port in here."""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from keng_bridges.modbus.profile import Coded, Input, Profile, Register
from keng_bridges.values import Condition, Mark, Measurement, PointReport, Quality
from keng_wire.quantities import UNITS

Image = Mapping[tuple[int, int], int]
"""What was read: (function, wire address) → register 0…65535, or bit 0 or 1."""

LARGEST_EXPONENT = 12
_FORMATS = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "float32": ">f",
    "int64": ">q",
    "uint64": ">Q",
    "float64": ">d",
}


@dataclass(frozen=True, slots=True)
class Read:
    """One request: `count` registers or bits from `address` on the wire."""

    function: int
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What one device said in one round; `problems` are registers that could not be used, with the reason."""

    measurements: tuple[Measurement, ...] = ()
    points: tuple[PointReport, ...] = ()
    problems: tuple[str, ...] = ()


def plan(profile: Profile) -> tuple[Read, ...]:
    """The fewest requests of at most `longest` registers that fetch everything, holes of up to `gap` included."""
    spans: list[tuple[int, int, int]] = [(r.function, r.wire, r.words) for r in profile.registers]
    spans += [(f.function, f.wire, f.words) for f in profile.factors.values()]
    spans += [(i.function, i.wire, 1) for i in profile.inputs]
    reads: list[Read] = []
    for function, address, words in sorted(set(spans)):
        last = reads[-1] if reads else None
        end = address + words
        if (
            last is not None
            and last.function == function
            and address <= last.address + last.count + profile.gap
            and end - last.address <= profile.longest
        ):
            reads[-1] = Read(function, last.address, max(last.count, end - last.address))
        else:
            reads.append(Read(function, address, words))
    return tuple(reads)


def image(read: Read, values: Sequence[int | bool]) -> dict[tuple[int, int], int]:
    """The answer to one request as a part of an image; bits beyond the request (padding of the byte) are dropped."""
    return {(read.function, read.address + n): int(value) for n, value in enumerate(values[: read.count])}


def decode(profile: Profile, data: Image) -> Sample:
    """Everything the image tells. A register that was not read or is not a number becomes a problem, never a zero."""
    factors = _factors(profile, data)
    measurements: list[Measurement] = []
    problems: list[str] = []
    for register in profile.registers:
        try:
            value = _value(register, data)
            scaled = value * register.scale * math.prod((factors(name) for name in register.times), start=Decimal(1))
        except _Unusable as unusable:
            problems.append(f"{register.label}: {unusable}")
        else:
            measurements.append(_measurement(register, scaled, f"{value:f}"))
    names = dict.fromkeys(i.point for i in profile.inputs)
    points = (_point(name, [i for i in profile.inputs if i.point == name], data) for name in names)
    return Sample(tuple(measurements), tuple(points), tuple(problems))


class _Unusable(Exception):
    """A register without a value; the text is the reason."""


def _factors(profile: Profile, data: Image) -> Callable[[str], Decimal]:
    def factor(name: str) -> Decimal:
        found = profile.factors[name]
        try:
            value = _value(found, data)
        except _Unusable as unusable:
            raise _Unusable(f"factor {name} {unusable}") from None
        if found.exponent:
            if value != int(value) or abs(value) > LARGEST_EXPONENT:
                raise _Unusable(f"factor {name} is no power of ten: {value}")
            return Decimal(1).scaleb(int(value)) * found.scale
        if not value:
            raise _Unusable(f"factor {name} is 0")  # a ratio that was never set would make every value 0
        return value * found.scale

    return factor


def _words(at: Coded | Input, count: int, data: Image) -> tuple[int, ...] | None:
    found = tuple(data.get((at.function, at.wire + n), -1) for n in range(count))
    return found if all(0 <= word <= 0xFFFF for word in found) else None


def _value(register: Coded, data: Image) -> Decimal:
    """The raw number; `_Unusable` if it was not read or is none."""
    words = _words(register, register.words, data)
    if words is None:
        raise _Unusable("was not read")
    ordered = words
    if register.order in ("CDAB", "DCBA"):
        ordered = ordered[::-1]
    if register.order in ("BADC", "DCBA"):
        ordered = tuple((word & 0xFF) << 8 | word >> 8 for word in ordered)
    (number,) = struct.unpack(_FORMATS[register.type], struct.pack(f">{len(ordered)}H", *ordered))
    if isinstance(number, int):
        return Decimal(number)
    if not math.isfinite(number):
        raise _Unusable(f"not a number: {words}")
    return _shortest(number, 9 if register.type == "float32" else 17)


def _shortest(number: float, digits: int) -> Decimal:
    """The shortest decimal that is this very float again: what the meter meant, not the binary tail of it."""
    code = "f" if digits == 9 else "d"
    for length in range(1, digits):
        text = f"{number:.{length}g}"
        if struct.pack(code, float(text)) == struct.pack(code, number):
            return Decimal(text)
    return Decimal(f"{number:.{digits}g}")


def _measurement(register: Register, value: Decimal, raw: str) -> Measurement:
    low, high = register.low, register.high
    outside = (low is not None and value < low) or (high is not None and value > high)
    plain = Decimal(f"{value:f}") if value else Decimal(0)
    return Measurement(
        quantity=register.quantity,
        value=plain,
        unit=_unit(register),
        quality=Quality.SUSPECT if outside else Quality.MEASURED,
        raw=raw if register.quantity else f"{register.name}={raw}",
    )


def _unit(register: Register) -> str:
    return UNITS[register.quantity] if register.quantity else register.unit or "1"


def _point(name: str, inputs: Sequence[Input], data: Image) -> PointReport:
    """An alarm in any input is an alarm; without an alarm input that was read the point is unknown, not normal."""
    bits = {i: _words(i, 1, data) for i in inputs}
    set_off = [i for i, word in bits.items() if word is not None and word[0] != i.normal]
    alarm_inputs = [i for i in inputs if i.means == "alarm"]
    if any(i.means == "alarm" for i in set_off):
        condition = Condition.ALARM
    elif alarm_inputs and all(bits[i] is not None for i in alarm_inputs):
        condition = Condition.NORMAL
    else:
        condition = Condition.UNKNOWN
    marks = frozenset(Mark(i.means) for i in set_off if i.means != "alarm")
    return PointReport(name, condition, marks, ", ".join(sorted(i.means for i in set_off)) or None)
