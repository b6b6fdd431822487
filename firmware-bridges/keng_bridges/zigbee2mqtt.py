"""What Zigbee2MQTT says on its topics, taken apart; commands for its sirens. No client and no clock in here."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from keng_bridges.errors import PayloadError
from keng_bridges.json_text import number
from keng_bridges.values import Condition, Mark, Measurement, PointReport
from keng_bridges.words import flag
from keng_bridges.zigbee_devices import CRIES, DeviceList, ZigbeeDevice, devices, json_object
from keng_bridges.zigbee_zone import zone_fields

__all__ = [
    "Availability",
    "BridgeState",
    "DeviceList",
    "DeviceState",
    "Message",
    "ZigbeeDevice",
    "decode",
    "siren_command",
]

BASE: Final = "zigbee2mqtt"

_DETECTIONS: Final = ("smoke", "gas", "carbon_monoxide", "water_leak", "alarm_1", "alarm_2")
"""`alarm_1` and `alarm_2` are the bare bits of the zone status, from converters that give no name to them."""
_MARKS: Final = {
    "tamper": Mark.TAMPER,
    "battery_low": Mark.LOW_BATTERY,
    "test": Mark.TEST,
    "trouble": Mark.FAULT,
    "battery_defect": Mark.FAULT,
    "ac_status": Mark.MAINS_LOST,  # bit 7 of the zone status: 1 is a fault of the mains
}
_QUANTITIES: Final[dict[str, tuple[str, str, Decimal | int]]] = {
    "battery": ("battery", "%", 1),
    "linkquality": ("link_quality", "1", 1),
    "temperature": ("temperature", "°C", 1),
    "humidity": ("humidity", "%", 1),
    "power": ("power", "W", 1),
    "current": ("current_l1", "A", 1),
    "energy": ("energy_import", "Wh", 1000),
}


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One message of one device.

    `retained` is what the broker remembered: a known state, never a new event. `condition` is None for a message
    that says nothing of it (a bare battery report), which is not the same as normal. `cleared` are the marks the
    device says are *not* there; a mark in neither set was not mentioned. `action` is what a button did, None in a
    retained message; `sos` is a call for help.
    """

    name: str
    retained: bool
    condition: Condition | None = None
    marks: frozenset[Mark] = frozenset()
    cleared: frozenset[Mark] = frozenset()
    closed: bool | None = None
    occupied: bool | None = None
    sounding: bool | None = None
    action: str | None = None
    sos: bool = False
    measurements: tuple[Measurement, ...] = ()
    detail: str | None = None

    def report(self) -> PointReport:
        """The point as the wire contract says it; without a condition it is unknown."""
        return PointReport(self.name, self.condition or Condition.UNKNOWN, self.marks, self.detail)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether Zigbee2MQTT can reach a device. It is off by default there and must be switched on."""

    name: str
    online: bool
    retained: bool


@dataclass(frozen=True, slots=True)
class BridgeState:
    """Whether Zigbee2MQTT itself runs; offline makes every device unknown."""

    online: bool
    retained: bool


Message = DeviceState | Availability | BridgeState | DeviceList


def decode(topic: str, payload: bytes, *, retained: bool, base: str = BASE) -> Message | None:
    """What a message says; None for topics that say nothing of a device (logs, groups, commands).

    An empty payload is None too: that is how a retained state is deleted. Raises `PayloadError` naming the topic.
    """
    name = topic.removeprefix(f"{base}/")
    if name == topic or not payload or name.endswith(("/set", "/get")) or "/set/" in name:
        return None
    if name == "bridge/state":
        return BridgeState(_online(topic, payload), retained)
    if name == "bridge/devices":
        return DeviceList(devices(topic, payload))
    if name.startswith("bridge/"):
        return None
    if name.endswith("/availability"):
        return Availability(name.removesuffix("/availability"), _online(topic, payload), retained)
    return state_of(name, json_object(topic, payload), retained)


def siren_command(
    name: str, on: bool, seconds: int, style: Literal["warning", "alarm"], base: str = BASE
) -> tuple[str, bytes]:
    """Topic and payload that switch a siren for at most `seconds`: `warning` (IAS WD) or `alarm` (Tuya)."""
    if style == "alarm":
        fields: dict[str, object] = {"alarm": "ON" if on else "OFF", "duration": seconds}
    else:
        warning = {"mode": "emergency" if on else "stop", "level": "very_high", "strobe": on, "duration": seconds}
        fields = {"warning": warning}
    return f"{base}/{name}/set", json.dumps(fields).encode()


def state_of(name: str, said: dict[str, object], retained: bool) -> DeviceState:
    """What the fields of one message say of a device."""
    fields = {**zone_fields(said), **said}
    condition, detail = _condition(fields)
    marks = {mark for key, mark in _MARKS.items() if flag(fields.get(key)) is True}
    cleared = {mark for key, mark in _MARKS.items() if flag(fields.get(key)) is False} - marks
    action = fields.get("action")
    pressed = action if isinstance(action, str) and action and not retained else None
    return DeviceState(
        name=name,
        retained=retained,
        condition=condition,
        marks=frozenset(marks),
        cleared=frozenset(cleared),
        closed=flag(fields.get("contact")),
        occupied=flag(fields.get("occupancy")),
        sounding=flag(fields.get("alarm")),
        action=pressed,
        sos=not retained and (pressed in CRIES or flag(fields.get("sos")) is True),
        measurements=tuple(_measurements(fields)),
        detail=detail,
    )


def _condition(fields: dict[str, object]) -> tuple[Condition | None, str | None]:
    """Fails open: an alarm in any field wins, and a word we do not know is unknown, not normal."""
    said = {key: fields[key] for key in _DETECTIONS if key in fields}
    if any(flag(value) for value in said.values()):
        return Condition.ALARM, ", ".join(key for key, value in said.items() if flag(value))
    strange = [f"{key}={value!r}" for key, value in said.items() if flag(value) is None]
    if strange:
        return Condition.UNKNOWN, "not understood: " + ", ".join(strange)[:150]
    return (Condition.NORMAL, None) if said else (None, None)


def _measurements(fields: dict[str, object]) -> list[Measurement]:
    """Numbers; some firmwares send them as text (`"100.00"`)."""
    results: list[Measurement] = []
    # Battery devices give the voltage of the cell in mV, plugs that of the mains in V.
    voltage = ("supply_voltage", "V", Decimal("0.001")) if "battery" in fields else ("voltage_l1", "V", 1)
    for key, (quantity, unit, factor) in {**_QUANTITIES, "voltage": voltage}.items():
        value = number(fields.get(key))
        if value is not None:
            results.append(Measurement(quantity, value * factor, unit, raw=str(fields[key]).strip()))
    return results


def _online(topic: str, payload: bytes) -> bool:
    """`{"state":"online"}`, or the bare word of older versions."""
    word = payload.strip().decode("utf-8", "replace")
    if word not in ("online", "offline"):
        word = str(json_object(topic, payload).get("state"))
    if word not in ("online", "offline"):
        raise PayloadError(f"{topic}: state {word!r} is neither online nor offline")
    return word == "online"
