"""A household as a recipient of tier 0: its verified contacts are its ladder, kept in step with every change."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.ledger import Person, Step
from keng_hub.people.states import ContactState
from keng_hub.people.ways import WAYS
from keng_hub.tables import contact, household, recipient
from keng_hub.upsert import insert

TIER = 0
"""No escalation reaches it: only a notice, or the rule of a confirmed fire."""


def recipient_id(household_id: int) -> str:
    """The id of a household's row among the recipients."""
    return f"ho-{household_id}"


def keep(connection: Connection, household_id: int) -> None:
    """Make the recipient what the household's contacts are now; one without any is not told."""
    home = connection.execute(sa.select(household).where(household.c.id == household_id)).one()
    ladder = [step._asdict() for step in _steps(connection, household_id)]
    values: dict[str, Any] = {
        "name": home.label,
        "tier": TIER,
        "categories": [],
        "place": home.place,
        "ladder": ladder,
        "active": bool(ladder) and home.ended is None,
        "household": household_id,
    }
    row = insert(connection, recipient).values(id=recipient_id(household_id), **values)
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))


def person(connection: Connection, household_id: int) -> Person:
    """The household as the ledger wants somebody who is told."""
    return Person(recipient_id(household_id), _steps(connection, household_id))


def _steps(connection: Connection, household_id: int) -> list[Step]:
    rows = connection.execute(
        sa.select(contact)
        .where(contact.c.household == household_id, contact.c.state == ContactState.VERIFIED.value)
        .order_by(contact.c.verified, contact.c.id)
    ).all()
    order = list(WAYS)
    known = sorted((row for row in rows if row.channel in WAYS), key=lambda row: order.index(row.channel))
    return [Step(row.channel, row.address, WAYS[row.channel].after_s) for row in known]
