"""The addresses at which a household can be reached, and what providers say about them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people import recipients, ways
from keng_hub.people.states import ContactState
from keng_hub.tables import contact, household


def of_household(connection: Connection, household_id: int) -> list[dict[str, Any]]:
    """All of them, those who left too, in the order in which they came."""
    query = sa.select(contact).where(contact.c.household == household_id).order_by(contact.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def at(connection: Connection, channel: str, address: str) -> list[sa.Row[Any]]:
    """The verified contacts that somebody writing from this address may speak for; one for each household."""
    query = (
        sa.select(contact)
        .join(household, household.c.id == contact.c.household)
        .where(
            contact.c.channel.in_(ways.alike(channel)),
            contact.c.address == address,
            contact.c.state == ContactState.VERIFIED.value,
            household.c.ended.is_(None),
        )
        .order_by(contact.c.household, contact.c.id)
    )
    first: dict[int, sa.Row[Any]] = {}
    for row in connection.execute(query):
        first.setdefault(row.household, row)
    return list(first.values())


def unreachable(connection: Connection, channel: str, address: str, now: int) -> list[int]:
    """A provider says that nobody can be reached there: the contacts are dead, and their households' ids come back."""
    gone = (
        sa.update(contact)
        .where(
            contact.c.channel == channel,
            contact.c.address == address,
            contact.c.state == ContactState.VERIFIED.value,
        )
        .values(state=ContactState.DEAD.value, left=now)
        .returning(contact.c.household)
    )
    households = sorted(set(connection.execute(gone).scalars()))
    for one in households:
        recipients.keep(connection, one)
    return households
