"""Milesight GS524N, a smoke detector: six bytes that sum to zero.

Source: the payload table in Milesight's public documentation (`SensorDecoders`, GS_Series/GS524N/README.md). Not
verified on a device: how often it speaks, what `silent` (2) means to its alarm, and whether a test ends with `normal`.
"""

from decimal import Decimal
from typing import Final

from keng_bridges.errors import FrameError
from keng_bridges.lorawan.payload import Payload, said, signed
from keng_bridges.values import Condition, Mark, Measurement

LENGTH: Final = 6
SMOKE_SENSOR: Final = 1
_EVENTS: Final = {
    1: "alarm",
    2: "silent",
    4: "low battery",
    5: "fault",
    7: "normal",
    10: "removed",
    11: "installed",
    14: "testing alarm with normal battery",
    15: "testing alarm with low battery",
}
# A person silenced its buzzer: whatever it smelt is not said to be over, so `silent` says nothing of the condition.
_CONDITIONS: Final = {1: Condition.ALARM, 7: Condition.NORMAL, 14: Condition.NORMAL, 15: Condition.NORMAL}
_FLAGS: Final[dict[int, dict[Mark, bool]]] = {
    4: {Mark.LOW_BATTERY: True},
    5: {Mark.FAULT: True},
    7: {Mark.FAULT: False, Mark.TEST: False, Mark.LOW_BATTERY: False},
    10: {Mark.TAMPER: True},
    11: {Mark.TAMPER: False},
    14: {Mark.TEST: True, Mark.LOW_BATTERY: False},
    15: {Mark.TEST: True, Mark.LOW_BATTERY: True},
    1: {Mark.TEST: False},
}


def looks_like(data: bytes) -> bool:
    """Six bytes, a version and a protocol, a smoke sensor, a message that exists; the sum is not asked here."""
    known = len(data) == LENGTH and data[1] >> 4 == SMOKE_SENSOR and data[1] & 15 in _EVENTS
    return known and data[0] >> 4 > 0 and data[0] & 15 > 0


def decode(data: bytes) -> Payload:
    """Condition, marks, battery (%), smoke (share of its range) and temperature (°C); raises `FrameError`."""
    if len(data) != LENGTH:
        raise FrameError(f"GS524N: {len(data)} bytes, {LENGTH} were expected")
    if sum(data) % 256:
        raise FrameError(f"GS524N: the bytes sum to 0x{sum(data) % 256:02X}, not to 0")
    if data[1] >> 4 != SMOKE_SENSOR:
        raise FrameError(f"GS524N: sensor type {data[1] >> 4} is no smoke sensor")
    message, temperature = data[1] & 15, signed(data[4])
    marks, cleared = said(_FLAGS.get(message, {}))
    event = _EVENTS.get(message, f"message {message}")
    return Payload(
        # A message that nobody knows is no "normal".
        condition=_CONDITIONS.get(message) if message in _EVENTS else Condition.UNKNOWN,
        marks=marks,
        cleared=cleared,
        measurements=(
            Measurement("battery", Decimal(data[2]), "%", raw=str(data[2])),
            Measurement("smoke_level", Decimal(data[3]) / 100, "1", raw=str(data[3])),
            Measurement("temperature", Decimal(temperature), "°C", raw=str(temperature)),
        ),
        detail=event,
        facts={
            "model": "milesight_gs524n",
            "type": "smoke sensor",
            "version": data[0] >> 4,
            "protocol": data[0] & 15,
            "event": event,
            "concentration": data[3],
        },
    )
