"""What a Tasmota device says over MQTT: its last will, telemetry, and what its relays and switches do.

Topics: `tele/<topic>/LWT`, `SENSOR`, `STATE`; `stat/<topic>/RESULT`, `POWER`, `SWITCH1`. Source: Tasmota's
documentation of MQTT, with its own FullTopic `%prefix%/%topic%/`. JSON has no check: a changed bit may be another
value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

from keng_bridges import json_text, mqtt_lines
from keng_bridges.errors import PayloadError
from keng_bridges.json_text import local_time, nested, number, plain
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Measurement, PointReport

_TOPIC: Final = re.compile(r"(tele|stat)/(.+)/([A-Z]+\d*T?)")
_JSON: Final = ("SENSOR", "STATE", "RESULT")
_POINT: Final = re.compile(r"(?:Switch|POWER|Button|SWITCH)\d*")
_SWITCH: Final = re.compile(r"Switch\d+")
_ENERGY: Final = {
    "Total": ("energy_import", "Wh", 1000),
    "ExportActive": ("energy_export", "Wh", 1000),
    "Power": ("power", "W", 1),
    "ApparentPower": ("apparent_power", "VA", 1),
    "ReactivePower": ("reactive_power", "var", 1),
    "Factor": ("power_factor", "1", 1),
    "Frequency": ("frequency", "Hz", 1),
    "Voltage": ("voltage_l1", "V", 1),
    "Current": ("current_l1", "A", 1),
}
_PHASES: Final = {"Power": "power_l", "Voltage": "voltage_l", "Current": "current_l"}


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """Birth or last will of a device."""

    topic: str
    online: bool
    retained: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Telemetry or an answer: points that are on or off by their names (`Switch1`, `POWER`), and values.

    None is a word that is neither. `at` is the device's own local time.
    """

    topic: str
    retained: bool
    points: Mapping[str, bool | None] = field(default_factory=dict[str, bool | None])
    measurements: tuple[Measurement, ...] = ()
    at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


Message = DeviceStatus | Told


def decode(topic: str, payload: bytes, *, retained: bool) -> Message | None:
    """What a message says; None for other topics and for a deleted message. Raises `PayloadError` naming the topic."""
    found = _TOPIC.fullmatch(topic)
    if found is None or not payload:
        return None
    kind, device, last = found[1], found[2], found[3]
    if (kind, last) == ("tele", "LWT"):
        return DeviceStatus(device, _online(topic, payload), retained)
    if last in _JSON or payload[:1] == b"{":
        return _told(device, json_text.fields(topic, payload), retained)
    if kind == "stat" and _POINT.fullmatch(last):
        return Told(device, retained, {_point(last): _state(payload.decode("ascii", "replace").strip())})
    return None


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """Recorded lines `topic payload`, or bare telemetry."""
    return mqtt_lines.recording(data, _read)


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    if topic is None:
        for offset, said in mqtt_lines.objects("tasmota", payload):
            yield _decoded(offset, None, _told("", said, False))
        return
    message = decode(topic, payload, retained=False)
    if isinstance(message, Told):
        yield _decoded(0, topic, message)
    elif message is None:
        yield Decoded(0, facts={"topic": topic})
    else:
        yield Decoded(0, message.topic, facts={"topic": topic, "online": message.online})


def _decoded(offset: int, topic: str | None, told: Told) -> Decoded:
    points = tuple(
        PointReport(name, Condition.UNKNOWN if on is None else Condition.ALARM if on else Condition.NORMAL)
        for name, on in told.points.items()
        if _SWITCH.fullmatch(name)  # a relay that is on is no alarm
    )
    facts = {**({"topic": topic} if topic else {}), **told.facts}
    return Decoded(offset, told.topic or None, told.at, told.measurements, points, facts)


def _told(device: str, said: Mapping[str, object], retained: bool) -> Told:
    points = {_point(key): _state(_action(value)) for key, value in said.items() if _POINT.fullmatch(key)}
    return Told(
        topic=device,
        retained=retained,
        points=points,
        measurements=tuple(_measurements(said)),
        at=local_time(said.get("Time")),
        facts={key: plain(value) for key, value in said.items() if key != "ENERGY"},
    )


def _action(value: object) -> object:
    """A detached switch says `{"Action":"ON"}`, or `{"State":"ON"}`."""
    inner = nested(value)
    return inner.get("Action", inner.get("State")) if inner else value


def _state(word: object) -> bool | None:
    return {"ON": True, "OFF": False}.get(word) if isinstance(word, str) else None


def _point(key: str) -> str:
    """One name for a point, whatever message it came in: `Switch1`, `POWER` (and `POWER1` of a single relay)."""
    return f"Switch{key[6:] or '1'}" if key.upper().startswith("SWITCH") else "POWER" if key == "POWER1" else key


def _measurements(said: Mapping[str, object]) -> Iterator[Measurement]:
    yield from _energy(nested(said.get("ENERGY")))
    celsius = said.get("TempUnit", "C") == "C"
    for name, value in said.items():
        sensor = {} if name == "ENERGY" else nested(value)
        if (found := number(sensor.get("Temperature"))) is not None:
            raw = str(sensor["Temperature"])
            yield Measurement("temperature" if celsius else None, found, "°C" if celsius else "°F", raw=raw)
        if (found := number(sensor.get("Humidity"))) is not None:
            yield Measurement("humidity", found, "%", raw=str(sensor["Humidity"]))
        if name == "Wifi" and (found := number(sensor.get("Signal"))) is not None:
            yield Measurement("signal", found, "dBm", raw=str(sensor["Signal"]))


def _energy(said: Mapping[str, object]) -> Iterator[Measurement]:
    for key, (quantity, unit, factor) in _ENERGY.items():
        value = said.get(key)
        if isinstance(value, list):
            yield from _phases(key, unit, cast(list[object], value))
        elif (found := number(value)) is not None:
            yield Measurement(quantity, found * factor, unit, raw=str(value))


def _phases(key: str, unit: str, values: list[object]) -> Iterator[Measurement]:
    """A three-phase device gives lists; of other lengths nobody knows what they mean."""
    found = [number(value) for value in values]
    if key not in _PHASES or len(found) != 3:
        return
    for phase, value in enumerate(found, 1):
        if value is not None:
            yield Measurement(f"{_PHASES[key]}{phase}", value, unit, raw=str(values[phase - 1]))
    if key == "Power" and None not in found:
        yield Measurement("power", sum((value for value in found if value is not None), Decimal(0)), unit)


def _online(topic: str, payload: bytes) -> bool:
    word = payload.strip()
    if word not in (b"Online", b"Offline"):
        raise PayloadError(f"{topic}: {word[:40]!r} is neither Online nor Offline")
    return word == b"Online"
