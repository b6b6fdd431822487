"""One event of ChirpStack v4: its kind, its device, and what an uplink or a status carries."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from keng_bridges import json_text, lorawan
from keng_bridges.chirpstack.fields import best_gateway, moment, radio, snake, text, whole
from keng_bridges.errors import PayloadError
from keng_bridges.json_text import nested, number, plain
from keng_bridges.values import Mark, Measurement

_TOPIC: Final = re.compile(r"(?:[^#+]+/)?application/([^/]+)/device/([0-9a-fA-F]{16})/event/([a-z]+)")
_EUI: Final = re.compile(r"[0-9a-f]{16}")
_EMPTY: Final = Decimal(10)  # per cent of battery that asks for a new one


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
    "object",
    "context",
    "confirmed",
    "adr",
    "downlinkId",
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
    kind = EventKind(found[3]) if found else kind_of(said)
    device = device_of(where, said, found[2].lower() if found else None)
    return read_event(where, kind, device, said)


def read_event(where: str, kind: EventKind, device: str, said: Mapping[str, object]) -> Event:
    """The event that these fields are; raises `PayloadError` beginning with `where`."""
    info = nested(said.get("deviceInfo"))
    event = Event(
        kind=kind,
        device=device,
        name=text(where, info, "deviceName"),
        profile=text(where, info, "deviceProfileName"),
        deduplication=text(where, said, "deduplicationId"),
        at=moment(where, said),
        facts={snake(key): plain(said[key]) for key in _FACTS if key in said},
    )
    if kind is EventKind.UP:
        return _up(where, event, said)
    return _status(event, said) if kind is EventKind.STATUS else event


def _up(where: str, event: Event, said: Mapping[str, object]) -> Event:
    encoded = text(where, said, "data")
    try:
        payload = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PayloadError(f"{where}: data is no base64: {str(error)[:80]}") from None
    if len(payload) > lorawan.LARGEST:
        raise PayloadError(f"{where}: {len(payload)} bytes of data, a LoRaWAN payload has {lorawan.LARGEST} at most")
    port, count = whole(where, said, "fPort"), whole(where, said, "fCnt")
    best = best_gateway(where, said)
    rssi = None if best is None else whole(where, best, "rssi")
    facts = {
        **event.facts,
        "f_port": port,
        "f_cnt": count,
        "dr": whole(where, said, "dr"),
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
        facts=facts | radio(best, said),
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


def kind_of(said: Mapping[str, object]) -> EventKind:
    """The kind of a bare payload, by a field that only that kind has."""
    return next((kind for kind, telling in _TELLING if any(key in said for key in telling)), EventKind.JOIN)


def device_of(where: str, said: Mapping[str, object], topic: str | None) -> str:
    """The DevEUI; topic and payload must agree on it."""
    device = text(where, nested(said.get("deviceInfo")), "devEui").lower()
    if not _EUI.fullmatch(device):
        raise PayloadError(f"{where}: deviceInfo.devEui is not 16 hex digits")
    if topic not in (None, device):
        raise PayloadError(f"{where}: the payload is of device {device}")
    return device
