"""Faults of devices whose node or gateway is down: noted in the parent's incident, opened if they last longer.

Only faults are held; an alarm never is, whatever else is down.
"""

from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.case import HUB, Finding
from keng_hub.incidents.conditions import NOT_OVER
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.findings import NODE_ITSELF, NODE_SILENT
from keng_hub.tables import alarm, device, held_fault
from keng_wire.alarm import Category, Evidence, Phase, Severity
from keng_wire.conditions import DeviceKind, Mark
from keng_wire.event import FaultCode

TOGETHER_MS: Final = 120_000
"""What a gateway takes with it falls silent within this time of it; later the device has a trouble of its own."""
_GATEWAYS: Final = (DeviceKind.GATEWAY.value, DeviceKind.BRIDGE_BOARD.value)
_BY_POWER: Final = frozenset({Mark.MAINS_LOST.value, Mark.COMMS_LOST.value})


def parent(connection: Connection, finding: Finding, now: int) -> int | None:
    """The incident of what is down above this fault's device; None when nothing is."""
    if finding.category is not Category.FAULT or finding.node == HUB or finding.device == NODE_ITSELF:
        return None
    going_on = (
        sa.select(alarm.c.incident, alarm.c.device, alarm.c.cause, alarm.c.received_at, device.c.kind)
        .select_from(alarm.outerjoin(device, sa.and_(device.c.node == alarm.c.node, device.c.id == alarm.c.device)))
        .where(
            alarm.c.node == finding.node,
            alarm.c.device != finding.device,
            alarm.c.category == Category.FAULT.value,
            alarm.c.condition.in_([condition.value for condition in NOT_OVER]),
        )
        .order_by(alarm.c.id)
    )
    above = [row for row in connection.execute(going_on).mappings() if _is_above(row, finding, now)]
    return above[0]["incident"] if above else None


def hold(connection: Connection, incident_id: int, finding: Finding, now: int) -> None:
    """Note the fault in its parent's incident; once, however often it is said."""
    if connection.execute(sa.select(held_fault.c.id).where(*_key(finding))).first() is not None:
        return
    said = asdict(finding)
    where = {"node": finding.node, "device": finding.device, "cause": finding.cause}
    connection.execute(sa.insert(held_fault).values(**where, incident=incident_id, finding=said, at=now))
    entries.write(connection, incident_id, EntryKind.HELD_FAULT, where | {"held": True}, now)
    entries.announce(connection, incident_id, now)


def forget(connection: Connection, node: str, fault_of: str, cause: str, now: int) -> None:
    """The fault is over while it was held: it never becomes an incident of its own."""
    where = (held_fault.c.node == node, held_fault.c.device == fault_of, held_fault.c.cause == cause)
    row = connection.execute(sa.select(held_fault).where(*where)).one_or_none()
    if row is None:
        return
    connection.execute(sa.delete(held_fault).where(held_fault.c.id == row.id))
    data = {"node": node, "device": fault_of, "cause": cause, "held": False}
    entries.write(connection, row.incident, EntryKind.HELD_FAULT, data, now)
    entries.announce(connection, row.incident, now)


def released(connection: Connection, node: str, now: int) -> list[Finding]:
    """The faults of a node above which nothing is down any more, to be opened now; they are held no longer."""
    free: list[Finding] = []
    for row in connection.execute(sa.select(held_fault).where(held_fault.c.node == node).order_by(held_fault.c.id)):
        finding = _finding(row.finding)
        if parent(connection, finding, row.at) is None:
            connection.execute(sa.delete(held_fault).where(held_fault.c.id == row.id))
            free.append(finding)
    return free


def _is_above(row: sa.RowMapping, finding: Finding, now: int) -> bool:
    if row["device"] == NODE_ITSELF:
        return row["cause"] == NODE_SILENT or (row["cause"] == FaultCode.POWER.value and finding.cause in _BY_POWER)
    gateway_lost = row["kind"] in _GATEWAYS and row["cause"] == Mark.COMMS_LOST.value
    return bool(gateway_lost and finding.cause == Mark.COMMS_LOST.value and now - row["received_at"] <= TOGETHER_MS)


def _key(finding: Finding) -> list[sa.ColumnElement[bool]]:
    return [
        held_fault.c.node == finding.node,
        held_fault.c.device == finding.device,
        held_fault.c.cause == finding.cause,
    ]


def _finding(said: dict[str, Any]) -> Finding:
    words: dict[str, Any] = {"phase": Phase, "category": Category, "severity": Severity, "evidence": Evidence}
    return Finding(**{key: words.get(key, _as_it_is)(value) for key, value in said.items()})


def _as_it_is(value: Any) -> Any:
    return value
