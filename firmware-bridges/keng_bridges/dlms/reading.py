"""What is read from a meter: its identity, clock and registers, and the rows of its load profile."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from keng_bridges.dlms import clock
from keng_bridges.dlms.association import Association, Attribute
from keng_bridges.dlms.axdr import Array, Data, Structure
from keng_bridges.dlms.layouts import text_of
from keng_bridges.dlms.makers import CLOCK, METER_ID
from keng_bridges.dlms.register import GROUP_DEMAND, Register, Scale, measurement, scale_of
from keng_bridges.errors import PayloadError, Refused
from keng_bridges.values import Measurement

DATA, REGISTER, EXTENDED, DEMAND, PROFILE, CLOCK_CLASS = 1, 3, 4, 5, 7, 8
_SCALER: Final = {REGISTER: 3, EXTENDED: 3, DEMAND: 4}
_LOGICAL_NAME: Final = bytes((0, 0, 42, 0, 0, 255))
_VALUE, _BUFFER, _COLUMNS, _PERIOD = 2, 2, 3, 4
_MOST_COLUMNS: Final = 100


def class_of(obis: bytes) -> int:
    """The class that an object of that name usually has: maximum demands are extended registers, the rest registers."""
    return EXTENDED if obis[0] == 1 and obis[3] == GROUP_DEMAND else REGISTER


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading. `device` is the serial number, `at` the meter's clock, `missing` registers it does not have."""

    device: str | None
    at: datetime | None
    measurements: tuple[Measurement, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """The rows of a profile from `since` to `until` (IEC 62056-6-2, range_descriptor on the clock column)."""

    since: datetime
    until: datetime
    reversed_zone: bool = False

    def to_bytes(self) -> bytes:
        """Selector 1 and its four parameters; the last is an empty list: all columns."""
        column = b"\x02\x04\x12\x00\x08\x09\x06" + CLOCK + b"\x0f\x02\x12\x00\x00"
        times = b"".join(
            b"\x09\x0c" + clock.write(moment, reversed_zone=self.reversed_zone) for moment in (self.since, self.until)
        )
        return b"\x01\x02\x04" + column + times + b"\x01\x00"


@dataclass(slots=True)
class Scales:
    """Scaler and unit of each register never change: asked for once, kept as long as the meter is the same one."""

    device: str | None = None
    known: dict[bytes, Scale | None] = field(default_factory=dict[bytes, Scale | None])

    def keep_for(self, device: str | None) -> None:
        """Forget everything when another meter answers."""
        if device != self.device:
            self.device, self.known = device, {}


def registers(
    association: Association, wanted: Mapping[bytes, int], scales: Scales, *, reversed_zone: bool = False
) -> Generator[bytes, bytes, Reading]:
    """Identity, clock and the registers in `wanted` (logical name → class); one that is not there costs only itself."""
    device = yield from identity(association)
    scales.keep_for(device)
    time = yield from _optional(association, Attribute(CLOCK_CLASS, CLOCK, 2))
    found: list[Register] = []
    missing: list[str] = []
    for obis, kind in wanted.items():
        value = yield from _optional(association, Attribute(kind, obis, _VALUE))
        scale = yield from _scale(association, kind, obis, scales) if value is not None else _nothing()
        register = Register(obis, value, scale)
        if register.number is None:
            missing.append(register.code)
        else:
            found.append(register)
    at = clock.read(time, reversed_zone=reversed_zone) if isinstance(time, bytes) else None
    values = [measurement(register) for register in found]
    return Reading(device, at, tuple(value for value in values if value is not None), tuple(missing))


def identity(association: Association) -> Generator[bytes, bytes, str | None]:
    """The serial number, or else the logical device name."""
    for name in (METER_ID, _LOGICAL_NAME):
        text = text_of((yield from _optional(association, Attribute(DATA, name, _VALUE))))
        if text:
            return text
    return None


def invocation_counter(association: Association, obis: bytes) -> Generator[bytes, bytes, int]:
    """The last counter that the meter has seen; the public client may read it."""
    value = yield from association.get(Attribute(DATA, obis, _VALUE))
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise PayloadError("the meter's invocation counter is no number of 32 bits")
    return value


def profile(
    association: Association, obis: bytes, wanted: Range, scales: Scales
) -> Generator[bytes, bytes, tuple[Measurement, ...]]:
    """All values of a load profile in a range, each with the meter's own time; a row without a time gets none."""
    columns = yield from _columns(association, obis)
    period = yield from _optional(association, Attribute(PROFILE, obis, _PERIOD))
    buffer = yield from association.get(Attribute(PROFILE, obis, _BUFFER), wanted)
    if not isinstance(buffer, Array | Structure):
        raise PayloadError("a load profile that is no list")
    known: list[Scale | None] = []
    for kind, name, number in columns:
        worth = kind in _SCALER and number == _VALUE
        known.append((yield from _scale(association, kind, name, scales)) if worth else None)
    step = timedelta(seconds=period) if type(period) is int and 0 < period <= 86_400 else None
    return _rows(buffer, columns, known, step, wanted.reversed_zone)


# -- inside


def _columns(association: Association, obis: bytes) -> Generator[bytes, bytes, list[tuple[int, bytes, int]]]:
    value = yield from association.get(Attribute(PROFILE, obis, _COLUMNS))
    columns: list[tuple[int, bytes, int]] = []
    for item in value if isinstance(value, Array | Structure) else ():
        if isinstance(item, Structure) and len(item) >= 3:
            kind, name, number = item[:3]
            if type(kind) is int and isinstance(name, bytes) and len(name) == 6 and type(number) is int:
                columns.append((kind, name, number))
                continue
        raise PayloadError("a column of the load profile that is no object")
    if not 0 < len(columns) <= _MOST_COLUMNS:
        raise PayloadError(f"a load profile of {len(columns)} columns")
    return columns


def _rows(
    buffer: Sequence[Data],
    columns: Sequence[tuple[int, bytes, int]],
    scales: Sequence[Scale | None],
    step: timedelta | None,
    reversed_zone: bool,
) -> tuple[Measurement, ...]:
    values: list[Measurement] = []
    at: datetime | None = None
    for row in buffer:
        if not isinstance(row, Structure) or len(row) != len(columns):
            raise PayloadError("a row of the load profile that does not fit its columns")
        at = _time(row, columns, at, step, reversed_zone)
        for value, (kind, name, number), scale in zip(row, columns, scales, strict=True):
            if kind in _SCALER and number == _VALUE:
                made = measurement(Register(name, value, scale), at)
                values += [made] if made is not None else []
    return tuple(values)


def _time(
    row: Structure,
    columns: Sequence[tuple[int, bytes, int]],
    before: datetime | None,
    step: timedelta | None,
    reversed_zone: bool,
) -> datetime | None:
    """The row's time. A meter may leave it out when it is one period after the row before."""
    for value, (kind, _, _) in zip(row, columns, strict=True):
        if kind == CLOCK_CLASS:
            if value is None:
                return before + step if before is not None and step is not None else None
            return clock.read(value, reversed_zone=reversed_zone) if isinstance(value, bytes) else None
    return None


def _scale(association: Association, kind: int, obis: bytes, scales: Scales) -> Generator[bytes, bytes, Scale | None]:
    if obis not in scales.known and kind in _SCALER:
        scales.known[obis] = scale_of((yield from _optional(association, Attribute(kind, obis, _SCALER[kind]))))
    return scales.known.get(obis)


def _optional(association: Association, attribute: Attribute) -> Generator[bytes, bytes, Data]:
    try:
        return (yield from association.get(attribute))
    except Refused:
        return None


def _nothing() -> Generator[bytes, bytes, None]:
    yield from ()
