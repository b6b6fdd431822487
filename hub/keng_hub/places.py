"""The places and recipients of the configuration as rows of the database."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.config import Place, Recipient
from keng_hub.tables import place, recipient

Row = dict[str, Any]


def apply_places(connection: Connection, places: Sequence[Place], now: int) -> int:
    """Make the table follow the file; gives the number of rows that changed.

    A place that left the file is ended (`valid_to`), never deleted: incidents of the past happened there.
    """
    rows = {one.id: one.model_dump(mode="json", exclude={"id"}) | {"valid_to": None} for one in _top_down(places)}
    changed = _follow(connection, place, rows, {"valid_from": now})
    gone = place.update().where(place.c.id.not_in(rows), place.c.valid_to.is_(None)).values(valid_to=now)
    return changed + connection.execute(gone).rowcount


def apply_recipients(connection: Connection, recipients: Sequence[Recipient]) -> int:
    """Make the table follow the file; gives the number of rows that changed. Who left the file is no longer told.

    Tier 0 are the residents, who never stand in the file: they join and leave by themselves.
    """
    rows = {one.id: one.model_dump(mode="json", exclude={"id"}) | {"active": True} for one in recipients}
    changed = _follow(connection, recipient, rows, {})
    left = sa.and_(recipient.c.id.not_in(rows), recipient.c.active, recipient.c.tier > 0)
    gone = recipient.update().where(left).values(active=False)
    return changed + connection.execute(gone).rowcount


def _follow(connection: Connection, table: sa.Table, rows: Mapping[str, Row], when_new: Row) -> int:
    there = {row["id"]: dict(row) for row in connection.execute(sa.select(table)).mappings()}
    changed = 0
    for name, row in rows.items():
        old = there.get(name)
        if old is None:
            connection.execute(table.insert().values(id=name, **row, **when_new))
        elif any(old[key] != value for key, value in row.items()):
            connection.execute(table.update().where(table.c.id == name).values(**row))
        else:
            continue
        changed += 1
    return changed


def _top_down(places: Sequence[Place]) -> list[Place]:
    """Parents before their children, as the foreign key wants them; the configuration has no circles."""
    waiting, placed, ordered = list(places), set[str](), list[Place]()
    while waiting:
        ready = [one for one in waiting if one.parent is None or one.parent in placed]
        ordered += ready
        placed |= {one.id for one in ready}
        waiting = [one for one in waiting if one.id not in placed]
    return ordered
