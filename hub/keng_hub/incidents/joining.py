"""Which open incident a new source belongs to, if any."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import storms
from keng_hub.incidents.case import Case
from keng_hub.incidents.conditions import NOT_OVER
from keng_hub.incidents.findings import RESIDENT_REPORT
from keng_hub.incidents.normalise import path
from keng_hub.incidents.states import ENDED
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import alarm, incident, place
from keng_wire.alarm import Category

SAME_TIME_MS = 30 * 60_000
"""A source within half an hour of an incident's alarms belongs to it; while it still alarms, at any time after."""


def open_incident(connection: Connection, case: Case) -> sa.Row[Any] | None:
    """The incident to join. Real ones, drills, tests, simulations and isolated points never mix."""
    finding = case.finding
    query = (
        sa.select(incident)
        .where(
            incident.c.category == finding.category.value,
            incident.c.state.not_in([state.value for state in ENDED]),
            incident.c.drill == finding.drill,
            incident.c.test == finding.test,
            incident.c.simulated == case.simulated,
            incident.c.isolated == finding.isolated,
            incident.c.id.in_(_candidates(connection, case)),
        )
        .order_by(incident.c.id.desc())
        .with_for_update()
    )
    rows = connection.execute(query).all()
    for row in sorted(rows, key=lambda row: row.place != case.place):
        if _of_one_device(case) or _same_time(connection, case, row):
            return row
    return storms.home(connection, case) if _of_one_device(case) else None


def _candidates(connection: Connection, case: Case) -> "sa.Select[Any] | sa.CompoundSelect[Any]":
    """Incidents with an alarm of the same device (faults), or of the same place and zone (all others)."""
    beside = _beside(case)
    around = _around(connection, case)
    return beside if around is None else sa.union(beside, around)


def _of_one_device(case: Case) -> bool:
    return case.finding.category is Category.FAULT and case.finding.cause != RESIDENT_REPORT


def _beside(case: Case) -> sa.Select[Any]:
    finding = case.finding
    query = sa.select(alarm.c.incident)
    same_node = alarm.c.node == finding.node
    if _of_one_device(case):
        return query.where(same_node, alarm.c.device == finding.device)
    query = query.join(incident, incident.c.id == alarm.c.incident)
    same_zone = sa.true() if finding.zone is None else sa.or_(alarm.c.zone.is_(None), alarm.c.zone == finding.zone)
    if case.place is None:
        return query.where(same_node, same_zone)
    # A zone is a word of its own node: between nodes only the place can say that two sources belong together.
    return query.where(incident.c.place == case.place, sa.or_(sa.not_(same_node), same_zone))


def _around(connection: Connection, case: Case) -> sa.Select[Any] | None:
    """What people report they place roughly: an enclosing or enclosed place is the same one, but never the commune.

    A report joins any incident around it, and a sensor joins an incident of which there are only reports.
    """
    if case.place is None or _of_one_device(case):
        return None
    outer = [key for key, _ in path(connection, case.place)][1:]
    communes = sa.select(place.c.id).where(place.c.kind == "commune")
    near = sa.and_(incident.c.place.in_(outer), incident.c.place.not_in(communes))
    if case.place not in connection.execute(communes).scalars().all():
        near = sa.or_(near, incident.c.place.in_(subtree(case.place)))
    query = sa.select(alarm.c.incident).join(incident, incident.c.id == alarm.c.incident).where(near)
    if case.finding.cause == RESIDENT_REPORT:
        return query
    by_sensor = sa.select(alarm.c.incident).where(alarm.c.cause != RESIDENT_REPORT)
    return query.where(incident.c.id.not_in(by_sensor))


def _same_time(connection: Connection, case: Case, row: sa.Row[Any]) -> bool:
    """A late alarm is judged by its own time: one of this morning does not join an incident of tonight."""
    happened = case.finding.happened
    if happened < row.happened - SAME_TIME_MS:
        return False
    if row.condition in NOT_OVER and connection.execute(_standing(row.id)).first() is not None:
        return True
    last = connection.execute(sa.select(sa.func.max(alarm.c.frame_at)).where(alarm.c.incident == row.id)).scalar_one()
    return bool(happened <= last + SAME_TIME_MS)


def _standing(incident_id: int) -> "sa.Select[tuple[int]]":
    """The sources that may still alarm; what people reported is not asked again whether it holds."""
    not_over = [condition.value for condition in NOT_OVER]
    return sa.select(alarm.c.id).where(
        alarm.c.incident == incident_id, alarm.c.condition.in_(not_over), alarm.c.cause != RESIDENT_REPORT
    )
