"""LoRaWAN detectors through ChirpStack v4; their payloads are decoded here, whatever codec runs there."""

import logging
from collections import OrderedDict

from keng_bridges.chirpstack import Event, EventKind, decode
from keng_bridges.errors import BridgeError, PayloadError
from keng_bridges.lorawan import Payload, model_of
from keng_bridges.lorawan import decode as decode_payload
from keng_bridges.lorawan.server import decode as decode_server
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.gateway_points import GatewayPoints, Said
from keng_edge.fire.radio_config import SERVER, ChirpStackSection, LorawanDeviceSection
from keng_edge.mqtt import Heard, listen
from keng_wire.conditions import Condition, Mark

log = logging.getLogger("keng.fire")

REMEMBERED = 1000
SPOKEN = frozenset((EventKind.UP, EventKind.JOIN, EventKind.STATUS, EventKind.ACK))
"""Events that a device itself has caused: signs of its life."""


class ChirpStack:
    """One ChirpStack. An alarm of a detector that says it is not mounted is an alarm all the same."""

    def __init__(self, section: ChirpStackSection, node: Node) -> None:
        self._section, self._node = section, node
        self._points = GatewayPoints(section, section.devices, node)
        self._known: OrderedDict[tuple[str, str, EventKind, bytes], None] = OrderedDict()

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        topic = f"application/{self._section.application or '+'}/device/+/event/+"
        try:
            # The network server says nothing of itself; the connection to its broker is all there is.
            await listen(self._section, [topic], self._hear, self._node.clock, self._points.reached)
        except DeviceError:
            await self._points.unreached()
            raise

    async def _hear(self, heard: Heard) -> None:
        try:
            event = decode(heard.topic, heard.payload)
        except PayloadError as error:
            log.info("chirpstack %s: %s", self._section.id, error)
            return
        if event is None or self._repeated(event):
            return
        device = self._section.devices.get(event.device)
        if device is None:
            await self._stranger(event, heard)
        elif event.kind in SPOKEN:
            await self._points.take(event.device, self._said(device, event, heard), heard.frame)
        elif event.kind is EventKind.LOG:
            log.info("chirpstack %s: %s: %s", self._section.id, device.id, event.facts.get("description"))

    def _said(self, device: LorawanDeviceSection, event: Event, heard: Heard) -> Said:
        """What an event says of its device; with nothing in it the device only lives."""
        try:
            payload = _payload(device, event)
        except BridgeError as error:  # undamaged (MIC) and not understood: another model, or another firmware
            log.info("chirpstack %s: %s: %s", self._section.id, device.id, error)
            payload = Payload(Condition.UNKNOWN, frozenset((Mark.FAULT,)), detail=str(error)[:200])
        if payload.period_h is not None and payload.period_h > device.heartbeat_h:
            words = "%s: %s speaks every %d h, heartbeat_h is %d"
            log.info(words, self._section.id, device.id, payload.period_h, device.heartbeat_h)
        return Said(
            condition=payload.condition,
            marks=payload.marks | event.marks,
            cleared=payload.cleared | event.cleared,
            pressed=device.role == "cancel" and payload.condition is Condition.ALARM and not heard.retained,
            measurements=(*event.measurements, *payload.measurements),
            detail=payload.detail,
            retained=heard.retained,
            raw=event.payload.hex() or None,
        )

    async def _stranger(self, event: Event, heard: Heard) -> None:
        model = model_of(event.payload)
        try:
            payload = decode_payload(event.payload, model) if model else decode_server(event.decoded)
        except BridgeError:
            return
        if payload.condition is Condition.ALARM and not heard.retained:
            await self._points.stranger(event.device, heard.frame, event.payload.hex() or None)

    def _repeated(self, event: Event) -> bool:
        """Whether this very event came before; the same id with another content is no repeat."""
        key = (event.deduplication, event.device, event.kind, event.payload)
        if not event.deduplication:
            return False
        known = key in self._known
        self._known[key] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known


def _payload(device: LorawanDeviceSection, event: Event) -> Payload:
    if event.kind is not EventKind.UP or device.f_port not in (None, event.f_port):
        return Payload()
    if device.model == SERVER:
        return decode_server(event.decoded)
    return decode_payload(event.payload, device.model) if event.payload else Payload()
