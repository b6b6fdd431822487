"""What a store can say instead of yes, and whether to try again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from keng_hub.errors import HubError, Unavailable
from keng_hub.store.points import Point, fault


class StoreUnavailable(Unavailable):
    """The store cannot be reached or cannot work now; the same call may succeed later."""


class Rejected(NamedTuple):
    """A point that will never be stored, and why."""

    point: Point
    reason: str


class PointsRejected(HubError):
    """Some points can never be stored; all others of the same write are durable."""

    def __init__(self, rejected: Sequence[Rejected]) -> None:
        super().__init__(f"{len(rejected)} points rejected, the first: {rejected[0].reason}")
        self.rejected = list(rejected)


class Refused(Exception):
    """A write inside a store was refused because of something in it; `whole` when each of its points is at fault."""

    def __init__(self, reason: str, whole: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.whole = whole


async def isolate(points: Sequence[Point], attempt: Callable[[Sequence[Point]], Awaitable[None]]) -> None:
    """Write `points` by `attempt`, halving what is refused until the bad ones stand alone: PointsRejected.

    Order is kept, because the last of two points of the same series and time wins. Parts that were stored by a
    refused attempt are stored again, which changes nothing.
    """
    rejected: list[Rejected] = []
    parts = [points]
    while parts:
        part = parts.pop()
        try:
            await attempt(part)
        except Refused as refusal:
            if len(part) == 1 or refusal.whole:
                rejected += [Rejected(point, fault(point) or refusal.reason) for point in part]
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
    if rejected:
        raise PointsRejected(rejected)
