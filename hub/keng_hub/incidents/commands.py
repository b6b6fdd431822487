"""Silence and reset as rows for the nodes; the downlink carries them, the node answers with a result."""

import secrets

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.case import HUB
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.tables import alarm, command
from keng_wire.alarm import Category
from keng_wire.control import CommandName

LIFE_MS = 120_000
"""A reset that comes later than this would surprise whoever stands there by then."""


def queue_commands(
    connection: Connection, incident_id: int, account_id: int, name: CommandName, reason: str, now: int
) -> list[str]:
    """A command for each alarm of the incident that is latched at a node; says their ids, none when there is none."""
    latched = connection.execute(
        sa.select(alarm.c.node, alarm.c.occurrence)
        .where(
            alarm.c.incident == incident_id,
            alarm.c.node != HUB,
            alarm.c.category != Category.FAULT.value,
            alarm.c.condition != SourceCondition.RESET.value,
        )
        .order_by(alarm.c.id)
    ).all()
    rows = [
        {
            "id": secrets.token_hex(8),
            "node": row.node,
            "name": name.value,
            "occurrence": row.occurrence,
            "account": account_id,
            "reason": reason,
            "state": "queued",
            "created": now,
            "expires": now + LIFE_MS,
        }
        for row in latched
    ]
    if rows:
        connection.execute(sa.insert(command), rows)
    return [str(row["id"]) for row in rows]
