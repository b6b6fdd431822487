"""What recorded events of ChirpStack say, with the payloads inside them."""

from collections.abc import Iterator

from keng_bridges import lorawan, mqtt_lines
from keng_bridges.chirpstack.event import Event, decode, device_of, kind_of, read_event
from keng_bridges.errors import BridgeError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import PointReport


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """All events in recorded messages; a payload whose model is recognised is decoded along."""
    return mqtt_lines.recording(data, _read)


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    if topic is not None:
        event = decode(topic, payload)
        yield Decoded(0, facts={"topic": topic}) if event is None else _decoded(0, event)
        return
    for offset, said in mqtt_lines.objects("chirpstack", payload):
        yield _decoded(offset, read_event("chirpstack", kind_of(said), device_of("chirpstack", said, None), said))


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
