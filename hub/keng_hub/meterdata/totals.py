"""Consumption of days, months and years by tariff period, each with how complete it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.sheet import MeterId
from keng_hub.store.days import DAY_MS, day_of, day_start
from keng_hub.tables import device, meter_day, node, place

ENOUGH = 0.95
"""Below this coverage a figure is shown as incomplete."""


@dataclass(slots=True)
class Sum:
    """Accepted energy of a stretch of local time [start, end), Wh, over all its meters.

    `unplaced` was counted in gaps of more than three days and belongs to no period; it is not in `energy`. `known`
    and `measured` are half hours with a value and with a measured one, of `wanted` that have passed.
    """

    start: int
    end: int
    energy: int = 0
    standard: int = 0
    peak: int = 0
    offpeak: int = 0
    unplaced: int = 0
    known: int = 0
    measured: int = 0
    wanted: int = 0

    @property
    def coverage(self) -> float:
        """Share of the half hours that have a value, 0 to 1; one may be there three minutes before it has passed."""
        return min(1.0, self.known / self.wanted) if self.wanted else 0.0

    @property
    def complete(self) -> bool:
        """Whether the figure may stand without a word about what is missing."""
        return self.coverage >= ENOUGH


def by_day(
    connection: Connection, meters: Sequence[MeterId], start: int, end: int, now: int, register: str = "energy_import"
) -> list[Sum]:
    """One sum for each local day that touches [start, end), over the meters together; at most 500 meters."""
    return _sums(connection, _of(meters), len(meters), register, day_start(day_of(start)), end, now, _next_day)


def by_month(
    connection: Connection, meters: Sequence[MeterId], start: int, end: int, now: int, register: str = "energy_import"
) -> list[Sum]:
    """The same by calendar month; the first one begins on its first day."""
    first = _local(start).replace(day=1)
    return _sums(connection, _of(meters), len(meters), register, _ms(first), end, now, _next_month)


def village_by_day(
    connection: Connection,
    scope: sa.ColumnElement[bool],
    start: int,
    end: int,
    now: int,
    kinds: Iterable[str] = ("meter",),
    register: str = "energy_import",
) -> list[Sum]:
    """Days summed over all meters of `kinds` in `scope` (a condition on device joined with node).

    Feeders and sub-meters count again what meters count: they are not added up with them.
    """
    of_kind = sa.and_(scope, device.c.kind.in_(list(kinds)), sa.not_(device.c.removed))
    meters = sa.select(device.c.node, device.c.id).select_from(device.join(node, node.c.id == device.c.node))
    count = connection.scalar(sa.select(sa.func.count()).select_from(meters.where(of_kind).subquery())) or 0
    among = sa.tuple_(meter_day.c.node, meter_day.c.device).in_(meters.where(of_kind))
    return _sums(connection, among, count, register, day_start(day_of(start)), end, now, _next_day)


@dataclass(frozen=True, slots=True)
class Share:
    """A meter's part of what a village used."""

    meter: MeterId
    name: str
    kind: str
    place: str | None
    sum: Sum


def of_each(connection: Connection, scope: sa.ColumnElement[bool], start: int, end: int, now: int) -> list[Share]:
    """Each meter in `scope` (a condition on device joined with node) over the local days of [start, end), by name.

    From the accepted days: a month of 5,000 meters is summed up by the database.
    """
    about = sa.and_(
        meter_day.c.node == device.c.node,
        meter_day.c.device == device.c.id,
        meter_day.c.register == "energy_import",
        meter_day.c.start >= start,
        meter_day.c.start < end,
    )
    sums = (sa.func.coalesce(sa.func.sum(meter_day.c[name]), 0).label(name) for name in _COLUMNS)
    who = (device.c.node, device.c.id, device.c.name, device.c.kind, place.c.name.label("place_name"))
    joined = device.join(node, node.c.id == device.c.node).outerjoin(place, place.c.id == device.c.place)
    query = (
        sa.select(*who, *sums)
        .select_from(joined.outerjoin(meter_day, about))
        .where(scope, device.c.kind.in_(("meter", "sub_meter", "feeder")), sa.not_(device.c.removed))
        .group_by(device.c.node, device.c.id, device.c.name, device.c.kind, place.c.name)
        .order_by(device.c.node, device.c.name)
    )
    passed = wanted(start, end, now)
    return [
        Share(
            MeterId(row.node, row.id),
            row.name,
            row.kind,
            row.place_name,
            Sum(start, end, wanted=passed, **{name: int(getattr(row, name)) for name in _COLUMNS}),
        )
        for row in connection.execute(query)
    ]


def together(sums: Sequence[Sum]) -> Sum:
    """Several stretches one after the other, or several meters over one stretch, as one."""
    whole = Sum(sums[0].start, sums[-1].end)
    for one in sums:
        for name in (*_COLUMNS, "wanted"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    return whole


def wanted(start: int, end: int, now: int) -> int:
    """Half hours of [start, end) that have passed."""
    return max(0, min(end, now) - start) // INTERVAL_MS


_COLUMNS = ("energy", "standard", "peak", "offpeak", "unplaced", "known", "measured")


def _sums(
    connection: Connection,
    among: sa.ColumnElement[bool],
    count: int,
    register: str,
    start: int,
    end: int,
    now: int,
    following: Callable[[int], int],
) -> list[Sum]:
    made: list[Sum] = []
    at = start
    while at < end:
        made.append(Sum(at, following(at), wanted=count * wanted(at, following(at), now)))
        at = made[-1].end
    query = (
        sa.select(meter_day.c.start, *(sa.func.sum(meter_day.c[name]).label(name) for name in _COLUMNS))
        .where(among, meter_day.c.register == register, meter_day.c.start >= start, meter_day.c.start < at)
        .group_by(meter_day.c.start)
        .order_by(meter_day.c.start)
    )
    place = 0
    for row in connection.execute(query):
        while row.start >= made[place].end:
            place += 1
        for name in _COLUMNS:
            setattr(made[place], name, getattr(made[place], name) + int(getattr(row, name)))
    return made


def _of(meters: Sequence[MeterId]) -> sa.ColumnElement[bool]:
    return sa.tuple_(meter_day.c.node, meter_day.c.device).in_([tuple(one) for one in meters])


def _next_day(at: int) -> int:
    return at + DAY_MS


def _next_month(at: int) -> int:
    day = _local(at)
    return _ms(date(day.year + day.month // 12, day.month % 12 + 1, 1))


def _local(at: int) -> date:
    return datetime.fromtimestamp(day_of(at) * 86_400, UTC).date()


def _ms(day: date) -> int:
    return day_start((day - date(1970, 1, 1)).days)
