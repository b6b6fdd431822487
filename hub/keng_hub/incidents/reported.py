"""What residents report: an incident like any other, not verified, never held back, one with the alarms beside it."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries, findings, stages
from keng_hub.incidents.case import HUB, Finding
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import alarm
from keng_wire.alarm import Category, Evidence, Phase, Severity

REPORTED: Final = "tin-bao"
"""Stands where a device would: the report itself."""

SEVERITY: Final[dict[Category, Severity]] = {
    Category.FIRE: Severity.CRITICAL,
    Category.MEDICAL: Severity.CRITICAL,
    Category.SECURITY: Severity.HIGH,
    Category.FAULT: Severity.LOW,
    Category.INFO: Severity.LOW,
}


def report(
    connection: Connection,
    place: str | None,
    category: Category,
    text: str,
    at: int,
    now: int,
    *,
    key: str,
    household: int | None = None,
) -> int:
    """Take a report of something at `place` that was seen at `at` (UTC ms); gives the id of its incident.

    `key` names the report for good: the same one twice is one. Nothing about the sender delays or stops it.
    """
    finding = Finding(
        node=HUB,
        occurrence=findings.occurrence("report", key),
        phase=Phase.RAISED,
        category=category,
        severity=SEVERITY[category],
        cause=findings.RESIDENT_REPORT,
        evidence=Evidence.PERSON,
        device=REPORTED,
        happened=at,
        received=now,
        place=place,
        recorded_at=now,
    )
    take_turn(connection)
    known = sa.select(alarm.c.incident).where(alarm.c.node == HUB, alarm.c.occurrence == finding.occurrence)
    incident_id = connection.execute(known).scalar_one_or_none()
    if incident_id is not None:
        return int(incident_id)
    case = stages.run(connection, finding, now)
    data = {"text": text, "place": case.place_words, "at": at, "household": household}
    entries.write(connection, case.incident, EntryKind.REPORT, data, now)
    return case.incident
