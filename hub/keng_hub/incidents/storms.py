"""Many faults of a village within minutes are one incident: a power cut or a storm of faults. Alarms are left alone."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries, findings
from keng_hub.incidents.case import HUB, Case, Finding
from keng_hub.incidents.conditions import NOT_OVER, SourceCondition
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.findings import FAULT_STORM, MASS_OUTAGE, NODE_SILENT
from keng_hub.incidents.normalise import path
from keng_hub.incidents.states import ENDED
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import alarm, device, incident, node, place
from keng_wire.alarm import Category, Phase, Severity
from keng_wire.conditions import Mark
from keng_wire.event import FaultCode

COUNT: Final = 10
"""So many devices and nodes at fault ..."""
WITHIN_MS: Final = 10 * 60_000
"""... within this time are a storm, and for so long after its last fault it takes in the next one."""
CAUSES: Final = frozenset({MASS_OUTAGE, FAULT_STORM})
_DARK: Final = frozenset({NODE_SILENT, FaultCode.POWER.value, Mark.MAINS_LOST.value, Mark.COMMS_LOST.value})
"""What a power cut looks like from here."""


def due(connection: Connection, finding: Finding, now: int) -> Finding | None:
    """The storm that begins with this fault, as a finding of the hub; None when there is none, or one already."""
    village = _village(connection, finding)
    if village is None or finding.test or _standing(connection, village, now) is not None:
        return None
    rows = _lately(connection, village, now)
    members = {(row["node"], row["device"]) for row in rows} | {(finding.node, finding.device)}
    if len(members) < COUNT:
        return None
    dark = sum(row["cause"] in _DARK for row in rows) + (finding.cause in _DARK)
    cause = MASS_OUTAGE if 2 * dark > len(rows) + 1 else FAULT_STORM
    return findings.of_hub(village, cause, Severity.HIGH, now, now, place=village)


def note_earlier(connection: Connection, incident_id: int, village: str, now: int) -> None:
    """Write down the incidents that came before the many were seen as one; they stay as they are."""
    earlier = {row["incident"] for row in _lately(connection, village, now)} - {incident_id}
    chosen = sa.select(incident.c.code).where(incident.c.id.in_(earlier)).order_by(incident.c.id)
    codes = list(connection.execute(chosen).scalars())
    entries.write(connection, incident_id, EntryKind.STORM, {"incidents": codes}, now)


def home(connection: Connection, case: Case) -> sa.Row[Any] | None:
    """The storm that a new fault belongs to."""
    if case.finding.cause in CAUSES or case.finding.test or case.simulated:
        return None
    village = _village(connection, case.finding)
    return None if village is None else _standing(connection, village, case.now)


def calm(connection: Connection, incident_id: int) -> None:
    """When every fault of a storm is over, so is the storm itself; a person still closes its incident."""
    own = (alarm.c.incident == incident_id, alarm.c.node == HUB, alarm.c.cause.in_(CAUSES))
    going_on = sa.select(alarm.c.id).where(
        alarm.c.incident == incident_id,
        alarm.c.cause.not_in(CAUSES),
        alarm.c.condition.in_([condition.value for condition in NOT_OVER]),
    )
    if connection.execute(going_on.limit(1)).first() is None:
        over = {"condition": SourceCondition.CLEARED.value, "phase": Phase.CLEARED.value}
        connection.execute(sa.update(alarm).where(*own).values(**over))


def _standing(connection: Connection, village: str, now: int) -> sa.Row[Any] | None:
    latest = sa.select(sa.func.max(alarm.c.received_at)).where(alarm.c.incident == incident.c.id).scalar_subquery()
    query = (
        sa.select(incident)
        .where(incident.c.cause.in_(CAUSES), incident.c.place == village)
        .where(incident.c.state.not_in([state.value for state in ENDED]), latest >= now - WITHIN_MS)
        .order_by(incident.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _lately(connection: Connection, village: str, now: int) -> list[sa.RowMapping]:
    query = (
        sa.select(alarm.c.node, alarm.c.device, alarm.c.cause, alarm.c.incident)
        .join(incident, incident.c.id == alarm.c.incident)
        .where(
            alarm.c.category == Category.FAULT.value,
            alarm.c.node != HUB,
            alarm.c.received_at >= now - WITHIN_MS,
            incident.c.place.in_(subtree(village)),
            sa.not_(incident.c.test),
            sa.not_(incident.c.simulated),
        )
    )
    return list(connection.execute(query).mappings())


def _village(connection: Connection, finding: Finding) -> str | None:
    """The village in which the device of a node stands; what the hub finds about itself is in none."""
    if finding.category is not Category.FAULT or finding.node == HUB:
        return None
    query = (
        sa.select(device.c.place, device.c.simulated, node.c.place.label("home"))
        .select_from(node.outerjoin(device, sa.and_(device.c.node == node.c.id, device.c.id == finding.device)))
        .where(node.c.id == finding.node)
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.simulated:
        return None
    around = [key for key, _ in path(connection, row.place or row.home)]
    kinds = dict(connection.execute(sa.select(place.c.id, place.c.kind).where(place.c.id.in_(around))).all())
    return next((key for key in around if kinds[key] == "village"), None)
