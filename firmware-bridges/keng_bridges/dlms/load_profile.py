"""The rows of a meter's load profile (IEC 62056-6-2, profile generic, class 7)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keng_bridges.dlms import clock
from keng_bridges.dlms.access import Attribute
from keng_bridges.dlms.association import Association
from keng_bridges.dlms.axdr import Array, Data, Structure
from keng_bridges.dlms.makers import CLOCK
from keng_bridges.dlms.reading import CLOCK_CLASS, SCALER, VALUE, Scales, optional, scale
from keng_bridges.dlms.register import Register, Scale, measurement
from keng_bridges.errors import PayloadError
from keng_bridges.values import Measurement

PROFILE: Final = 7
_BUFFER, _COLUMNS, _PERIOD = 2, 3, 4
_MOST_COLUMNS: Final = 100


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


def profile(
    association: Association, obis: bytes, wanted: Range, scales: Scales
) -> Generator[bytes, bytes, tuple[Measurement, ...]]:
    """All values of a load profile in a range, each with the meter's own time; a row without a time gets none."""
    columns = yield from _columns(association, obis)
    period = yield from optional(association, Attribute(PROFILE, obis, _PERIOD))
    buffer = yield from association.get(Attribute(PROFILE, obis, _BUFFER), wanted)
    if not isinstance(buffer, Array | Structure):
        raise PayloadError("a load profile that is no list")
    known: list[Scale | None] = []
    for kind, name, number in columns:
        worth = kind in SCALER and number == VALUE
        known.append((yield from scale(association, kind, name, scales)) if worth else None)
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
        for value, (kind, name, number), known in zip(row, columns, scales, strict=True):
            if kind in SCALER and number == VALUE:
                made = measurement(Register(name, value, known), at)
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
