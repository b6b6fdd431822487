"""The link that leads a household to its own page: a random cookie made at joining, known by its digest only."""

import hashlib
import secrets
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people.states import ContactState
from keng_hub.tables import contact, home_link, household

LIFE_S: Final = 400 * 24 * 3600
"""The longest that browsers keep a cookie; each visit gives it anew."""


def make(connection: Connection, contact_id: int, now: int) -> str:
    """A token for the cookie of whoever verified this contact."""
    token = secrets.token_urlsafe(32)
    home = sa.select(contact.c.household).where(contact.c.id == contact_id).scalar_subquery()
    connection.execute(sa.insert(home_link).values(digest=_digest(token), household=home, contact=contact_id, made=now))
    return token


def find(connection: Connection, token: str) -> sa.Row[Any] | None:
    """The household of the link, with `contact` that made it; None when that contact left or the household did."""
    query = (
        sa.select(household, home_link.c.contact)
        .join_from(home_link, household)
        .join(contact, contact.c.id == home_link.c.contact)
        .where(
            home_link.c.digest == _digest(token),
            household.c.ended.is_(None),
            contact.c.state != ContactState.LEFT.value,
        )
    )
    return connection.execute(query).one_or_none()


def end(connection: Connection, token: str) -> None:
    """Forget one link."""
    connection.execute(sa.delete(home_link).where(home_link.c.digest == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
