"""Events of ChirpStack v4 (its `integration.proto` as proto3 JSON, where fields that are zero are left out)."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, cast

from keng_bridges import json_text, lorawan, mqtt_lines
from keng_bridges.errors import BridgeError, PayloadError
from keng_bridges.json_text import nested, number, plain
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Mark, Measurement, PointReport

_TOPIC: Final = re.compile(r"(?:[^#+]+/)?application/([^/]+)/device/([0-9a-fA-F]{16})/event/([a-z]+)")
_EUI: Final = re.compile(r"[0-9a-f]{16}")
_EMPTY: Final = Decimal(10)  # per cent of battery that asks for a new one
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


class EventKind(StrEnum):
    """The last part of an event's topic."""

    UP = "up"
    STATUS = "status"
    JOIN = "join"
    ACK = "ack"
    TXACK = "txack"
    LOG = "log"
    LOCATION = "location"
    INTEGRATION = "integration"


# A bare payload is told by a field that only this kind has; the order counts, an `up` may have lost its own to zero.
_TELLING: Final = (
    (EventKind.LOG, ("level", "code")),
    (EventKind.TXACK, ("downlinkId", "gatewayId")),
    (EventKind.ACK, ("acknowledged", "queueItemId", "fCntDown")),
    (EventKind.INTEGRATION, ("integrationName", "eventType")),
    (EventKind.LOCATION, ("location",)),
    (EventKind.STATUS, ("margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource")),
    (EventKind.UP, ("rxInfo", "txInfo", "data", "fPort", "fCnt", "dr")),
)
_FACTS: Final = (
    "level",
    "code",
    "description",
    "margin",
    "acknowledged",
    "queueItemId",
    "fCntDown",
    "gatewayId",
    "devAddr",
    "location",
    "integrationName",
    "eventType",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one device; `payload` is what an uplink carried, `decoded` what a codec in ChirpStack made of it.

    `deduplication` is the same for every copy of an event; empty where ChirpStack gives none (txack, log).
    """

    kind: EventKind
    device: str
    name: str = ""
    profile: str = ""
    deduplication: str = ""
    at: datetime | None = None
    f_port: int = 0
    f_cnt: int = 0
    payload: bytes = b""
    decoded: Mapping[str, object] = field(default_factory=dict[str, object])
    marks: frozenset[Mark] = frozenset()
    cleared: frozenset[Mark] = frozenset()
    measurements: tuple[Measurement, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


def decode(topic: str | None, payload: bytes) -> Event | None:
    """The event in a message; None for topics of something else and for a deleted message. Raises `PayloadError`."""
    found = _TOPIC.fullmatch(topic) if topic is not None else None
    if not payload or (topic is not None and (found is None or found[3] not in set(EventKind))):
        return None
    where = topic or "chirpstack"
    said = json_text.fields(where, payload)
    kind = EventKind(found[3]) if found else _kind(said)
    device = _device(where, said, found[2].lower() if found else None)
    return _event(where, kind, device, said)


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """All events in recorded messages; a payload whose model is recognised is decoded along."""
    return mqtt_lines.recording(data, _read)


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    if topic is not None:
        event = decode(topic, payload)
        if event is None:
            raise PayloadError(f"{topic}: no topic of a ChirpStack event")
        yield _decoded(0, event)
        return
    for offset, said in mqtt_lines.objects("chirpstack", payload):
        yield _decoded(offset, _event("chirpstack", _kind(said), _device("chirpstack", said, None), said))


def _decoded(offset: int, event: Event) -> Decoded:
    facts: dict[str, object] = {
        "event": str(event.kind),
        "dev_eui": event.device,
        "device_name": event.name,
        "device_profile_name": event.profile,
        **({"deduplication_id": event.deduplication} if event.deduplication else {}),
        **event.facts,
    }
    measurements, points = event.measurements, tuple[PointReport, ...]()
    named = _named(event)
    if event.payload and (model := named or lorawan.model_of(event.payload)):
        try:
            said = lorawan.decode(event.payload, model)
        except BridgeError as error:
            facts["payload_error"] = str(error)
        else:
            facts["payload"] = {**said.facts, "recognised": "named" if named else "by its form"}
            if named:  # a form alone may be another maker's: good to show, not to measure by
                measurements, points = (*measurements, *said.measurements), lorawan.points(event.device, said)
    return Decoded(offset, event.device, event.at, measurements, points, facts)


def _named(event: Event) -> str | None:
    """The model that the owner wrote into the name of the device or of its profile."""
    words = f"{event.profile} {event.name}".lower()
    return next((model for model in lorawan.MODELS if model.rpartition("_")[2] in words), None)


def _event(where: str, kind: EventKind, device: str, said: Mapping[str, object]) -> Event:
    info = nested(said.get("deviceInfo"))
    event = Event(
        kind=kind,
        device=device,
        name=_text(where, info, "deviceName"),
        profile=_text(where, info, "deviceProfileName"),
        deduplication=_text(where, said, "deduplicationId"),
        at=_time(where, said),
        facts={_snake(key): plain(said[key]) for key in _FACTS if key in said},
    )
    if kind is EventKind.UP:
        return _up(where, event, said)
    return _status(event, said) if kind is EventKind.STATUS else event


def _up(where: str, event: Event, said: Mapping[str, object]) -> Event:
    text = _text(where, said, "data")
    try:
        payload = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PayloadError(f"{where}: data is no base64: {str(error)[:80]}") from None
    if len(payload) > lorawan.LARGEST:
        raise PayloadError(f"{where}: {len(payload)} bytes of data, a LoRaWAN payload has {lorawan.LARGEST} at most")
    port, count = _whole(where, said, "fPort"), _whole(where, said, "fCnt")
    rssi = _signal(where, said)
    facts = {
        **event.facts,
        "f_port": port,
        "f_cnt": count,
        "dr": _whole(where, said, "dr"),
        "payload_hex": payload.hex(),
    }
    signal = () if rssi is None else (Measurement("signal", Decimal(rssi), "dBm", raw=str(rssi)),)
    return replace(
        event,
        f_port=port,
        f_cnt=count,
        payload=payload,
        decoded=nested(said.get("object")),
        measurements=signal,
        facts=facts if rssi is None else {**facts, "rssi": rssi},
    )


def _status(event: Event, said: Mapping[str, object]) -> Event:
    """Battery in per cent. A level that is left out is zero, the emptiest there is, unless it is said to be unknown."""
    if said.get("batteryLevelUnavailable") is True or said.get("externalPowerSource") is True:
        return event
    level = number(said.get("batteryLevel", 0))
    if level is None:
        raise PayloadError("status: batteryLevel is no number")
    low = frozenset((Mark.LOW_BATTERY,)) if level <= _EMPTY else frozenset[Mark]()
    battery = Measurement("battery", level, "%", raw=str(level))
    return replace(event, marks=low, cleared=frozenset((Mark.LOW_BATTERY,)) - low, measurements=(battery,))


def _kind(said: Mapping[str, object]) -> EventKind:
    return next((kind for kind, telling in _TELLING if any(key in said for key in telling)), EventKind.JOIN)


def _device(where: str, said: Mapping[str, object], topic: str | None) -> str:
    """The DevEUI; topic and payload must agree on it."""
    device = _text(where, nested(said.get("deviceInfo")), "devEui").lower()
    if not _EUI.fullmatch(device):
        raise PayloadError(f"{where}: deviceInfo.devEui is not 16 hex digits")
    if topic not in (None, device):
        raise PayloadError(f"{where}: the payload is of device {device}")
    return device


def _signal(where: str, said: Mapping[str, object]) -> int | None:
    """The best of all gateways that heard it, in dBm."""
    heard = said.get("rxInfo", [])
    if not isinstance(heard, list):
        raise PayloadError(f"{where}: rxInfo is no list")
    found = [_whole(where, nested(entry), "rssi") for entry in cast(list[object], heard)]
    return max(found, default=None)


def _whole(where: str, said: Mapping[str, object], key: str) -> int:
    value = said.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PayloadError(f"{where}: {key} is no whole number")
    return value


def _text(where: str, said: Mapping[str, object], key: str) -> str:
    value = said.get(key, "")
    if not isinstance(value, str):
        raise PayloadError(f"{where}: {key} is no text")
    return value


def _time(where: str, said: Mapping[str, object]) -> datetime | None:
    """RFC 3339; nanoseconds are cut to microseconds."""
    text = _text(where, said, "time")
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    zone = "+00:00" if found[3] == "Z" else found[3]
    try:
        return datetime.fromisoformat(f"{found[1]}.{(found[2] or '0')[:6]:0<6}{zone}")
    except ValueError:
        return None


def _snake(key: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", key).lower()
