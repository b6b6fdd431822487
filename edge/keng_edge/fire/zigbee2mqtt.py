"""Zigbee detectors, contacts and buttons through Zigbee2MQTT."""

import logging

from keng_bridges.errors import PayloadError
from keng_bridges.zigbee2mqtt import Availability, BridgeState, DeviceList, DeviceState, decode
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.config import Zigbee2MqttSection, ZigbeeDeviceSection
from keng_edge.fire.gateway_points import Absence, GatewayPoints, Said
from keng_edge.mqtt import ALIVE_S, Heard, listen
from keng_wire.conditions import Condition, DeviceKind, Mark

log = logging.getLogger("keng.fire")

BUTTONS = (DeviceKind.SOS_BUTTON, DeviceKind.MANUAL_CALL_POINT)
BLIND = "hãy bật availability trong Zigbee2MQTT (switch it on: a dead detector looks well without it)"
UNHEARD = "Zigbee2MQTT không nghe thấy (not heard)"


class Zigbee2Mqtt:
    """One Zigbee2MQTT. What the broker remembered is a known state; only what a person did now is an act."""

    def __init__(self, section: Zigbee2MqttSection, node: Node) -> None:
        self._section, self._node = section, node
        self._points = GatewayPoints(section, section.devices, node)
        self._online: bool | None = None
        self._told_availability = False
        self._begun = node.clock.up_ms()

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        topics = [f"{self._section.base_topic}/#"]
        self._begun = self._node.clock.up_ms()
        try:
            await listen(self._section, topics, self._hear, self._node.clock, self._alive)
        except DeviceError:
            self._online = None
            await self._points.unreached()
            raise

    async def _alive(self) -> None:
        """Zigbee2MQTT is silent while nothing happens; its last will tells when it is gone."""
        if not self._online:
            return
        waited = self._node.clock.up_ms() - self._begun >= ALIVE_S * 1000  # it is remembered, so it comes at once
        if self._section.devices and not self._told_availability and waited:
            await self._points.reached([Mark.FAULT], BLIND)
        else:
            await self._points.reached()

    async def _hear(self, heard: Heard) -> None:
        section = self._section
        try:
            message = decode(heard.topic, heard.payload, retained=heard.retained, base=section.base_topic)
        except PayloadError as error:
            log.info("zigbee %s: %s", section.id, error)
            return
        match message:
            case DeviceState():
                await self._state(message, heard)
            case Availability() if message.name in section.devices:
                await self._availability(message)
            case BridgeState(online):
                await self._bridge(online)
            case DeviceList():
                await self._joined(message)
            case _:
                pass

    async def _state(self, state: DeviceState, heard: Heard) -> None:
        device = self._section.devices.get(state.name)
        if device is not None:
            await self._points.take(state.name, _said(device, state, heard.raw), heard.frame)
        elif state.condition is Condition.ALARM and not state.retained:
            await self._points.stranger(state.name, heard.frame, heard.raw)

    async def _availability(self, message: Availability) -> None:
        self._told_availability = True
        if message.online:
            await self._points.present(message.name, Absence.OFFLINE)
        else:  # what it says after the silence counts, not before
            await self._points.absent(message.name, Absence.OFFLINE, UNHEARD, forget=not message.retained)

    async def _bridge(self, online: bool) -> None:
        self._online = online
        marks = () if online else (Mark.COMMS_LOST,)
        await self._node.report(self._section.id, Condition.NORMAL if online else Condition.UNKNOWN, marks)
        for name in self._section.devices:
            if online:
                await self._points.present(name, Absence.GATEWAY)
            else:
                await self._points.absent(name, Absence.GATEWAY, UNHEARD)

    async def _joined(self, message: DeviceList) -> None:
        joined = {device.name: device for device in message.devices}
        for name, section in self._section.devices.items():
            device = joined.get(name)
            if device is None:
                words = f"{name} chưa vào mạng Zigbee (has not joined)"
                await self._points.absent(name, Absence.UNJOINED, words)
                continue
            facts = {"hardware": device.address, "model": device.model, "vendor": device.vendor}
            self._node.identified(section.id, facts)
            await self._points.present(name, Absence.UNJOINED)


def _said(device: ZigbeeDeviceSection, state: DeviceState, raw: str) -> Said:
    """What a message says of a device of that kind. A press is an act, not a state."""
    button = device.kind in BUTTONS or device.role == "cancel"
    pressed = state.sos or (device.kind is not DeviceKind.SOS_BUTTON and state.action is not None)
    condition = state.condition
    if button:
        condition = Condition.NORMAL
    elif device.kind is DeviceKind.CONTACT and state.closed is not None:
        condition = Condition.NORMAL if state.closed else Condition.ALARM
    return Said(
        condition=condition,
        marks=state.marks,
        cleared=state.cleared,
        pressed=button and pressed,
        measurements=state.measurements,
        detail=state.detail,
        retained=state.retained,
        raw=raw,
    )
