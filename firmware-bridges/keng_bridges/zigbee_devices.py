"""The list of devices that Zigbee2MQTT publishes, and how its JSON is read."""

from dataclasses import dataclass
from typing import Final, cast

from keng_bridges import json_text
from keng_bridges.errors import PayloadError
from keng_bridges.json_text import nested
from keng_wire.conditions import DeviceKind

LARGEST: Final = 4_000_000  # the list of a hundred devices is about 1 MB
CRIES: Final = frozenset(("emergency", "sos", "panic"))
"""What a button says when someone needs help."""


@dataclass(frozen=True, slots=True)
class ZigbeeDevice:
    """One entry of `bridge/devices`. `kind` is None for what Kẻng has no use for."""

    address: str
    name: str
    model: str
    vendor: str
    battery: bool
    kind: DeviceKind | None
    disabled: bool = False

    @property
    def silence_limit(self) -> float:
        """Seconds after which silence is a loss: Zigbee2MQTT pings mains devices in 10 min, waits 25 h for others."""
        return 90_000.0 if self.battery else 600.0


@dataclass(frozen=True, slots=True)
class DeviceList:
    """All devices that have joined."""

    devices: tuple[ZigbeeDevice, ...]


def devices(topic: str, payload: bytes) -> tuple[ZigbeeDevice, ...]:
    """The devices of `bridge/devices`, without the coordinator; `PayloadError` if it is no list."""
    entries = json_text.one(topic, payload, LARGEST)
    if not isinstance(entries, list):
        raise PayloadError(f"{topic}: a list of devices was expected")
    found: list[ZigbeeDevice] = []
    for entry in cast(list[object], entries):
        fields = nested(entry)
        if fields.get("type") == "Coordinator" or not isinstance(fields.get("friendly_name"), str):
            continue
        definition = nested(fields.get("definition"))
        found.append(
            ZigbeeDevice(
                address=str(fields.get("ieee_address", "")),
                name=str(fields["friendly_name"]),
                model=str(definition.get("model", "")),
                vendor=str(definition.get("vendor", "")),
                battery="battery" in str(fields.get("power_source", "battery")).lower(),
                kind=_kind(definition.get("exposes")),
                disabled=fields.get("disabled") is True,
            )
        )
    return tuple(found)


_KINDS: Final = (
    ("smoke", DeviceKind.SMOKE_DETECTOR),
    ("gas", DeviceKind.GAS_DETECTOR),
    ("carbon_monoxide", DeviceKind.GAS_DETECTOR),
    ("warning", DeviceKind.SIREN),
    ("alarm", DeviceKind.SIREN),
    ("sos", DeviceKind.SOS_BUTTON),
    ("contact", DeviceKind.CONTACT),
    ("energy", DeviceKind.SUB_METER),
)
"""What a device can say → what it is; the first that fits, so a smoke detector with a siren stays a detector."""


def _kind(exposes: object) -> DeviceKind | None:
    names: set[str] = set()
    for expose in cast(list[object], exposes) if isinstance(exposes, list) else []:
        fields = nested(expose)
        names.add(str(fields.get("property") or fields.get("name")))
        values = fields.get("values")
        if fields.get("name") == "action" and isinstance(values, list):
            names |= {"sos"} if CRIES & {str(value) for value in cast(list[object], values)} else set()
    return next((kind for name, kind in _KINDS if name in names), None)


def json_object(topic: str, payload: bytes) -> dict[str, object]:
    """The fields of a JSON object; `PayloadError` names the topic. Decimals stay exact."""
    value = json_text.one(topic, payload, LARGEST)
    if not isinstance(value, dict):
        raise PayloadError(f"{topic}: a JSON object was expected; set `advanced: output: json` in Zigbee2MQTT")
    return nested(cast(object, value))
