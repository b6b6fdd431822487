"""Which meters have new readings: the journal, read once more behind the forwarder, by a cursor of its own."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import backlog
from keng_hub.meterdata import dirty
from keng_hub.meterdata.flags import Reason
from keng_hub.meterdata.parameters import GRACE_MS, INTERVAL_MS
from keng_hub.meterdata.sheet import QUANTITIES, RATES, REGISTERS, MeterId
from keng_hub.tables import cursor, journal, meter_doubt
from keng_hub.upsert import insert
from keng_wire.topics import MessageClass

FUTURE_MS = 120_000
"""A stamp so far behind the moment it was received lies in the future."""
OLDEST_MS = 400 * 86_400_000
"""Older stamps are a clock's error, longer ago than a meter remembers: raw they stay, judged they are not."""

_WANTED = frozenset(QUANTITIES)
_REGISTERS = frozenset((*REGISTERS, *RATES))
_Place = tuple[str, str, str, int]


@dataclass(slots=True)
class Fresh:
    """What came in the messages behind `position` up to `end`."""

    position: int
    end: int
    full: bool = False
    spans: dict[MeterId, tuple[int, int]] = field(default_factory=dict[MeterId, tuple[int, int]])
    doubts: dict[_Place, tuple[Reason, list[float]]] = field(default_factory=dict[_Place, tuple[Reason, list[float]]])


def take(connection: Connection, limit: int) -> Fresh:
    """Look through the next messages that are in the store, at most `limit`."""
    positions = {row.name: row.position for row in connection.execute(sa.select(cursor))}
    position = positions.get(backlog.METER_CURSOR, 0)
    query = (
        sa.select(journal.c.id, journal.c.node, journal.c.at, journal.c.received, journal.c.payload)
        .where(journal.c.message_class == MessageClass.READING.value)
        .where(journal.c.id > position, journal.c.id <= positions.get(backlog.CURSOR, 0))
    )
    fresh, seen = Fresh(position, position), dict[_Place, float]()
    rows = connection.execute(query.order_by(journal.c.id).limit(limit)).all()
    for row in rows:
        fresh.end = row.id
        _look(fresh, seen, row)
    fresh.full = len(rows) == limit
    return fresh


def advance(connection: Connection, fresh: Fresh) -> None:
    """Ask for the meters to be judged, and put the cursor behind the messages; another process may have done so."""
    statement = insert(connection, cursor).values(name=backlog.METER_CURSOR, position=0)
    connection.execute(statement.on_conflict_do_nothing())
    where = (cursor.c.name == backlog.METER_CURSOR, cursor.c.position == fresh.position)
    if connection.execute(sa.update(cursor).where(*where).values(position=fresh.end)).rowcount != 1:
        return
    for place, (reason, values) in sorted(fresh.doubts.items()):
        doubt(connection, place, reason, values)
    spans = sorted(fresh.spans.items())
    dirty.mark_all(connection, [(meter, first, last, due(first, last)) for meter, (first, last) in spans])


def due(first: int, last: int) -> int:
    """When readings of [first, last] are worth judging: once all are in that may count for the border they reached.

    A meter that is read each minute is so judged each half hour; before, no half hour of it has ended.
    """
    border = (last + GRACE_MS) // INTERVAL_MS * INTERVAL_MS
    return (border if border >= first - GRACE_MS else border + INTERVAL_MS) + GRACE_MS


def doubt(connection: Connection, place: _Place, reason: Reason, values: list[float]) -> None:
    """Write down what only the arrival of a reading can tell; (node, device, quantity, UTC ms)."""
    node, device, quantity, at = place
    row = {"node": node, "device": device, "quantity": quantity, "at": at, "reason": reason, "seen": values}
    connection.execute(insert(connection, meter_doubt).values(**row).on_conflict_do_nothing())


def _look(fresh: Fresh, seen: dict[_Place, float], row: "sa.Row[Any, Any, Any, Any, Any]") -> None:
    """Thousands of readings a second pass here while a village catches up, so each takes few steps."""
    node, start, oldest, newest = row.node, row.at, row.received - OLDEST_MS, row.received + FUTURE_MS
    spans: dict[str, tuple[int, int]] = {}
    for device, quantity, offset, value, *_ in _rows(row.payload):
        if quantity not in _WANTED:
            continue
        at = start + int(offset)
        if at > newest:
            fresh.doubts[node, device, quantity, at] = Reason.FUTURE, [value]
        if not oldest <= at <= newest:
            continue
        first, last = spans.get(device, (at, at))
        if at <= first or at >= last:
            spans[device] = min(first, at), max(last, at)
        if quantity in _REGISTERS and seen.setdefault((node, device, quantity, at), value) != value:
            place = (node, device, quantity, at)
            fresh.doubts[place] = Reason.DUPLICATE, [seen[place], value]
    for device, (first, last) in spans.items():
        meter = MeterId(node, device)
        known = fresh.spans.get(meter, (first, last))
        fresh.spans[meter] = min(known[0], first), max(known[1], last)


def _rows(payload: bytes) -> list[Any]:
    """The rows of a message, which the ingest has checked; none of one that cannot be read all the same."""
    try:
        return list(orjson.loads(payload)["body"].get("rows", ()))
    except (LookupError, TypeError, ValueError, AttributeError):
        return []  # the forwarder has put it aside
