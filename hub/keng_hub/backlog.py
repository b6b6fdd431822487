"""The readings in the journal that are not in the store yet, as plain functions of a connection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, cast

import orjson
import sqlalchemy as sa
import sqlalchemy.exc
from pydantic import ValidationError
from sqlalchemy.engine import Connection

from keng_hub import quarantine
from keng_hub.store import Point, Quality, Rejected
from keng_hub.tables import cursor, journal, progress
from keng_hub.upsert import insert
from keng_wire.message import ReadingMessage
from keng_wire.reading import Quality as Letter
from keng_wire.reading import Readings
from keng_wire.topics import MessageClass, up

CURSOR = "store"
METER_CURSOR = "meter_data"
"""Of the judging of meters, which reads the same messages once more after they are in the store."""
POINTS = 30_000
"""Readings that are enough for one write."""

_QUALITY = {Letter.MEASURED: Quality.MEASURED, Letter.SUSPECT: Quality.SUSPECT, Letter.ESTIMATED: Quality.ESTIMATED}
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, appendix A
_point = cast("Callable[[tuple[str, str, str, int, float, int]], Point]", partial(tuple[Any].__new__, Point))
"""Past the named tuple's own function, which is written in Python and half of the cost."""

_WANTED = [journal.c[name] for name in ("id", "node", "stream", "number", "at", "payload")]
_AT_ONCE = 200
"""Rows fetched with one call: one by one costs more, and all at once would hold what a full batch leaves behind."""
_READING = journal.c.message_class == MessageClass.READING.value


class Lag(NamedTuple):
    """How many reading messages wait, and since when the oldest (UTC ms)."""

    messages: int
    since: int | None


@dataclass(slots=True)
class Batch:
    """Messages in the order of the journal, from behind `position` up to `end`, and the points in them."""

    position: int
    end: int
    points: list[Point] = field(default_factory=list[Point])
    rows: list["sa.Row[Any]"] = field(default_factory=list["sa.Row[Any]"])
    spans: list[int] = field(default_factory=list[int])
    """For each row how many points there are up to its end."""
    unreadable: list[tuple["sa.Row[Any]", str]] = field(default_factory=list[tuple["sa.Row[Any]", str]])
    full: bool = False
    """Whether there is probably more behind it."""


def take(connection: Connection, limit: int) -> Batch:
    """The next messages behind the cursor, at most `limit`, and no more once they hold `POINTS` readings."""
    position = connection.execute(sa.select(cursor.c.position).where(cursor.c.name == CURSOR)).scalar() or 0
    query = sa.select(*_WANTED).where(_READING, journal.c.id > position).order_by(journal.c.id).limit(limit)
    batch = Batch(position, position)
    some = connection.execute(query.where(journal.c.id <= _settled(connection, position))).partitions(_AT_ONCE)
    for row in chain.from_iterable(some):
        batch.end = row.id
        try:
            batch.points.extend(_points(row))
        except ValidationError as error:
            batch.unreadable.append((row, str(error)))
            continue
        batch.rows.append(row)
        batch.spans.append(len(batch.points))
        if len(batch.points) >= POINTS:
            batch.full = True
            return batch
    batch.full = len(batch.rows) + len(batch.unreadable) == limit
    return batch


def advance(connection: Connection, batch: Batch, rejected: Sequence[Rejected], now: int) -> bool:
    """Put the cursor behind a batch that is in the store, and aside what never will be.

    False when another process has moved the cursor meanwhile: it then stored the same, which changes nothing.
    """
    connection.execute(insert(connection, cursor).values(name=CURSOR, position=0).on_conflict_do_nothing())
    moved = (
        sa.update(cursor).where(cursor.c.name == CURSOR, cursor.c.position == batch.position).values(position=batch.end)
    )
    if connection.execute(moved).rowcount != 1:
        return False
    for row, reason in batch.unreadable:
        _set_aside(connection, row, reason, now)
    for row, reason in _reasons(batch, rejected):
        _set_aside(connection, row, reason, now)
    return True


