"""Nodes and devices as rows: what their words and events say of them.

Each function gives the names of the page events that its change is worth (`node`, `devices`); a heartbeat that says
nothing new is worth none. The heartbeat carries the present, events may come late and are then history only.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import bulk, clocks, downlink
from keng_hub.arrivals import Arrival
from keng_hub.cameras import registry as cameras
from keng_hub.meterdata import sightings
from keng_hub.tables import device, node, node_event
from keng_wire.camera import CameraPlanned
from keng_wire.conditions import ClockQuality
from keng_wire.event import (
    ClockChanged,
    CommandResult,
    DeviceChanged,
    DeviceInfo,
    Gap,
    Inventory,
    MeterSeen,
    NodeFault,
    Started,
)
from keng_wire.point import MarkDetail
from keng_wire.status import DeviceState, Health, Status

LATE_MS = 60_000
"""An event older than this when it comes in no longer changes how a device stands."""

Pages = frozenset[str]
NOTHING: Pages = frozenset()
NODE: Pages = frozenset({"node"})
DEVICES: Pages = frozenset({"devices"})


def apply_status(connection: Connection, status: Status) -> Pages:
    """Take over what a node says when it connects."""
    values: dict[str, Any] = {
        "boot": status.boot,
        "stream": status.stream,
        "version": status.version,
        "config_version": status.config_version,
    }
    return NODE if _update_node(connection, status.node, values) else NOTHING


def apply_health(connection: Connection, health: Health, received: int) -> Pages:
    """Take over a heartbeat; one that overtook or repeats a newer one is passed over."""
    old = connection.execute(sa.select(node.c.health).where(node.c.id == health.node)).scalar()
    if old is not None and old["boot"] == health.boot and old["up"] >= health.up:
        return NOTHING
    said = health.model_dump(mode="json", exclude={"v", "node", "devices"})
    values = {
        "boot": health.boot,
        "stream": health.stream,
        "clock": health.clock,
        "version": health.version,
        "config_version": health.config_version,
        "health": said,
    }
    connection.execute(sa.update(node).where(node.c.id == health.node).values(**values))
    told = ("faults", "sounding", "clock", "version", "config_version", "boot")
    changed = old is None or any(old.get(name) != said[name] for name in told)
    return (NODE if changed else NOTHING) | _apply_states(connection, health, received)


def apply_event(connection: Connection, arrival: Arrival, now: int) -> Pages:
    """Take over what an event says of node and devices."""
    body = arrival.message.body
    late = arrival.received - arrival.at > LATE_MS
    pages = NOTHING
    match body:
        case Started() if not late:
            pages = NODE if _update_node(connection, arrival.node, {"version": body.version}) else NOTHING
        case Inventory():
            pages = _apply_inventory(connection, arrival, body.devices)
        case DeviceChanged() if not late:
            pages = _apply_change(connection, arrival, body)
        case ClockChanged() if not late:
            pages = NODE if _update_node(connection, arrival.node, {"clock": body.quality}) else NOTHING
        case NodeFault() | Gap():
            pages = NODE
        case MeterSeen():
            sightings.tell(connection, arrival, body)
        case CameraPlanned():
            at = min(arrival.at, arrival.received)  # a clock that runs ahead would silence all that comes later
            pages = DEVICES if cameras.take(connection, arrival.node, body, at) else NOTHING
        case CommandResult():
            pages = NODE if downlink.close(connection, arrival.node, body, now) else NOTHING
        case _:
            pass
    return pages


def history(arrival: Arrival) -> bulk.Row:
    """The line of an event in the node's history, without what is kept elsewhere; see `write_history`."""
    body = arrival.message.body
    words = body.model_dump_json(exclude={"jpeg", "devices"})
    return (arrival.node, getattr(body, "device", None), body.kind, arrival.at, words)


def write_history(connection: Connection, lines: Sequence[bulk.Row]) -> None:
    """Write lines of (node, device or None, kind, UTC ms, body as JSON)."""
    bulk.insert(connection, node_event, ("node", "device", "kind", "at", "body"), lines)


def _update_node(connection: Connection, node_id: str, values: dict[str, Any]) -> bool:
    differs = sa.or_(*(node.c[name].is_distinct_from(value) for name, value in values.items()))
    return connection.execute(sa.update(node).where(node.c.id == node_id, differs).values(**values)).rowcount > 0


