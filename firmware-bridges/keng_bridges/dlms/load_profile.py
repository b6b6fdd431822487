"""The rows of a meter's load profile (IEC 62056-6-2, profile generic, class 7)."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from keng_bridges.dlms import clock
from keng_bridges.dlms.access import Attribute
from keng_bridges.dlms.association import Association
from keng_bridges.dlms.axdr import Array, BitString, Data, Structure
from keng_bridges.dlms.makers import CLOCK
from keng_bridges.dlms.reading import CLOCK_CLASS, SCALER, VALUE, Scales, optional, scale
from keng_bridges.dlms.register import Register, Scale, measurement
from keng_bridges.errors import PayloadError
from keng_bridges.values import Measurement, Quality

PROFILE: Final = 7
_BUFFER, _COLUMNS, _PERIOD = 2, 3, 4
_MOST_COLUMNS: Final = 100

STATUS: Final = bytes((0, 0, 96, 10))
CRITICAL_ERROR, CLOCK_INVALID, NOT_VALID = 0x01, 0x02, 0x04
"""Bits of a row's status, as the companion specification IDIS has them and many meters follow; not tried on a meter."""


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
    """All values of a load profile in a range, each with the meter's own time, or none if that cannot be trusted."""
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
    return tuple(_Table(columns, known, step, wanted.reversed_zone).values(buffer))


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


@dataclass(frozen=True, slots=True)
class _Table:
    """What the columns are, and how their rows are read. `step` is the time from one row to the next."""

    columns: Sequence[tuple[int, bytes, int]]
    scales: Sequence[Scale | None]
    step: timedelta | None
    reversed_zone: bool

    def values(self, buffer: Sequence[Data]) -> Iterator[Measurement]:
        """The values of all rows."""
        before: datetime | None = None
        for row in buffer:
            if not isinstance(row, Structure) or len(row) != len(self.columns):
                raise PayloadError("a row of the load profile that does not fit its columns")
            before = self._time(row, before)
            status = self._status(row)
            at = None if status & CLOCK_INVALID else before
            quality = Quality.SUSPECT if status & (CRITICAL_ERROR | NOT_VALID) else Quality.MEASURED
            for value, (kind, name, number), known in zip(row, self.columns, self.scales, strict=True):
                if kind in SCALER and number == VALUE:
                    made = measurement(Register(name, value, known), at)
                    if made is not None:
                        yield replace(made, quality=quality)

    def _time(self, row: Structure, before: datetime | None) -> datetime | None:
        """The row's time. A meter may leave it out when it is one period after the row before."""
        for value, (kind, _, _) in zip(row, self.columns, strict=True):
            if kind == CLOCK_CLASS:
                if value is None:
                    return before + self.step if before is not None and self.step is not None else None
                return clock.read(value, reversed_zone=self.reversed_zone) if isinstance(value, bytes) else None
        return None

    def _status(self, row: Structure) -> int:
        """The row's status, from a column 0-0:96.10.x; 0 without one."""
        for value, (_, name, number) in zip(row, self.columns, strict=True):
            if name[:4] == STATUS and number == VALUE:
                if isinstance(value, BitString) and value:
                    return int(value[::-1], 2)
                return value if isinstance(value, int) else 0
        return 0
