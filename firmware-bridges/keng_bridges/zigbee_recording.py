"""What recorded messages of Zigbee2MQTT say."""

from collections.abc import Iterator
from dataclasses import replace

from keng_bridges import mqtt_lines
from keng_bridges.json_text import nested, plain
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Mark
from keng_bridges.zigbee2mqtt import Availability, BridgeState, DeviceState, decode, state_of
from keng_bridges.zigbee_devices import json_object


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """Recorded payloads of devices, or lines `topic payload` of any topic below the usual base."""
    return mqtt_lines.recording(data, _read)


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    if topic is None:
        for offset, fields in mqtt_lines.objects("zigbee2mqtt", payload):
            yield _decoded(offset, fields, state_of(_name(fields), fields, retained=False))
        return
    message = decode(topic, payload, retained=False)
    if isinstance(message, DeviceState):
        yield _decoded(0, json_object(topic, payload), message)
    elif isinstance(message, Availability):
        yield Decoded(0, message.name, facts={"topic": topic, "online": message.online})
    elif isinstance(message, BridgeState):
        yield Decoded(0, facts={"topic": topic, "online": message.online})
    else:
        yield Decoded(0, facts={"topic": topic, **({"devices": len(message.devices)} if message else {})})


def _decoded(offset: int, fields: dict[str, object], state: DeviceState) -> Decoded:
    told = state.condition is not None or state.marks | state.cleared
    facts: dict[str, object] = {}
    if told:
        ranks = ((state.condition is Condition.ALARM, "alarm"), (Mark.FAULT in state.marks, "fault"))
        words = (*ranks, (Mark.TEST in state.marks, "test"), (True, str(state.condition or Condition.UNKNOWN)))
        facts = {"state": next(word for true, word in words if true), "fault": Mark.FAULT in state.marks}
    facts |= {key: plain(value) for key, value in fields.items()}
    points = (replace(state.report(), point=state.name or "device"),) if told else ()
    return Decoded(offset, state.name or None, measurements=state.measurements, points=points, facts=facts)


def _name(fields: dict[str, object]) -> str:
    """Who says it, where Zigbee2MQTT was told to put that into the payload (`include_device_information`)."""
    return str(nested(fields.get("device")).get("friendlyName", ""))
