"""What stands in the timeline of a fire of a camera's hints, and whether one of them holds."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.case import Case, Finding
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.findings import HINTS
from keng_hub.incidents.joining import open_incident
from keng_hub.incidents.normalise import normalise
from keng_hub.tables import alarm, incident_entry
from keng_wire.alarm import Category
from keng_wire.fire_hint import FireSign

SIGNS = {cause: sign for sign, cause in HINTS.items()}
RECENT = 200
"""Notes that are searched for an occurrence, newest first; hints are rare."""


def take_up(connection: Connection, case: Case) -> None:
    """A fire was told: if a camera beside it sees something like fire, its incident says so."""
    if case.finding.category is not Category.FIRE:
        return
    hint = beside(connection, case.finding, Category.INFO, case.now)
    if hint is None:
        return
    standing = sa.select(alarm).where(
        alarm.c.incident == hint.id,
        alarm.c.cause.in_(SIGNS),
        alarm.c.condition == SourceCondition.ACTIVE.value,
    )
    for row in connection.execute(standing).all():
        hinted = {"node": row.node, "device": row.device, "occurrence": row.occurrence, "cause": row.cause}
        seen = replace(case.finding, happened=row.frame_at, **hinted)
        entries.write_once(connection, case.incident, EntryKind.FIRE_HINT, _data(seen, active=True), case.now)


def beside(connection: Connection, finding: Finding, category: Category, now: int) -> sa.Row[Any] | None:
    """The open incident of that category at the finding's place and time."""
    case = Case(replace(finding, category=category), now)
    normalise(connection, case)
    return open_incident(connection, case)


def noted(connection: Connection, node: str, occurrence: str) -> list[int]:
    """The incidents that a hint is noted in, the newest note first."""
    rows = connection.execute(
        sa.select(incident_entry.c.incident, incident_entry.c.data)
        .where(incident_entry.c.kind == EntryKind.FIRE_HINT.value)
        .order_by(incident_entry.c.id.desc())
        .limit(RECENT)
    ).all()
    mine = [row.incident for row in rows if (row.data.get("node"), row.data.get("occurrence")) == (node, occurrence)]
    return list(dict.fromkeys(mine))


def note(connection: Connection, incidents: Iterable[int], finding: Finding, now: int, *, active: bool) -> None:
    """Write into each incident that it begins to look like flames or smoke, or does so no longer."""
    for incident_id in incidents:
        if entries.write_once(connection, incident_id, EntryKind.FIRE_HINT, _data(finding, active=active), now):
            entries.announce(connection, incident_id, now)


def stands(connection: Connection, incident_id: int) -> FireSign | None:
    """The sign of a hint that is noted in an incident and has not ended: flames before smoke, the weaker one."""
    rows = connection.execute(
        sa.select(incident_entry.c.data)
        .where(incident_entry.c.incident == incident_id, incident_entry.c.kind == EntryKind.FIRE_HINT.value)
        .order_by(incident_entry.c.id)
    ).scalars()
    last = {data.get("occurrence"): data for data in rows}
    standing = {data.get("sign", FireSign.FLAMES) for data in last.values() if data.get("active")}
    return next((sign for sign in FireSign if sign in standing), None)


def _data(finding: Finding, *, active: bool) -> dict[str, Any]:
    return {
        "node": finding.node,
        "device": finding.device,
        "occurrence": finding.occurrence,
        "active": active,
        "sign": SIGNS[finding.cause],
        "at": finding.happened,
    }
