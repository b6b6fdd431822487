"""The timeline of an incident: every change is a row with who, when and what."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.tables import incident, incident_entry


class EntryKind(StrEnum):
    """What an entry tells of; `docs/design/alerts.md` lists the keys of each one's data."""

    ALARM = "alarm"
    CONTACT = "contact"
    STATE = "state"
    VERDICT = "verdict"
    ACKNOWLEDGE = "acknowledge"
    RELEASE = "release"
    EXPIRE = "expire"
    ESCALATE = "escalate"
    COMMENT = "comment"
    COMMAND = "command"
    SNAPSHOT = "snapshot"
    DELIVERY = "delivery"
    ALL_CLEAR = "all_clear"
    UNREADABLE = "unreadable"
    HOLD = "hold"
    PANEL = "panel"
    FIRE_HINT = "fire_hint"
    SIGHTING = "sighting"
    MUTED = "muted"
    REPORT = "report"
    DISPATCH = "dispatch"
    CALL = "call"
    ROLL_CALL = "roll_call"
    OUTCOME = "outcome"
    PHOTO = "photo"
    HANDOVER = "handover"
    URGENT_REPORT = "urgent_report"
    HELD_FAULT = "held_fault"
    STORM = "storm"


def write(
    connection: Connection,
    incident_id: int,
    kind: EntryKind,
    data: dict[str, Any],
    now: int,
    account_id: int | None = None,
) -> None:
    """Add an entry; `account_id` None means the system did it. Pages hear of it by `announce`, once a transaction."""
    connection.execute(
        sa.insert(incident_entry).values(incident=incident_id, at=now, kind=kind.value, account=account_id, data=data)
    )
    connection.execute(sa.update(incident).where(incident.c.id == incident_id).values(changed=now))


def write_once(connection: Connection, incident_id: int, kind: EntryKind, data: dict[str, Any], now: int) -> bool:
    """As `write`, unless the incident has this very entry already; says whether it was written."""
    query = sa.select(incident_entry.c.data).where(
        incident_entry.c.incident == incident_id, incident_entry.c.kind == kind.value
    )
    if data in connection.execute(query).scalars().all():
        return False
    write(connection, incident_id, kind, data, now)
    return True


def announce(connection: Connection, incident_id: int, now: int, *, opened: bool = False) -> None:
    """Tell the pages, as the last thing in a transaction: on PostgreSQL it holds the queue of page events."""
    page_events.publish(connection, "incidents" if opened else "incident", {"incident": incident_id}, now)
