"""Making findings: of a node's alarm, of a fault it reports, and of what the hub notices itself."""

import hashlib

from keng_hub.arrivals import Arrival
from keng_hub.incidents.case import HUB, Finding
from keng_wire.alarm import Alarm, Category, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality, Mark
from keng_wire.event import FaultCode
from keng_wire.fire_hint import FireHinted, FireSign
from keng_wire.message import Message

MARK_SEVERITY: dict[Mark, Severity] = {
    Mark.FAULT: Severity.MEDIUM,
    Mark.COMMS_LOST: Severity.MEDIUM,
    Mark.TAMPER: Severity.MEDIUM,
    Mark.LOW_BATTERY: Severity.LOW,
    Mark.MAINS_LOST: Severity.LOW,
}
"""The marks of a device that somebody has to do something about."""

FAULT_SEVERITY: dict[FaultCode, Severity] = {
    FaultCode.UPLINK: Severity.HIGH,
    FaultCode.OUTBOX: Severity.HIGH,
    FaultCode.SOUNDER: Severity.HIGH,
    FaultCode.DISK: Severity.MEDIUM,
    FaultCode.CLOCK: Severity.MEDIUM,
    FaultCode.CONFIG: Severity.MEDIUM,
    FaultCode.POWER: Severity.MEDIUM,
}

NODE_ITSELF = "node"
"""The device id of faults of a node as a whole."""
NODE_SILENT = "node_silent"
HINTS = {FireSign.FLAMES: "fire_hint", FireSign.SMOKE: "smoke_hint"}
"""The cause of what a camera's hint opens by itself."""
RESIDENT_REPORT = "resident_report"
MASS_OUTAGE = "mass_outage"
FAULT_STORM = "fault_storm"
DRILL = "drill"
SELF_TEST = "self_test"
UNDELIVERED = "undelivered"
CHANNEL = "channel"
UNREACHED = "unreached"
BUDGET = "budget"
NOBODY_CAME = "nobody_came"
DELIVERY_CAUSES = frozenset({UNDELIVERED, UNREACHED, CHANNEL, BUDGET})
"""Faults of telling people. One about such a fault itself is only noted, or it would go round for ever."""


def of_alarm(arrival: Arrival, alarm: Alarm) -> Finding:
    """The finding in a node's alarm; uptimes of its boot become times by the same shift as its own stamp."""
    message = arrival.message
    sent = message.sent
    frame_at = arrival.at
    if alarm.frame is not None and alarm.frame <= message.up:
        frame_at = arrival.at - (message.up - alarm.frame)
    sent_at = None
    if sent is not None:
        same_boot = sent.boot == message.boot and sent.up >= message.up
        sent_at = arrival.at + sent.up - message.up if same_boot else sent.at
        if arrival.repaired:
            sent_at = min(sent_at, arrival.received)  # our reckoning of its clock may be milliseconds off
    return Finding(
        node=arrival.node,
        occurrence=alarm.occurrence,
        phase=alarm.phase,
        category=alarm.category,
        severity=alarm.severity,
        cause=alarm.cause.value,
        evidence=alarm.evidence,
        device=alarm.device,
        happened=arrival.at,
        received=arrival.received,
        zone=alarm.zone,
        place=alarm.place,
        by=alarm.by,
        reason=alarm.reason,
        drill=alarm.drill,
        test=alarm.test,
        isolated=alarm.isolated,
        rescued=arrival.rescued,
        clock_doubt=arrival.repaired or message.clock is ClockQuality.UNKNOWN,
        stream=message.stream,
        number=message.number,
        frame_at=frame_at,
        recorded_at=arrival.at,
        sent_at=sent_at,
    )


def of_event(
    arrival: Arrival, device: str, cause: str, severity: Severity, detail: str | None, *, test: bool = False
) -> Finding:
    """A fault that begins with an event of a node; the same event gives the same occurrence."""
    message: Message = arrival.message
    return Finding(
        node=arrival.node,
        occurrence=occurrence(arrival.node, message.stream, str(message.number), device, cause),
        phase=Phase.RAISED,
        category=Category.FAULT,
        severity=severity,
        cause=cause,
        evidence=Evidence.SINGLE_DETECTOR,
        device=device,
        happened=arrival.at,
        received=arrival.received,
        detail=detail,
        test=test,
        clock_doubt=arrival.repaired,
        recorded_at=arrival.at,
    )


def of_hint(arrival: Arrival, body: FireHinted) -> Finding:
    """A camera's hint of fire by itself: information, so that somebody looks, and never a fire."""
    return Finding(
        node=arrival.node,
        occurrence=body.occurrence,
        phase=Phase.RAISED if body.active else Phase.CLEARED,
        category=Category.INFO,
        severity=Severity.LOW,
        cause=HINTS[body.sign],
        evidence=Evidence.ADVISORY,
        device=body.device,
        happened=arrival.at,
        received=arrival.received,
        zone=body.zone,
        clock_doubt=arrival.repaired,
        recorded_at=arrival.at,
    )


def of_hub(
    device: str,
    cause: str,
    severity: Severity,
    happened: int,
    now: int,
    *,
    node: str = HUB,
    detail: str | None = None,
    place: str | None = None,
) -> Finding:
    """A fault the hub noticed: a silent node, a channel that does not work, a person nobody could reach."""
    return Finding(
        node=node,
        occurrence=occurrence(node, device, cause, str(happened)),
        phase=Phase.RAISED,
        category=Category.FAULT,
        severity=severity,
        cause=cause,
        evidence=Evidence.SINGLE_DETECTOR,
        device=device,
        happened=happened,
        received=now,
        place=place,
        detail=detail,
        recorded_at=now,
    )


def occurrence(*parts: str) -> str:
    """The occurrence of something the hub numbers itself; the same parts always give the same one."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
