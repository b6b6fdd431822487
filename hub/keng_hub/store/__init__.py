"""The time-series store: one small interface, one file a kind."""

from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import Protocol, Self, cast

from keng_hub.health import Health
from keng_hub.store.days import Every
from keng_hub.store.errors import PointsRejected, Rejected, StoreUnavailable
from keng_hub.store.points import Bucket, Point, Quality, Series, Total

__all__ = [
    "KINDS",
    "Bucket",
    "Every",
    "Point",
    "PointsRejected",
    "Quality",
    "Rejected",
    "Series",
    "Store",
    "StoreUnavailable",
    "Total",
    "kind",
]

KINDS = {
    "sqlite": "keng_hub.store.sqlite:SqliteStore",
    "influx": "keng_hub.store.influx:InfluxStore",
}


class Store(Protocol):
    """Keeps points; every call may raise StoreUnavailable, and then may be made again.

    Times are UTC ms, ranges are [start, end), hours and days are those of Asia/Ho_Chi_Minh.
    """

    async def __aenter__(self) -> Self:
        """Open it; a server that is away is no error yet."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        ...

    async def write(self, points: Sequence[Point]) -> None:
        """Store points; returns when they are durable. The same series and time again replaces the value.

        PointsRejected names those that can never be stored; the others are then durable all the same.
        """
        ...

    async def latest(self, series: Series | None = None) -> dict[Series, Point]:
        """The newest point of one series (empty when it has none), or of every series."""
        ...

    async def range(self, series: Series, start: int, end: int) -> list[tuple[int, float, int]]:
        """The points of one series as (time, value, quality), oldest first."""
        ...

    async def buckets(
        self,
        every: Every,
        start: int,
        end: int,
        node: str | None = None,
        device: str | None = None,
        quantity: str | None = None,
    ) -> list[Bucket]:
        """Every hour or local day that touches the range, whole, for the series that match; by series, oldest first.

        Hours are kept as long as the readings, days for ever.
        """
        ...

    async def totals(self, start: int, end: int, node: str | None = None, quantity: str | None = None) -> list[Total]:
        """Every local day that touches the range, whole, added up over the series of each quantity; oldest first."""
        ...

    async def roll_up(self, before: int) -> bool:
        """Sum up the oldest changed local day that ended by `before`; False when there is none.

        Only speed depends on it: `buckets` and `totals` count days that are not summed up from the readings.
        """
        ...

    async def delete_before(self, ts: int) -> None:
        """Forget readings before the local day that holds `ts`; days stay. Older points are rejected from then on."""
        ...

    async def health(self) -> Health:
        """Ask the store whether it can work."""
        ...


def kind(name: str) -> type[Store]:
    """The class of a kind of store, loaded on first use; KeyError when there is none of that name."""
    module, _, cls = KINDS[name].partition(":")
    return cast("type[Store]", getattr(import_module(module), cls))
