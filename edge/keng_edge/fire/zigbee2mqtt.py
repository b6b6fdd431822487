"""Zigbee detectors, contacts and buttons through Zigbee2MQTT."""

import asyncio
import logging
from dataclasses import dataclass

import aiomqtt

from keng_bridges.errors import PayloadError
from keng_bridges.zigbee2mqtt import Availability, BridgeState, DeviceList, DeviceState, Message, decode
from keng_edge.devices import Measured, Node, Trigger
from keng_edge.errors import DeviceError
from keng_edge.fire.config import Zigbee2MqttSection, ZigbeeDeviceSection
from keng_edge.fire.sources import OTHER, trigger
from keng_edge.mqtt import hush, library_log
from keng_wire.conditions import Condition, DeviceKind, Mark

log = logging.getLogger("keng.fire")

ALIVE_S = 20.0
BUTTONS = (DeviceKind.SOS_BUTTON, DeviceKind.MANUAL_CALL_POINT)


@dataclass(slots=True)
class _Standing:
    """What is known of one device: Zigbee2MQTT says only what has changed."""

    condition: Condition = Condition.UNKNOWN
    marks: frozenset[Mark] = frozenset()
    online: bool = True
    joined: bool = True


class Zigbee2Mqtt:
    """One Zigbee2MQTT. What the broker remembered is a known state; only what a person did now is an act."""

    def __init__(self, section: Zigbee2MqttSection, node: Node) -> None:
        self._section, self._node = section, node
        self._standing = {name: _Standing() for name in section.devices}
        self._online: bool | None = None
        self._raw = ""

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        section = self._section
        try:
            async with aiomqtt.Client(section.host, section.port, logger=library_log) as client:
                hush(client)
                await client.subscribe(f"{section.base_topic}/#", qos=1)
                alive = asyncio.create_task(self._keep_alive(), name=f"{section.id} alive")
                try:
                    async for message in client.messages:
                        await self._hear(message)
                finally:
                    alive.cancel()
        except aiomqtt.MqttError as error:
            self._online = None
            raise DeviceError(f"MQTT broker {section.host}:{section.port}: {error}") from None

    async def _hear(self, heard: aiomqtt.Message) -> None:
        frame, payload = self._node.clock.up_ms(), heard.payload
        self._raw = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
        try:
            message = decode(
                heard.topic.value, heard.payload, retained=bool(heard.retain), base=self._section.base_topic
            )
        except PayloadError as error:
            log.info("zigbee %s: %s", self._section.id, error)
            return
        await self._take(message, frame)

    async def _take(self, message: Message | None, frame: int) -> None:
        match message:
            case DeviceState():
                await self._state(message, frame)
            case Availability(name, online, retained):
                if name in self._standing:
                    standing = self._standing[name]
                    standing.online = online
                    if not online and not retained:
                        standing.condition = Condition.UNKNOWN  # what it says after the silence counts, not before
                    await self._report(name)
            case BridgeState(online):
                self._online = online
                await self._report_gateway()
                for name in self._standing:
                    await self._report(name)
            case DeviceList(devices):
                joined = {device.name for device in devices}
                for name, standing in self._standing.items():
                    standing.joined = name in joined
                    await self._report(name)
            case None:
                pass

    async def _state(self, state: DeviceState, frame: int) -> None:
        device = self._section.devices.get(state.name)
        if device is None:
            if state.condition is Condition.ALARM and not state.retained:
                await self._node.alarm(self._nameless(state, frame))
            return
        standing = self._standing[state.name]
        standing.marks = (standing.marks | state.marks) - state.cleared
        pressed = state.sos if device.kind is DeviceKind.SOS_BUTTON else state.action is not None
        condition = _condition(device, state)
        if condition is not None:
            standing.condition = condition
        if not state.retained:
            standing.online = True
        if device.role == "cancel" and (pressed or state.sos):
            await self._node.cancel(device.name, device.zone or self._section.zone)
        elif device.role == "alarm" and (
            condition is Condition.ALARM or (device.kind in BUTTONS and (pressed or state.sos))
        ):
            frame_or_none = None if state.retained else frame
            zone = self._section.zone
            name, raw = state.name[:40], self._raw
            await self._node.alarm(trigger(device, zone, standing.marks, name=name, frame=frame_or_none, raw=raw))
        await self._report(state.name)
        up = self._node.clock.up_ms()
        rows = [Measured(device.id, m.quantity, float(m.value), up) for m in state.measurements if m.quantity]
        if rows and not state.retained:
            await self._node.readings(rows)

    def _nameless(self, state: DeviceState, frame: int) -> Trigger:
        """An alarm of a device that nobody configured is an alarm of the gateway."""
        log.info("zigbee %s: alarm of %s, which is not configured", self._section.id, state.name)
        return Trigger(self._section.id, *OTHER, zone=self._section.zone, frame=frame)

    async def _report(self, name: str) -> None:
        device, standing = self._section.devices[name], self._standing[name]
        if self._online is False or not standing.online:
            marks = standing.marks | {Mark.COMMS_LOST}
            await self._node.report(device.id, Condition.UNKNOWN, marks, "Zigbee2MQTT không nghe thấy (not heard)")
        elif not standing.joined:
            words = f"{name} chưa vào mạng Zigbee (has not joined)"
            await self._node.report(device.id, Condition.UNKNOWN, standing.marks | {Mark.FAULT}, words)
        elif standing.condition is not Condition.UNKNOWN or standing.marks:
            await self._node.report(device.id, standing.condition, standing.marks)

    async def _report_gateway(self) -> None:
        marks = () if self._online else (Mark.COMMS_LOST,)
        condition = Condition.NORMAL if self._online else Condition.UNKNOWN
        await self._node.report(self._section.id, condition, marks)

    async def _keep_alive(self) -> None:
        """Zigbee2MQTT is silent while nothing happens; its last will tells when it is gone."""
        while True:
            if self._online:
                self._node.seen(self._section.id)
            await self._node.clock.sleep(ALIVE_S)


def _condition(device: ZigbeeDeviceSection, state: DeviceState) -> Condition | None:
    """How the device stands by this message; None if it says nothing of that. A press is an act, not a state."""
    if device.kind in BUTTONS or device.role == "cancel":
        return Condition.NORMAL
    if device.kind is DeviceKind.CONTACT and state.closed is not None:
        return Condition.NORMAL if state.closed else Condition.ALARM
    return state.condition
