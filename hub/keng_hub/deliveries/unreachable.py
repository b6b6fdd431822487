"""An address that nobody is behind any more: the household's contact is dead, and its ladder goes on without it."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people import contacts
from keng_hub.tables import delivery, recipient


def note(connection: Connection, delivery_id: int, channel: str, address: str, now: int) -> None:
    """Mark the contact of a household; the address of somebody on duty stands in the configuration, for people."""
    query = (
        sa.select(recipient.c.household)
        .join(delivery, delivery.c.recipient == recipient.c.id)
        .where(delivery.c.id == delivery_id)
    )
    if connection.execute(query).scalar_one() is not None:
        contacts.unreachable(connection, channel, address, now)
