"""A camera's hint of fire: a note in the fire next to it, or by itself a small matter that somebody should look at.

It never makes a fire: not its evidence, not its severity, and nobody is told more urgently because of it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.incidents import entries, stages
from keng_hub.incidents.case import Case, Finding
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.findings import FIRE_HINT, of_hint
from keng_hub.incidents.joining import open_incident
from keng_hub.incidents.normalise import normalise
from keng_hub.tables import alarm, incident_entry
from keng_wire.alarm import Category
from keng_wire.fire_hint import FireHinted

RECENT = 200
"""Notes that are searched for an occurrence, newest first; hints are rare."""


def take(connection: Connection, arrival: Arrival, body: FireHinted, now: int) -> None:
    """Note where it belongs that it looks like fire, or does so no longer."""
    finding = of_hint(arrival, body)
    if not body.active:
        _over(connection, finding, now)
        return
    fire = _open(connection, finding, Category.FIRE, now)
    if fire is None:
        stages.run(connection, finding, now)
    else:
        _note(connection, [fire.id], finding, now, active=True)


def take_up(connection: Connection, case: Case) -> None:
    """A fire was told: if a camera beside it sees something like fire, its incident says so."""
    if case.finding.category is not Category.FIRE:
        return
    hint = _open(connection, case.finding, Category.INFO, case.now)
    if hint is None:
        return
    rows = connection.execute(
        sa.select(alarm).where(alarm.c.incident == hint.id, alarm.c.cause == FIRE_HINT, alarm.c.condition == "active")
    ).all()
    for row in rows:
        seen = replace(case.finding, node=row.node, device=row.device, occurrence=row.occurrence, happened=row.frame_at)
        entries.write_once(connection, case.incident, EntryKind.FIRE_HINT, _data(seen, active=True), case.now)


def incident_of(connection: Connection, node: str, occurrence: str) -> int | None:
    """The fire that a hint was noted in, for its picture."""
    return next(iter(_noted(connection, node, occurrence)), None)


def _over(connection: Connection, finding: Finding, now: int) -> None:
    known = connection.execute(
        sa.select(alarm.c.id).where(alarm.c.node == finding.node, alarm.c.occurrence == finding.occurrence)
    ).first()
    if known is not None:
        stages.run(connection, finding, now)
    _note(connection, _noted(connection, finding.node, finding.occurrence), finding, now, active=False)


def _open(connection: Connection, finding: Finding, category: Category, now: int) -> sa.Row[Any] | None:
    """The open incident of that category at the finding's place and time."""
    case = Case(replace(finding, category=category), now)
    normalise(connection, case)
    return open_incident(connection, case)


def _noted(connection: Connection, node: str, occurrence: str) -> list[int]:
    rows = connection.execute(
        sa.select(incident_entry.c.incident, incident_entry.c.data)
        .where(incident_entry.c.kind == EntryKind.FIRE_HINT.value)
        .order_by(incident_entry.c.id.desc())
        .limit(RECENT)
    ).all()
    mine = [row.incident for row in rows if (row.data.get("node"), row.data.get("occurrence")) == (node, occurrence)]
    return list(dict.fromkeys(mine))


def _note(connection: Connection, incidents: Iterable[int], finding: Finding, now: int, *, active: bool) -> None:
    for incident_id in incidents:
        if entries.write_once(connection, incident_id, EntryKind.FIRE_HINT, _data(finding, active=active), now):
            entries.announce(connection, incident_id, now)


def _data(finding: Finding, *, active: bool) -> dict[str, Any]:
    return {
        "node": finding.node,
        "device": finding.device,
        "occurrence": finding.occurrence,
        "active": active,
        "at": finding.happened,
    }
