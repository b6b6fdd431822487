"""Who is told in a place: its households, the chats of its groups, its loudspeakers, and who leads there."""

from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.ledger import Person, Step
from keng_hub.deliveries.states import RESIDENTS
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import household, place, recipient

LOUDSPEAKER: Final = "loudspeaker"
"""The channel whose messages are spoken."""
SCOPES: Final = ("alley", "group", "village", "commune")
"""Kinds of places that can be told as one."""


class Counted(NamedTuple):
    """How many of each a notice would be written to; `silent` households have no way to be told."""

    households: int
    silent: int
    groups: int
    loudspeakers: int
    leaders: int


def recipients(connection: Connection, scope: str, after: str = "", limit: int | None = None) -> list[sa.Row[Any]]:
    """The recipients in the subtree with an id behind `after`, in the order of their ids."""
    within = recipient.c.place.in_(subtree(scope))
    query = sa.select(recipient).where(recipient.c.active, within, recipient.c.id > after)
    return list(connection.execute(query.order_by(recipient.c.id).limit(limit)).all())


def count(connection: Connection, scope: str) -> Counted:
    """Before anything is written."""
    rows = recipients(connection, scope)
    homes = [row for row in rows if row.household is not None]
    speakers = [row for row in rows if speaks(row)]
    groups = [row for row in rows if row.tier == RESIDENTS and row.household is None and not speaks(row)]
    there = sa.select(sa.func.count()).where(household.c.ended.is_(None), household.c.place.in_(subtree(scope)))
    total = connection.execute(there).scalar_one()
    leaders = len(rows) - len(homes) - len(groups) - len(speakers)
    return Counted(total, max(0, total - len(homes)), len(groups), len(speakers), leaders)


def places(connection: Connection, root: str | None) -> list[sa.Row[Any]]:
    """The places below `root` (None: all) that can be told as one, the smallest kinds first."""
    order = sa.case({kind: n for n, kind in enumerate(SCOPES)}, value=place.c.kind)
    chosen = sa.select(place).where(place.c.kind.in_(SCOPES), place.c.valid_to.is_(None))
    if root is not None:
        chosen = chosen.where(place.c.id.in_(subtree(root)))
    return list(connection.execute(chosen.order_by(order, place.c.name)).all())


def person(row: sa.Row[Any]) -> Person:
    """The recipient as the ledger wants them."""
    return Person(row.id, [Step(one["channel"], one.get("address", ""), one.get("after_s", 0)) for one in row.ladder])


def speaks(row: sa.Row[Any]) -> bool:
    """Whether it is a loudspeaker."""
    return any(step["channel"] == LOUDSPEAKER for step in row.ladder)
