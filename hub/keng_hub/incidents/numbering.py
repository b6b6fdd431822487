"""Incident codes: SC-2026-0231, counted up in the transaction that opens the incident, so without gaps or doubles."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from keng_hub.incidents.wording import VIETNAM
from keng_hub.tables import counter


def next_code(connection: Connection, now: int) -> str:
    """The next code of the year `now` (UTC ms) lies in at the commune."""
    year = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM).year
    return f"SC-{year}-{count(connection, f'incident-{year}'):04d}"


def count(connection: Connection, name: str) -> int:
    """The next number of `name`, from 1, without gaps."""
    counted_up = (
        sa.update(counter).where(counter.c.name == name).values(value=counter.c.value + 1).returning(counter.c.value)
    )
    number = connection.execute(counted_up).scalar_one_or_none()
    if number is None:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(counter).values(name=name, value=1))
        except IntegrityError:  # another hub opened the year's first incident at the same moment
            return int(connection.execute(counted_up).scalar_one())
        return 1
    return int(number)
