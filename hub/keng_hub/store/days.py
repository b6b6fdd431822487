"""Hours and days as a commune counts them: Asia/Ho_Chi_Minh, UTC+7 the whole year."""

from collections.abc import Iterable
from typing import Literal

from keng_hub.store.points import HOUR_MS, Bucket, Total

Every = Literal["hour", "day"]
DAY_MS = 24 * HOUR_MS
_EAST_MS = 7 * HOUR_MS


def day_of(ts: int) -> int:
    """The number of the local day that holds `ts` (UTC ms)."""
    return (ts + _EAST_MS) // DAY_MS


def day_start(day: int) -> int:
    """When a local day begins, UTC ms."""
    return day * DAY_MS - _EAST_MS


def whole(every: Every, start: int, end: int) -> tuple[int, int]:
    """Widen [start, end) in UTC ms to whole hours or local days."""
    if every == "hour":
        return start // HOUR_MS * HOUR_MS, -(-end // HOUR_MS) * HOUR_MS
    return day_start(day_of(start)), day_start(day_of(end - 1) + 1)


def runs(days: Iterable[int]) -> list[tuple[int, int]]:
    """Put day numbers together to [first, behind the last) runs of neighbours."""
    found: list[tuple[int, int]] = []
    for day in sorted(days):
        if found and found[-1][1] == day:
            found[-1] = found[-1][0], day + 1
        else:
            found.append((day, day + 1))
    return found


def fold(buckets: Iterable[Bucket]) -> list[Total]:
    """Add up the buckets of each quantity and day."""
    groups: dict[tuple[str, int], list[Bucket]] = {}
    for bucket in buckets:
        groups.setdefault((bucket.series.quantity, bucket.start), []).append(bucket)
    return [
        Total(
            quantity,
            start,
            series=len(group),
            count=sum(b.count for b in group),
            minimum=min(b.minimum for b in group),
            maximum=max(b.maximum for b in group),
            total=sum(b.total for b in group),
            first=sum(b.first for b in group),
            last=sum(b.last for b in group),
        )
        for (quantity, start), group in groups.items()
    ]
