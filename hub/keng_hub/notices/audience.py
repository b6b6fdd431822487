"""Who is told in a place: its households, the chats of its groups, its loudspeakers, and who leads there."""

from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.ledger import Person, Step
from keng_hub.deliveries.states import RESIDENTS
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import device, household, node, place, recipient
from keng_hub.upsert import insert

LOUDSPEAKER: Final = "loudspeaker"
"""The channel whose messages are spoken, and the kind of device that speaks."""
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
    groups = [row for row in rows if row.tier == RESIDENTS and row.household is None]
    number = sa.select(sa.func.count()).select_from
    there = number(household).where(household.c.ended.is_(None), household.c.place.in_(subtree(scope)))
    speakers = number(device.join(node, node.c.id == device.c.node)).where(
        device.c.kind == LOUDSPEAKER,
        sa.not_(device.c.removed),
        sa.or_(device.c.place.in_(subtree(scope)), node.c.place.in_(subtree(scope))),
    )
    total, loud = connection.execute(there).scalar_one(), connection.execute(speakers).scalar_one()
    return Counted(total, max(0, total - len(homes)), len(groups), loud, len(rows) - len(homes) - len(groups))


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


def loudspeakers(connection: Connection, scope: str) -> Person:
    """The loudspeakers of a place as one recipient; the channel knows which nodes there have any."""
    key = f"loa-{scope}"[:40]
    values: dict[str, Any] = {
        "name": f"Loa {scope}",
        "tier": RESIDENTS,
        "categories": [],
        "ladder": [],
        "active": False,
    }
    row = insert(connection, recipient).values(id=key, place=scope, **values)
    connection.execute(row.on_conflict_do_nothing())
    return Person(key, [Step(LOUDSPEAKER, scope)])