def settle(connection: Connection, batch: Batch, rejected: Sequence[Rejected], now: int, limit: int) -> int:
    """What follows the store's answer: `advance`, then `prune`."""
    advance(connection, batch, rejected, now)
    return prune(connection, limit)


def prune(connection: Connection, limit: int) -> int:
    """Delete messages behind all cursors whose number is acknowledged; says how many, at most `limit`.

    Beyond a hole in its numbers a message has to stay: the row is what tells a repetition for one.
    """
    names = cursor.c.name.in_([CURSOR, METER_CURSOR])
    position = sa.select(sa.func.min(cursor.c.position)).where(names).scalar_subquery()
    done = (
        sa.select(journal.c.id)
        .join(
            progress,
            sa.and_(
                progress.c.node == journal.c.node,
                progress.c.stream == journal.c.stream,
                progress.c.message_class == journal.c.message_class,
            ),
        )
        .where(_READING, journal.c.id <= position, journal.c.number <= progress.c.high)
        .order_by(journal.c.id)
        .limit(limit)
    )
    return connection.execute(sa.delete(journal).where(journal.c.id.in_(done))).rowcount


def lag(connection: Connection) -> Lag:
    """How much waits."""
    position = sa.select(cursor.c.position).where(cursor.c.name == CURSOR).scalar_subquery()
    query = sa.select(sa.func.count(), sa.func.min(journal.c.received))
    row = connection.execute(query.where(_READING, journal.c.id > sa.func.coalesce(position, 0))).one()
    return Lag(row[0], row[1])


def _settled(connection: Connection, position: int) -> int:
    """The highest id; every row below it is committed or never will be when this returns.

    PostgreSQL hands out ids before the commit, so that 5 may be seen before 4. A share lock on the table is given once
    all who have an id are done. Alarms would have to wait behind us, so it is not waited for long: `position` then,
    which is to say that nothing is new.
    """
    highest: int = connection.execute(sa.select(sa.func.max(journal.c.id)).where(_READING)).scalar() or 0
    if connection.dialect.name == "postgresql" and highest > position:
        try:
            connection.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
            connection.execute(sa.text("LOCK TABLE journal IN SHARE MODE"))
        except sqlalchemy.exc.DBAPIError as error:
            if _LOCK_NOT_AVAILABLE not in str(error.orig):
                raise
            highest = position
        connection.rollback()
    return highest


def _points(row: "sa.Row[Any]") -> list[Point]:
    try:
        return _plain_points(row.node, row.at, row.payload)
    except (LookupError, TypeError, ValueError, RecursionError):
        body = ReadingMessage.model_validate_json(row.payload).body
        some = body.rows if isinstance(body, Readings) else []
        return [Point(row.node, r.device, r.quantity, row.at + r.offset, r.value, _QUALITY[r.quality]) for r in some]


def _plain_points(node: str, at: int, payload: bytes) -> list[Point]:
    """Read the usual form at half the cost: the ingest has checked each payload before it came into the journal."""
    body = orjson.loads(payload)["body"]
    return [
        _point((node, device, quantity, at + int(offset), float(value), _QUALITY[quality]))
        for device, quantity, offset, value, quality in body.get("rows", ())
    ]


def _reasons(batch: Batch, rejected: Sequence[Rejected]) -> list[tuple["sa.Row[Any]", str]]:
    reason_of = {id(one.point): f"{'/'.join(one.point[:3])} at {one.point.ts}: {one.reason}" for one in rejected}
    found: list[tuple[sa.Row[Any], str]] = []
    start = 0
    for row, end in zip(batch.rows, batch.spans, strict=True):
        reasons = [reason_of[id(point)] for point in batch.points[start:end] if id(point) in reason_of]
        start = end
        if reasons:
            found.append((row, "; ".join(reasons)))
    return found


def _set_aside(connection: Connection, row: "sa.Row[Any]", reason: str, now: int) -> None:
    topic = up(row.node, MessageClass.READING)
    identity = f"store {row.node} {row.stream} {row.number}"
    quarantine.put(connection, topic, f"store: {reason}", row.payload, now, identity)
