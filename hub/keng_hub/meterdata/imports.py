"""Readings from elsewhere, such as the daily readings a customer exports: into the store as raw, then judged as any."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from keng_hub.database import Database
from keng_hub.meterdata import dirty, fresh
from keng_hub.meterdata.flags import Reason
from keng_hub.meterdata.sheet import QUANTITIES, MeterId
from keng_hub.store import Point, Series, Store


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the readings of an import: new ones, ones that were there, and ones that contradict."""

    new: int
    same: int
    different: int
    future: int


class Compared(StrEnum):
    """What would become of a reading of an import."""

    NEW = "new"
    SAME = "same"  # it is there already
    DIFFERENT = "different"  # another value is there for that moment
    FUTURE = "future"


async def compare(store: Store, points: Sequence[Point], now: int) -> list[tuple[Compared, float | None]]:
    """What `bring_in` would do with each point, with the value that is there; nothing is stored.

    Raises the store's own errors.
    """
    known: dict[tuple[Series, int], float] = {}
    for series, some in _by_series(points).items():
        span = [point.ts for point in some]
        known |= {(series, at): value for at, value, _ in await store.range(series, min(span), max(span) + 1)}
    found: list[tuple[Compared, float | None]] = []
    for point in points:
        stands = known.get((point.series, point.ts))
        if point.ts > now + fresh.FUTURE_MS:
            found.append((Compared.FUTURE, None))
        elif stands is None:
            known[(point.series, point.ts)] = point.value
            found.append((Compared.NEW, None))
        else:
            found.append((Compared.SAME if stands == point.value else Compared.DIFFERENT, stands))
    return found


async def bring_in(database: Database, store: Store, points: Sequence[Point], now: int) -> Taken:
    """Store readings of meters and have them judged; raw ones that are there already are never replaced.

    A different value for the same moment makes both suspect, a stamp in the future is not stored. Raises ValueError
    for a quantity that meters do not have, and the store's own errors.
    """
    strange = {point.quantity for point in points} - set(QUANTITIES)
    if strange:
        raise ValueError(f"{', '.join(sorted(strange))}: no quantity of a meter")
    new: list[Point] = []
    same = different = 0
    past = [point for point in points if point.ts <= now + fresh.FUTURE_MS]
    for series, some in _by_series(past).items():
        span = [point.ts for point in some]
        there = {at: value for at, value, _ in await store.range(series, min(span), max(span) + 1)}
        for point in some:
            if point.ts not in there:
                there[point.ts] = point.value
                new.append(point)
            elif there[point.ts] == point.value:
                same += 1
            else:
                different += 1
                place = (*point[:3], point.ts)
                values = [there[point.ts], point.value]
                await database.write(fresh.doubt, place, Reason.DUPLICATE, values)
                await database.write(dirty.mark, MeterId(point.node, point.device), point.ts, point.ts)
    await store.write(new)
    for meter, stamps in _by_meter(new).items():
        await database.write(dirty.mark, meter, min(stamps), max(stamps))
    return Taken(len(new), same, different, len(points) - len(past))


def _by_series(points: Sequence[Point]) -> dict[Series, list[Point]]:
    found: dict[Series, list[Point]] = {}
    for point in points:
        found.setdefault(point.series, []).append(point)
    return found


def _by_meter(points: Sequence[Point]) -> dict[MeterId, list[int]]:
    found: dict[MeterId, list[int]] = {}
    for point in points:
        found.setdefault(MeterId(point.node, point.device), []).append(point.ts)
    return found
