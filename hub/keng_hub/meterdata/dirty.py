"""Which meters have to be judged anew, and over which readings: a row is the request."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.sheet import MeterId
from keng_hub.tables import meter_dirty
from keng_hub.upsert import insert


class Dirty(NamedTuple):
    """Readings between `first` and `last` (UTC ms, both included) of a meter are new or judged otherwise now."""

    meter: MeterId
    first: int
    last: int
    turn: int


def mark(connection: Connection, meter: MeterId, first: int, last: int) -> None:
    """Ask for a meter to be judged anew; joins a request that is there already."""
    statement = insert(connection, meter_dirty).values(**meter._asdict(), first=first, last=last, turn=0)
    earlier = sa.case(
        (statement.excluded.first < meter_dirty.c.first, statement.excluded.first), else_=meter_dirty.c.first
    )
    later = sa.case((statement.excluded.last > meter_dirty.c.last, statement.excluded.last), else_=meter_dirty.c.last)
    values = {"first": earlier, "last": later, "turn": meter_dirty.c.turn + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=["node", "device"], set_=values))


def waiting(connection: Connection, limit: int) -> list[Dirty]:
    """Some of the requests."""
    query = sa.select(meter_dirty).order_by(meter_dirty.c.node, meter_dirty.c.device).limit(limit)
    rows = connection.execute(query)
    return [Dirty(MeterId(row.node, row.device), row.first, row.last, row.turn) for row in rows]


def done(connection: Connection, dirty: Dirty) -> bool:
    """Take the request away; False when it grew meanwhile or another process answered it."""
    where = (meter_dirty.c.node == dirty.meter.node, meter_dirty.c.device == dirty.meter.device)
    return connection.execute(sa.delete(meter_dirty).where(*where, meter_dirty.c.turn == dirty.turn)).rowcount == 1
