"""A node falls silent, or is heard again: what it said last is not known to hold, and never counts as over."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import availability
from keng_hub.availability import PathKind
from keng_hub.incidents import correlate, entries, faults, findings, notify
from keng_hub.incidents.conditions import SourceCondition, after
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.route import people
from keng_hub.incidents.states import ENDED
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import Say
from keng_hub.tables import alarm, incident
from keng_wire.alarm import Category, Phase, Severity

NODE_ITSELF = findings.NODE_ITSELF
"""The device id of faults of a node as a whole."""

_SAFETY = frozenset({Category.FIRE.value, Category.MEDICAL.value, Category.SECURITY.value})


def lost(connection: Connection, node: str, since: int, now: int) -> None:
    """Open the fault of a silent node; its alarms become unknown, and who heard of them hears of that."""
    take_turn(connection)
    availability.lost(connection, PathKind.NODE, node, since)
    for row in _alarms(connection, node, SourceCondition.ACTIVE):
        _set(connection, row, SourceCondition.UNKNOWN)
    for row in _incidents(connection, node):
        before = row.condition
        correlate.refresh_condition(connection, row.id)
        said = connection.execute(sa.select(incident).where(incident.c.id == row.id)).one()
        if said.condition == before or said.condition != SourceCondition.UNKNOWN.value:
            continue
        entries.write(connection, row.id, EntryKind.CONTACT, {"node": node, "lost": True, "since": since}, now)
        if row.category in _SAFETY and row.state not in ENDED:
            told = people(connection, row.category, row.place, range(1, 2 + row.escalations), now)
            notify.tell(connection, said, Say.LOST, notify.kind_of(said, first=False), told, now)
        entries.announce(connection, row.id, now)
    silent = findings.of_hub(NODE_ITSELF, findings.NODE_SILENT, Severity.HIGH, since, now, node=node)
    faults.begin(connection, silent, now)


def returned(connection: Connection, node: str, now: int) -> None:
    """The node is heard again: its alarms stand where it last said, until it says otherwise."""
    take_turn(connection)
    availability.returned(connection, PathKind.NODE, node, now)
    changed: set[int] = set()
    for row in _alarms(connection, node, SourceCondition.UNKNOWN):
        if row.phase != Phase.LOST.value:  # that one the node itself had lost
            _set(connection, row, after(Phase(row.phase), SourceCondition.ACTIVE))
            changed.add(row.incident)
    for incident_id in sorted(changed):
        correlate.refresh_condition(connection, incident_id)
        entries.write(connection, incident_id, EntryKind.CONTACT, {"node": node, "lost": False}, now)
        entries.announce(connection, incident_id, now)
    faults.end(connection, node, NODE_ITSELF, findings.NODE_SILENT, now)


def _alarms(connection: Connection, node: str, condition: SourceCondition) -> list[sa.Row[Any]]:
    query = sa.select(alarm).where(
        alarm.c.node == node,
        alarm.c.condition == condition.value,
        alarm.c.cause != findings.NODE_SILENT,
    )
    return list(connection.execute(query).all())


def _incidents(connection: Connection, node: str) -> list[sa.Row[Any]]:
    with_unknown = sa.select(alarm.c.incident).where(
        alarm.c.node == node, alarm.c.condition == SourceCondition.UNKNOWN.value
    )
    query = sa.select(incident).where(incident.c.id.in_(with_unknown)).order_by(incident.c.id)
    return list(connection.execute(query).all())


def _set(connection: Connection, row: sa.Row[Any], condition: SourceCondition) -> None:
    connection.execute(sa.update(alarm).where(alarm.c.id == row.id).values(condition=condition.value))
