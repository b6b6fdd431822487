"""What events of a node mean for incidents: a bell rang, a picture came, a fault began or ended, a command was done."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.channels import loudspeaker
from keng_hub.incidents import earlier, entries, faults, findings, fire_hints
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.contact import NODE_ITSELF
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.turn import take_turn
from keng_hub.media import rows as media_rows
from keng_hub.tables import alarm, command, snapshot
from keng_wire.alarm import Category
from keng_wire.conditions import Mark
from keng_wire.event import CommandResult, DeviceChanged, Media, NodeFault, PanelActed, Snapshot, Sounder
from keng_wire.fire_hint import FireHinted
from keng_wire.sighting import Sighted

TELLING = (Sounder, Snapshot, Media, DeviceChanged, NodeFault, CommandResult, PanelActed, FireHinted, Sighted)
"""What may change an incident."""


def take(connection: Connection, arrival: Arrival, now: int) -> None:
    """Do what the event asks for; events that mean nothing here are passed over."""
    body = arrival.message.body
    if isinstance(body, TELLING):
        take_turn(connection)
    if isinstance(body, Sounder):
        if body.on and body.occurrence is not None:
            earlier.sounded(connection, arrival.node, body.occurrence, arrival.at, body.since_frame)
    elif isinstance(body, Snapshot):
        _snapshot(connection, arrival, body, now)
    elif isinstance(body, Media):
        media_rows.announce(connection, arrival.node, body, max(0, arrival.at - body.ago), now)
    elif isinstance(body, DeviceChanged):
        _device(connection, arrival, body, now)
    elif isinstance(body, NodeFault):
        _node(connection, arrival, body, now)
    elif isinstance(body, CommandResult):
        _result(connection, arrival, body, now)
    elif isinstance(body, PanelActed):
        _panel(connection, arrival, body, now)
    elif isinstance(body, Sighted):
        _sighting(connection, arrival, body, now)
    elif isinstance(body, FireHinted):
        fire_hints.take(connection, arrival, body, now)


def _panel(connection: Connection, arrival: Arrival, body: PanelActed, now: int) -> None:
    """An act at a panel's own keys is noted where alarms of that panel are open; it changes nothing there."""
    open_ones = (
        sa.select(alarm.c.incident)
        .where(
            alarm.c.node == arrival.node,
            alarm.c.device == body.device,
            alarm.c.category != Category.FAULT.value,
            alarm.c.condition != SourceCondition.RESET.value,
        )
        .distinct()
    )
    data = {"device": body.device, "act": body.act.value, "detail": body.detail, "at": arrival.at}
    for incident_id in connection.execute(open_ones).scalars().all():
        entries.write(connection, incident_id, EntryKind.PANEL, data, now)
        entries.announce(connection, incident_id, now)


def _sighting(connection: Connection, arrival: Arrival, body: Sighted, now: int) -> None:
    """What a camera took it for, and when it was over: beside the alarm that it raised."""
    incident_id = None if body.alarm is None else _incident_of(connection, arrival.node, body.alarm)
    if incident_id is None:
        return
    data = {
        "device": body.device,
        "step": body.step.value,
        "class": body.object_class.value,
        "confidence": body.confidence,
        "occurrence": body.occurrence,
        "at": arrival.at,
    }
    if entries.write_once(connection, incident_id, EntryKind.SIGHTING, data, now):
        entries.announce(connection, incident_id, now)


def _snapshot(connection: Connection, arrival: Arrival, body: Snapshot, now: int) -> None:
    known = connection.execute(
        sa.select(snapshot.c.id).where(
            snapshot.c.node == arrival.node,
            snapshot.c.occurrence == body.occurrence,
            snapshot.c.sha256 == body.sha256,
        )
    ).first()
    if known:
        return
    key: int = connection.execute(
        sa.insert(snapshot)
        .values(
            node=arrival.node,
            device=body.device,
            occurrence=body.occurrence,
            at=arrival.at,
            sha256=body.sha256,
            width=body.width,
            height=body.height,
            jpeg=body.jpeg,
        )
        .returning(snapshot.c.id)
    ).scalar_one()
    incident_id = _incident_of(connection, arrival.node, body.occurrence)
    if incident_id is None:
        incident_id = fire_hints.incident_of(connection, arrival.node, body.occurrence)
    if incident_id is not None:
        entries.write(connection, incident_id, EntryKind.SNAPSHOT, {"snapshot": key, "device": body.device}, now)
        entries.announce(connection, incident_id, now)


def _device(connection: Connection, arrival: Arrival, body: DeviceChanged, now: int) -> None:
    """A device somebody switched off on purpose begins no new fault; one under test marks its faults as a test."""
    for mark, severity in findings.MARK_SEVERITY.items():
        if mark not in body.marks:
            faults.end(connection, arrival.node, body.device, mark.value, now)
        elif Mark.DISABLED not in body.marks:
            test = Mark.TEST in body.marks
            finding = findings.of_event(arrival, body.device, mark.value, severity, body.detail, test=test)
            faults.begin(connection, finding, now)


def _node(connection: Connection, arrival: Arrival, body: NodeFault, now: int) -> None:
    if not body.active:
        faults.end(connection, arrival.node, NODE_ITSELF, body.code.value, now)
        return
    severity = findings.FAULT_SEVERITY[body.code]
    finding = findings.of_event(arrival, NODE_ITSELF, body.code.value, severity, body.detail)
    faults.begin(connection, finding, now)


def _result(connection: Connection, arrival: Arrival, body: CommandResult, now: int) -> None:
    """The answer to a silence or reset goes into the timeline; the command's own row is the downlink's."""
    row = connection.execute(
        sa.select(command.c.name, command.c.occurrence, command.c.batch).where(
            command.c.id == body.command, command.c.node == arrival.node
        )
    ).one_or_none()
    if row is not None:
        loudspeaker.answered(connection, row.batch, body.ok, now)
    incident_id = _incident_of(connection, arrival.node, row.occurrence) if row and row.occurrence else None
    if row is None or incident_id is None:
        return
    data = {"command": body.command, "name": row.name, "ok": body.ok, "error": body.error, "node": arrival.node}
    if entries.write_once(connection, incident_id, EntryKind.COMMAND, data, now):
        entries.announce(connection, incident_id, now)


def _incident_of(connection: Connection, node: str, occurrence: str) -> int | None:
    query = sa.select(alarm.c.incident).where(alarm.c.node == node, alarm.c.occurrence == occurrence)
    return connection.execute(query).scalar_one_or_none()