def _apply_states(connection: Connection, health: Health, received: int) -> Pages:
    if not health.devices:
        return NOTHING
    trusted = health.clock is not ClockQuality.UNKNOWN and clocks.is_sane(health.at, received)
    shift = 0 if trusted else received - health.at
    query = sa.select(device)
    rows = {row.id: row for row in connection.execute(query.where(device.c.node == health.node, ~device.c.removed))}
    updates: list[dict[str, Any]] = []
    changed = False
    for state in health.devices:
        row = rows.get(state.device)
        if row is None:
            continue
        new = _state(state)
        differs = any(getattr(row, name) != new[name] for name in _TOLD)
        seen = row.seen if state.seen is None else min(max(0, state.seen + shift), received)
        if differs or seen != row.seen or row.interval != new["interval"]:
            changed |= differs
            key = {"k_node": health.node, "k_id": state.device}
            updates.append({**key, **new, "seen": seen, "changed_at": received if differs else None})
    if updates:
        connection.execute(_UPDATE_STATE, updates)
    return DEVICES if changed else NOTHING


_TOLD = ("condition", "marks", "supervision", "details", "latched")
"""What of a device's state is worth drawing a page anew."""
_UPDATE_STATE = (
    sa.update(device)
    .where(device.c.node == sa.bindparam("k_node"), device.c.id == sa.bindparam("k_id"))
    .values(
        condition=sa.bindparam("condition"),
        marks=sa.bindparam("marks"),
        supervision=sa.bindparam("supervision"),
        interval=sa.bindparam("interval"),
        details=sa.bindparam("details"),
        latched=sa.bindparam("latched"),
        seen=sa.bindparam("seen"),
        changed=sa.func.coalesce(sa.cast(sa.bindparam("changed_at"), sa.BigInteger), device.c.changed),
    )
)


def _state(state: DeviceState) -> dict[str, Any]:
    said = state.model_dump(mode="json", include={"condition", "supervision", "interval", "latched"})
    return said | {"marks": sorted(mark.value for mark in state.marks), "details": _details(state.details)}


def _details(details: Sequence[MarkDetail]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_none=True) for one in sorted(details, key=lambda one: one.mark)]


def _apply_change(connection: Connection, arrival: Arrival, body: DeviceChanged) -> Pages:
    marks = sorted(mark.value for mark in body.marks)
    where = (device.c.node == arrival.node, device.c.id == body.device)
    row = connection.execute(sa.select(device).where(*where)).first()
    if row is None or (row.changed or 0) > arrival.at:
        return NOTHING
    values: dict[str, Any] = {"condition": body.condition.value, "marks": marks, "latched": body.latched}
    values["details"] = _details(body.details)
    connection.execute(sa.update(device).where(*where).values(**values, changed=arrival.at))
    return DEVICES if any(getattr(row, name) != value for name, value in values.items()) else NOTHING


def _apply_inventory(connection: Connection, arrival: Arrival, listed: list[DeviceInfo]) -> Pages:
    newest = sa.select(sa.func.max(node_event.c.at)).where(
        node_event.c.node == arrival.node, node_event.c.kind == "inventory"
    )
    if (connection.execute(newest).scalar() or 0) > arrival.at:
        return NOTHING
    rows = {row.id: row for row in connection.execute(sa.select(device).where(device.c.node == arrival.node))}
    changed = False
    for info in listed:
        values = info.model_dump(mode="json", exclude={"device"}) | {"removed": False}
        row = rows.pop(info.device, None)
        if row is None:
            start: dict[str, Any] = {
                "node": arrival.node,
                "id": info.device,
                "condition": "unknown",
                "marks": [],
                "supervision": "U",
            }
            connection.execute(sa.insert(device).values(**start, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            connection.execute(
                sa.update(device).where(device.c.node == arrival.node, device.c.id == info.device).values(**values)
            )
        else:
            continue
        changed = True
    gone = [row.id for row in rows.values() if not row.removed]
    if gone:
        where = (device.c.node == arrival.node, device.c.id.in_(gone))
        connection.execute(sa.update(device).where(*where).values(removed=True, condition="unknown"))
    return DEVICES if changed or gone else NOTHING
