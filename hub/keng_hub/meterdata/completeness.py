"""How complete the data of each meter is, and of the village."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.sheet import MeterId
from keng_hub.meterdata.totals import wanted
from keng_hub.store.days import day_of, day_start
from keng_hub.tables import device, meter_day, node

KINDS = ("meter", "sub_meter", "feeder")


class Score(NamedTuple):
    """Half hours of a meter that are known and that were measured, of those that have passed."""

    meter: MeterId
    name: str
    known: int
    measured: int
    wanted: int

    @property
    def completeness(self) -> float:
        """Share that was measured, 0 to 1; estimates do not make data complete."""
        return self.measured / self.wanted if self.wanted else 0.0


def of_meters(connection: Connection, scope: sa.ColumnElement[bool], start: int, end: int, now: int) -> list[Score]:
    """Every meter in `scope` (a condition on device joined with node) over the local days of [start, end), worst first.

    A day or a month is just another stretch of time; a meter that never said anything stands there with nought.
    """
    first = day_start(day_of(start))
    span = sa.and_(meter_day.c.start >= first, meter_day.c.start < end, meter_day.c.register == "energy_import")
    about = sa.and_(meter_day.c.node == device.c.node, meter_day.c.device == device.c.id, span)
    query = (
        sa.select(
            device.c.node,
            device.c.id,
            device.c.name,
            sa.func.coalesce(sa.func.sum(meter_day.c.known), 0).label("known"),
            sa.func.coalesce(sa.func.sum(meter_day.c.measured), 0).label("measured"),
        )
        .select_from(device.join(node, node.c.id == device.c.node).outerjoin(meter_day, about))
        .where(scope, device.c.kind.in_(KINDS), sa.not_(device.c.removed))
        .group_by(device.c.node, device.c.id, device.c.name)
    )
    count = wanted(first, end, now)
    scores = [
        # A half hour is there up to three minutes before its end, and has not passed then.
        Score(MeterId(row.node, row.id), row.name, min(int(row.known), count), min(int(row.measured), count), count)
        for row in connection.execute(query)
    ]
    return sorted(scores, key=lambda one: (one.completeness, one.meter))


def of_village(scores: list[Score]) -> float:
    """All meters together, 0 to 1."""
    total = sum(one.wanted for one in scores)
    return sum(one.measured for one in scores) / total if total else 0.0
