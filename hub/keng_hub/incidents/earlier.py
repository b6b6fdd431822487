"""What came before its alarm: events have no right of way and yet, on another lane, may be the quicker ones."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.case import Finding
from keng_hub.incidents.entries import EntryKind
from keng_hub.tables import alarm, node_event, snapshot

_AROUND_MS = 600_000
"""Bells ring seconds after the frame; the rest is for clocks that were set in between."""


def take_up(connection: Connection, finding: Finding, incident_id: int, now: int) -> None:
    """Give a new alarm the pictures and the bell that are here already."""
    pictures = connection.execute(
        sa.select(snapshot.c.id, snapshot.c.device).where(
            snapshot.c.node == finding.node, snapshot.c.occurrence == finding.occurrence
        )
    ).all()
    for picture in pictures:
        data = {"snapshot": picture.id, "device": picture.device}
        entries.write_once(connection, incident_id, EntryKind.SNAPSHOT, data, now)
    bells = connection.execute(
        sa.select(node_event.c.at, node_event.c.body)
        .where(
            node_event.c.node == finding.node,
            node_event.c.kind == "sounder",
            node_event.c.at.between(finding.happened - _AROUND_MS, finding.happened + _AROUND_MS),
        )
        .order_by(node_event.c.id)
    ).all()
    for bell in bells:
        if bell.body.get("occurrence") == finding.occurrence and bell.body.get("on"):
            sounded(connection, finding.node, finding.occurrence, bell.at, bell.body.get("since_frame"))


def sounded(connection: Connection, node: str, occurrence: str, at: int, since_frame: int | None) -> None:
    """Note when the first bell rang; where the node measured it from the frame, without any clock of ours."""
    moment = sa.literal(at, sa.BigInteger) if since_frame is None else alarm.c.frame_at + since_frame
    connection.execute(
        sa.update(alarm)
        .where(alarm.c.node == node, alarm.c.occurrence == occurrence, alarm.c.sounded_at.is_(None))
        .values(sounded_at=moment)
    )
