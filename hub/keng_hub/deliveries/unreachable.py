"""An address that nobody is behind any more: the household's contact is dead, and its ladder goes on without it."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import contact, delivery, recipient

DEAD = "dead"


def note(connection: Connection, delivery_id: int, channel: str, address: str, now: int) -> None:
    """Mark the contact of a household; the address of somebody on duty stands in the configuration, for people."""
    row = connection.execute(
        sa.select(recipient.c.id, recipient.c.household, recipient.c.ladder)
        .join(delivery, delivery.c.recipient == recipient.c.id)
        .where(delivery.c.id == delivery_id)
    ).one()
    if row.household is None:
        return
    connection.execute(
        sa.update(contact)
        .where(
            contact.c.household == row.household,
            contact.c.channel == channel,
            contact.c.address == address,
            contact.c.state == "verified",
        )
        .values(state=DEAD, left=now)
    )
    ladder = [step for step in row.ladder if (step["channel"], step["address"]) != (channel, address)]
    connection.execute(sa.update(recipient).where(recipient.c.id == row.id).values(ladder=ladder))
