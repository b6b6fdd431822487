"""A stand-in for an alarm of which not even its number could be read, so that people hear of it all the same."""

from hashlib import sha256
from typing import Final

from keng_hub.arrivals import Arrival
from keng_hub.lane import Packet
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.message import AlarmMessage

EVERY_MS: Final = 3_600_000
"""Such an alarm cannot be acknowledged, so the node repeats it; one node gets one incident in this time."""


def stand_in(node: str, packet: Packet) -> Arrival:
    """An alarm that takes everything for the worst. The same node within the same hour gives the same occurrence."""
    occurrence = sha256(f"{node} unreadable {packet.received // EVERY_MS}".encode()).hexdigest()[:16]
    body = Alarm(
        occurrence=occurrence,
        phase=Phase.RAISED,
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        cause=Cause.OTHER,
        evidence=Evidence.SINGLE_DETECTOR,
        device="unknown",
    )
    envelope = {"node": node, "stream": "0" * 8, "number": 1, "boot": "0" * 8, "at": packet.received, "up": 0}
    message = AlarmMessage.model_validate({**envelope, "clock": ClockQuality.UNKNOWN, "body": body})
    return Arrival(node, message, packet.received, True, packet.received, rescued=True)
