"""Fourth stage: who is told. Always the duty screen, then all of the tiers that are due, by category and place."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from keng_hub.deliveries.ledger import Person, Step
from keng_hub.incidents.case import TOLD, Case
from keng_hub.incidents.normalise import path
from keng_hub.rosters import duty
from keng_hub.tables import incident, recipient

SCREEN = "man-hinh-truc"
"""The duty screen is a recipient like any other, but always there: no configuration can take it away."""


def route(connection: Connection, case: Case) -> None:
    """Set `people`: tier 1, and the higher tiers this incident was already escalated to."""
    if case.change not in TOLD:
        return
    row = connection.execute(
        sa.select(incident.c.category, incident.c.place, incident.c.escalations).where(incident.c.id == case.incident)
    ).one()
    case.people = people(connection, row.category, row.place, range(1, 2 + row.escalations), case.now)


def people(
    connection: Connection, category: str, place_id: str | None, tiers: Collection[int], now: int
) -> list[Person]:
    """The active recipients of `tiers` who are told of this category at this place, by the roster where they have one.

    A place outside the tree is told to everybody: better one message too many than a fire nobody hears of.
    """
    _see_to_screen(connection)
    return [
        Person(row.id, [Step(one["channel"], one.get("address", ""), one.get("after_s", 0)) for one in row.ladder])
        for row in recipients(connection, category, place_id, tiers, now)
    ]


def recipients(
    connection: Connection, category: str, place_id: str | None, tiers: Collection[int], now: int
) -> list[sa.Row[Any]]:
    """The rows of `people`, lowest tier first; only a look."""
    around = {key for key, _ in path(connection, place_id)}
    rows = connection.execute(
        sa.select(recipient)
        .where(sa.or_(recipient.c.active, recipient.c.id == SCREEN))
        .order_by(recipient.c.tier, recipient.c.id)
    ).all()
    concerned = [
        row
        for row in rows
        if row.tier in tiers
        and (not row.categories or category in row.categories)
        and (row.place is None or not around or row.place in around)
    ]
    present = {one.recipient for one in duty.on_duty(connection, now)}
    return [row for tier in sorted(set(tiers)) for row in duty.told([r for r in concerned if r.tier == tier], present)]


def tiers_above_first(connection: Connection) -> list[int]:
    """The tiers that exist beyond the first, lowest first."""
    query = sa.select(recipient.c.tier).where(recipient.c.active, recipient.c.tier > 1).distinct()
    return sorted(connection.execute(query).scalars())


def _see_to_screen(connection: Connection) -> None:
    if connection.execute(sa.select(recipient.c.id).where(recipient.c.id == SCREEN)).first():
        return
    screen: dict[str, Any] = {"id": SCREEN, "name": "Màn hình trực", "tier": 1, "categories": [], "active": True}
    ladder = [Step("page", "duty")._asdict()]
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(recipient).values(**screen, place=None, ladder=ladder))
    except IntegrityError:  # another hub was quicker
        return
