"""Faults of devices, nodes and of telling people: one incident a device, begun once, ended only by a true clear."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import availability
from keng_hub.availability import PathKind
from keng_hub.incidents import correlate, entries, findings, held_faults, stages, storms
from keng_hub.incidents.case import HUB, Change, Finding
from keng_hub.incidents.conditions import NOT_OVER, SourceCondition
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import alarm, incident
from keng_wire.alarm import Category, Phase, Severity

_GOING_ON = [condition.value for condition in NOT_OVER]


def begin(connection: Connection, finding: Finding, now: int) -> None:
    """Open or join an incident, unless this very fault of this device is known and not over.

    What is down above the device holds its fault; the tenth of a village within minutes begins a storm first.
    """
    if _going_on(connection, finding.node, finding.device, finding.cause):
        return
    above = held_faults.parent(connection, finding, now)
    if above is not None:
        held_faults.hold(connection, above, finding, now)
        return
    storm = storms.due(connection, finding, now)
    if storm is not None:
        incident_id = stages.run(connection, storm, now).incident
        storms.note_earlier(connection, incident_id, storm.device, now)
    stages.run(connection, finding, now)


def end(connection: Connection, node: str, device: str, cause: str, now: int) -> None:
    """The fault is gone: its source is cleared; the incident stays until a person closes it."""
    held_faults.forget(connection, node, device, cause, now)
    for row in _going_on(connection, node, device, cause):
        connection.execute(
            sa.update(alarm)
            .where(alarm.c.id == row.id)
            .values(condition=SourceCondition.CLEARED.value, phase=Phase.CLEARED.value)
        )
        storms.calm(connection, row.incident)
        correlate.refresh_condition(connection, row.incident)
        data = {
            "change": Change.STEP.value,
            "phase": Phase.CLEARED.value,
            "node": node,
            "device": device,
            "cause": cause,
        }
        entries.write(connection, row.incident, EntryKind.ALARM, data, now)
        entries.announce(connection, row.incident, now)
    for finding in held_faults.released(connection, node, now):
        begin(connection, finding, now)


def undelivered(connection: Connection, incident_id: int | None, recipient_id: str, now: int) -> None:
    """A ladder ended with nothing accepted: note it there, and open a fault about the person nobody could reach."""
    take_turn(connection)
    about = None
    if incident_id is not None:
        about = connection.execute(sa.select(incident).where(incident.c.id == incident_id)).one()
        data = {"recipient": recipient_id, "result": "undelivered"}
        entries.write(connection, incident_id, EntryKind.DELIVERY, data, now)
        entries.announce(connection, incident_id, now)
        if about.cause in findings.DELIVERY_CAUSES:
            return
    severity = Severity.HIGH if about is not None and about.category == Category.FIRE.value else Severity.MEDIUM
    detail = None if about is None else about.code
    finding = findings.of_hub(recipient_id, findings.UNDELIVERED, severity, now, now, detail=detail)
    begin(connection, finding, now)


def reached(connection: Connection, recipient_id: str, now: int) -> None:
    """A message to this person was accepted, so whatever kept them from being reached is over."""
    end(connection, HUB, recipient_id, findings.UNDELIVERED, now)


def unreached(connection: Connection, short_code: str, now: int) -> None:
    """Residents could not be told: one fault a message, however many households there are."""
    take_turn(connection)
    begin(connection, findings.of_hub(short_code, findings.UNREACHED, Severity.MEDIUM, now, now), now)


def short(connection: Connection, channel: str, detail: str, now: int) -> None:
    """A channel's budget of speed or money holds messages back."""
    begin(connection, findings.of_hub(channel, findings.BUDGET, Severity.MEDIUM, now, now, detail=detail), now)


def suffices(connection: Connection, channel: str, now: int) -> None:
    """The budget suffices again."""
    end(connection, HUB, channel, findings.BUDGET, now)


def channel_down(connection: Connection, channel: str, detail: str, now: int) -> None:
    """A channel's breaker opened."""
    availability.lost(connection, PathKind.CHANNEL, channel, now)
    finding = findings.of_hub(channel, findings.CHANNEL, Severity.HIGH, now, now, detail=detail)
    begin(connection, finding, now)


def channel_up(connection: Connection, channel: str, now: int) -> None:
    """A channel works again."""
    availability.returned(connection, PathKind.CHANNEL, channel, now)
    end(connection, HUB, channel, findings.CHANNEL, now)


def _going_on(connection: Connection, node: str, device: str, cause: str) -> list[sa.Row[Any]]:
    query = sa.select(alarm).where(
        alarm.c.node == node,
        alarm.c.device == device,
        alarm.c.cause == cause,
        alarm.c.category == Category.FAULT.value,
        alarm.c.condition.in_(_GOING_ON),
    )
    return list(connection.execute(query).all())
