"""Which meters have to be judged anew, and over which readings: a row is the request."""

from collections.abc import Sequence
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


def mark(connection: Connection, meter: MeterId, first: int, last: int, due: int = 0) -> None:
    """Ask for a meter to be judged anew, not before `due` (UTC ms); joins a request that is there already."""
    mark_all(connection, [(meter, first, last, due)])


def mark_all(connection: Connection, requests: Sequence[tuple[MeterId, int, int, int]]) -> None:
    """As `mark`, for (meter, first, last, due) of thousands of meters: one statement, made once."""
    if not requests:
        return
    statement = insert(connection, meter_dirty)
    new, old = statement.excluded, meter_dirty.c
    values = {
        "first": sa.case((new.first < old.first, new.first), else_=old.first),
        "last": sa.case((new.last > old.last, new.last), else_=old.last),
        "due": sa.case((new.due < old.due, new.due), else_=old.due),
        "turn": old.turn + 1,
    }
    rows = [
        {**meter._asdict(), "first": first, "last": last, "turn": 0, "due": due} for meter, first, last, due in requests
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=["node", "device"], set_=values), rows)


def waiting(connection: Connection, now: int, limit: int) -> list[Dirty]:
    """Some of the requests that are due."""
    query = (
        sa.select(meter_dirty)
        .where(meter_dirty.c.due <= now)
        .order_by(meter_dirty.c.node, meter_dirty.c.device)
        .limit(limit)
    )
    rows = connection.execute(query)
    return [Dirty(MeterId(row.node, row.device), row.first, row.last, row.turn) for row in rows]


def waits(connection: Connection, meter: MeterId, now: int) -> bool:
    """Whether a meter is to be judged at once, so that what is accepted of its past may change."""
    where = (meter_dirty.c.node == meter.node, meter_dirty.c.device == meter.device, meter_dirty.c.due <= now)
    return bool(connection.scalar(sa.select(sa.exists().where(*where))))


def done(connection: Connection, dirty: Dirty) -> bool:
    """Take the request away; False when it grew meanwhile or another process answered it."""
    where = (meter_dirty.c.node == dirty.meter.node, meter_dirty.c.device == dirty.meter.device)
    return connection.execute(sa.delete(meter_dirty).where(*where, meter_dirty.c.turn == dirty.turn)).rowcount == 1
