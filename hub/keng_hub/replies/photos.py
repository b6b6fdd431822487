"""Photos of reports: made anew from what a phone sent, kept for the days of media, longer for an incident."""

import hashlib
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.states import ENDED
from keng_hub.incidents.turn import take_turn
from keng_hub.media import deletions
from keng_hub.points.photos import Photo
from keng_hub.tables import incident, incident_hold, report_photo, resident_report

LARGEST: Final = 8_000_000
"""Bytes of an upload."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MOST_AN_HOUR: Final = 200
"""More would fill the disk; the words of a report are kept in any case."""
SLICE: Final = 50


def keep(connection: Connection, report_id: int, photo: Photo, now: int) -> bool:
    """Keep it with its report; False when there is one already, or too many came within the hour."""
    there = sa.select(report_photo.c.id).where(report_photo.c.report == report_id)
    lately = sa.select(sa.func.count()).where(report_photo.c.at > now - HOUR_MS)
    if connection.execute(there).first() or connection.execute(lately).scalar_one() >= MOST_AN_HOUR:
        return False
    digest = hashlib.sha256(photo.jpeg).hexdigest()
    connection.execute(sa.insert(report_photo).values(report=report_id, at=now, sha256=digest, **photo._asdict()))
    return True


def old(connection: Connection, days: int, now: int) -> bool:
    """Whether any is past its days and not held."""
    return connection.execute(_old(days, now).limit(1)).first() is not None


def delete_old(connection: Connection, days: int, now: int) -> int:
    """Delete some that are past their days, each with a line in the chain of deletions; says how many."""
    take_turn(connection)  # the chain has one writer at a time
    rows = connection.execute(_old(days, now).limit(SLICE)).all()
    for row in rows:
        connection.execute(sa.delete(report_photo).where(report_photo.c.id == row.id))
        facts: dict[str, Any] = {"node": "hub", "device": "tin-bao", "occurrence": row.code, "kind": "snapshot"}
        facts |= {"at": row.at, "sha256": row.sha256, "size": row.size, "days": days, "deleted": now}
        deletions.note(connection, facts)
    return len(rows)


def _old(days: int, now: int) -> sa.Select[Any, Any, Any, Any, Any]:
    """An open incident holds its photos, and a person may with a reason."""
    held = sa.select(incident_hold.c.incident).where(incident_hold.c.ended.is_(None))
    over = sa.and_(incident.c.state.in_([state.value for state in ENDED]), incident.c.id.not_in(held))
    size = sa.func.length(report_photo.c.jpeg).label("size")
    return (
        sa.select(report_photo.c.id, report_photo.c.at, report_photo.c.sha256, size, resident_report.c.code)
        .join(resident_report, resident_report.c.id == report_photo.c.report)
        .outerjoin(incident, incident.c.id == resident_report.c.incident)
        .where(report_photo.c.at < now - days * DAY_MS, sa.or_(resident_report.c.incident.is_(None), over))
        .order_by(report_photo.c.id)
    )
