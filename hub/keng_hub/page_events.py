"""Numbered events for the open pages: a row in the transaction of what caused it, sent and replayed by its number."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import page_event

_ORDER_LOCK = 0x6B656E67_01
"""Key of the PostgreSQL lock that keeps numbers in the order of commits; any constant no one else uses."""


class PageEvent(NamedTuple):
    """One event as pages get it; `data` holds ids only."""

    n: int
    at: int
    name: str
    data: dict[str, Any]


def publish(connection: Connection, name: str, data: dict[str, Any], now: int) -> int:
    """Write an event (`incidents`, `incident`, `devices`, `readings`, `node`); its number comes back."""
    if connection.dialect.name == "postgresql":
        # A number that is committed after a higher one was read would never be seen by a page.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER_LOCK)))
    statement = sa.insert(page_event).values(at=now, name=name, data=data).returning(page_event.c.n)
    n: int = connection.execute(statement).scalar_one()
    return n


def since(connection: Connection, n: int, limit: int) -> list[PageEvent]:
    """The events after number `n`, oldest first, at most `limit`."""
    query = sa.select(page_event).where(page_event.c.n > n).order_by(page_event.c.n).limit(limit)
    return [PageEvent(row.n, row.at, row.name, row.data) for row in connection.execute(query)]


def newest(connection: Connection) -> int:
    """The highest number given out so far, 0 when there is none."""
    return connection.execute(sa.select(sa.func.max(page_event.c.n))).scalar_one() or 0


def prune(connection: Connection, before: int) -> int:
    """Delete the events older than `before` (UTC ms); says how many. The newest one stays, as the numbers' anchor."""
    keep = sa.select(sa.func.max(page_event.c.n)).scalar_subquery()
    statement = sa.delete(page_event).where(page_event.c.at < before, page_event.c.n < keep)
    return connection.execute(statement).rowcount
