"""A message such as `LIENKET 123456` links the chat it came from to the household whose page showed the digits."""

import hashlib

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people.verification import Failure, verified
from keng_hub.tables import contact, contact_code
from keng_hub.web import throttle


def link(connection: Connection, channel: str, address: str, code: str, now: int) -> int | Failure:
    """Link `address` (a chat of `channel`); the household's id, or why the digits link nothing.

    Five wrong codes from one address within a quarter of an hour make it wait a minute before each further try.
    """
    source = hashlib.sha256(f"{channel} {address}".encode()).hexdigest()[:60]
    attempt, _ = throttle.begin(connection, "lienket", source, now)
    if attempt is None:
        return Failure.OVER
    rows = connection.execute(
        sa.select(contact_code).where(
            contact_code.c.digits == code.strip(),
            contact_code.c.channel == channel,
            contact_code.c.address.is_(None),
            contact_code.c.used.is_(None),
            contact_code.c.expires > now,
        )
    ).all()
    if len(rows) != 1:  # two at once drew the same digits: neither may guess which household is meant
        return Failure.WRONG
    made = verified(connection, rows[0], address, now)
    if isinstance(made, Failure):
        return made
    throttle.succeeded(connection, attempt)
    return int(connection.execute(sa.select(contact.c.household).where(contact.c.id == made)).scalar_one())


def linked(connection: Connection, code_id: int, household_id: int) -> int | None:
    """The contact that came of a code which a person was to send to us; None while nobody has."""
    row = connection.execute(
        sa.select(contact_code).where(
            contact_code.c.id == code_id, contact_code.c.household == household_id, contact_code.c.used.is_not(None)
        )
    ).one_or_none()
    if row is None:
        return None
    query = sa.select(contact.c.id).where(
        contact.c.household == household_id, contact.c.channel == row.channel, contact.c.verified == row.used
    )
    return connection.execute(query).scalar()
