"""Silence and reset as rows for the nodes; the downlink carries them, the node answers with a result."""

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.case import HUB
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.tables import alarm, command
from keng_wire.alarm import Category
from keng_wire.control import CommandName

UNDER_WAY = ("queued", "sent")
"""A node has not answered it yet."""

LIFE_MS = 120_000
"""A reset that comes later than this would surprise whoever stands there by then."""


def queue_commands(
    connection: Connection, incident_id: int, account_id: int, name: CommandName, reason: str, now: int
) -> list[str]:
    """A command for each alarm of the incident that is latched at a node; says their ids, none when there is none."""
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
        for row in _latched(connection, incident_id)
    ]
    if rows:
        connection.execute(sa.insert(command), rows)
    return [str(row["id"]) for row in rows]


def on_their_way(
    connection: Connection, incident_id: int, account_id: int, name: CommandName, reason: str, now: int
) -> list[str]:
    """What the same person asked all these nodes for in the same words, and no node has answered yet; else nothing."""
    occurrences = {row.occurrence for row in _latched(connection, incident_id)}
    same = (command.c.account == account_id, command.c.name == name.value, command.c.reason == reason)
    waits = (command.c.state.in_(UNDER_WAY), command.c.expires > now, command.c.occurrence.in_(occurrences))
    found = connection.execute(sa.select(command.c.id, command.c.occurrence).where(*same, *waits)).all()
    return [str(row.id) for row in found] if {row.occurrence for row in found} == occurrences else []


def _latched(connection: Connection, incident_id: int) -> "Sequence[sa.Row[str, str | None]]":
    query = sa.select(alarm.c.node, alarm.c.occurrence).where(
        alarm.c.incident == incident_id,
        alarm.c.node != HUB,
        alarm.c.category != Category.FAULT.value,
        alarm.c.condition != SourceCondition.RESET.value,
    )
    return connection.execute(query.order_by(alarm.c.id)).all()
