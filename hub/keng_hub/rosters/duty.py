"""Who of those with a roster is on duty now: a person told at night is one who is awake for it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import recipient, shift


class OnDuty(NamedTuple):
    """One shift that runs: `recipient` is who really comes, the deputy where there is one."""

    shift: int
    recipient: str
    name: str
    instead_of: str | None
    begins: int
    ends: int


def on_duty(connection: Connection, now: int) -> list[OnDuty]:
    """The shifts that run at `now`, those that end first at the front."""
    comes = sa.func.coalesce(shift.c.deputy, shift.c.recipient)
    planned = recipient.alias("planned")
    query = (
        sa.select(shift, recipient.c.id.label("who"), recipient.c.name, planned.c.name.label("planned"))
        .join(recipient, recipient.c.id == comes)
        .join(planned, planned.c.id == shift.c.recipient)
        .where(shift.c.begins <= now, shift.c.ends > now, shift.c.cancelled.is_(None))
        .order_by(shift.c.ends, shift.c.id)
    )
    return [
        OnDuty(row.id, row.who, row.name, row.planned if row.deputy else None, row.begins, row.ends)
        for row in connection.execute(query)
    ]


def told(rows: Sequence[sa.Row[Any]], present: set[str]) -> list[sa.Row[Any]]:
    """Of the recipients of one tier: who has no roster, and who is on duty.

    When nobody with a roster is on duty, all of them are told: a gap in a roster must not be a gap in the alarm. Who
    stands in for somebody is told whether or not they have a roster of their own.
    """
    rostered = [row for row in rows if row.rostered]
    there = [row for row in rostered if row.id in present]
    chosen = {row.id for row in (there or rostered)}
    return [row for row in rows if not row.rostered or row.id in chosen]
