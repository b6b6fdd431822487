"""Telling the duty desk what happens to an incident that somebody has already: help that is needed, or that is late."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import notify
from keng_hub.incidents.route import people
from keng_hub.incidents.wording import Say


def tell(connection: Connection, row: sa.Row[Any], say: Say, now: int) -> int:
    """Write a message to everybody of the first tier, whatever is muted; says how many."""
    first = people(connection, row.category, row.place, [1], now)
    return notify.send(connection, row, say, notify.kind_of(row, first=False), first, now)
