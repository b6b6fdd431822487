"""Which open incident a new source belongs to, if any."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.case import Case
from keng_hub.incidents.conditions import NOT_OVER
from keng_hub.incidents.states import ENDED
from keng_hub.tables import alarm, incident
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
            incident.c.id.in_(_candidates(case)),
        )
        .order_by(incident.c.id.desc())
        .with_for_update()
    )
    for row in connection.execute(query).all():
        if finding.category is Category.FAULT or _same_time(connection, case, row):
            return row
    return None


def _candidates(case: Case) -> sa.Select[Any]:
    """Incidents with an alarm of the same device (faults), or of the same place and zone (all others)."""
    finding = case.finding
    query = sa.select(alarm.c.incident)
    same_node = alarm.c.node == finding.node
    if finding.category is Category.FAULT:
        return query.where(same_node, alarm.c.device == finding.device)
    query = query.join(incident, incident.c.id == alarm.c.incident)
    same_zone = sa.true() if finding.zone is None else sa.or_(alarm.c.zone.is_(None), alarm.c.zone == finding.zone)
    if case.place is None:
        return query.where(same_node, same_zone)
    # A zone is a word of its own node: between nodes only the place can say that two sources belong together.
    return query.where(incident.c.place == case.place, sa.or_(sa.not_(same_node), same_zone))


def _same_time(connection: Connection, case: Case, row: sa.Row[Any]) -> bool:
    """A late alarm is judged by its own time: one of this morning does not join an incident of tonight."""
    happened = case.finding.happened
    if happened < row.happened - SAME_TIME_MS:
        return False
    if row.condition in NOT_OVER:
        return True
    last = connection.execute(sa.select(sa.func.max(alarm.c.frame_at)).where(alarm.c.incident == row.id)).scalar_one()
    return bool(happened <= last + SAME_TIME_MS)
