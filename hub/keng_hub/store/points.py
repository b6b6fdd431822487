"""What goes into a time-series store and what comes out of it."""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

HOUR_MS = 3_600_000
LATEST_TS = 9_000_000_000_000
"""Times from here on (UTC ms, the year 2255) are refused: InfluxDB counts nanoseconds in 63 bits."""


class Quality(IntEnum):
    """How a value came about."""

    MEASURED = 0
    SUSPECT = 1
    ESTIMATED = 2
    EDITED = 3


class Series(NamedTuple):
    """The name of a line of values: one quantity of one device on one node."""

    node: str
    device: str
    quantity: str


class Point(NamedTuple):
    """One value of a series at `ts` (UTC ms), in the unit of `keng_wire.quantities`."""

    node: str
    device: str
    quantity: str
    ts: int
    value: float
    quality: int = Quality.MEASURED

    @property
    def series(self) -> Series:
        """The series this point belongs to."""
        return Series(self.node, self.device, self.quantity)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The points of one series in one hour or local day that begins at `start` (UTC ms)."""

    series: Series
    start: int
    count: int
    minimum: float
    maximum: float
    total: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Total:
    """The local day that begins at `start` (UTC ms), over all `series` series of one quantity.

    `first` and `last` are sums of the series' first and last values: for registers, the difference of two days'
    `last` is what all meters together counted.
    """

    quantity: str
    start: int
    series: int
    count: int
    minimum: float
    maximum: float
    total: float
    first: float
    last: float


def fault(point: Point) -> str | None:
    """Say why no store can take this point; None when it is sound."""
    for name in point[:3]:
        if not 0 < len(name) <= 200 or not name.isprintable() or "\\" in name:
            return f"{name!r} cannot name a series"
    if not math.isfinite(point.value):
        return f"{point.value} is not a number that can be stored"
    if not 0 <= point.ts < LATEST_TS:
        return f"{point.ts} is not a time in ms between 1970 and 2255"
    if not Quality.MEASURED <= point.quality <= Quality.EDITED:
        return f"{point.quality} is not a quality"
    return None
