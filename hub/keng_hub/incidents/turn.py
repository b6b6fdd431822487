"""Incidents are written by one transaction at a time, also where the database would allow several."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_LOCK = 0x6B656E67_02
"""Key of the PostgreSQL lock; any constant no one else uses."""


def take_turn(connection: Connection) -> None:
    """Wait for the turn, kept until the end of the transaction; nothing to wait for on SQLite, which has one writer.

    Every transaction here touches an incident, the year's counter, attempts and the queue of page events, each in an
    order that depends on what happened. Taken first, one lock makes a deadlock between them impossible.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
