"""A Tasmota plug, relay or contact over MQTT: its switches are points, its telemetry are values."""

import logging

from keng_bridges.errors import PayloadError
from keng_bridges.tasmota import DeviceStatus, Told, decode
from keng_edge.devices import Node
from keng_edge.fire.wifi_board import WifiBoard
from keng_edge.fire.wifi_config import TasmotaSection
from keng_edge.mqtt import Heard, listen

log = logging.getLogger("keng.fire")


class Tasmota:
    """One device by its topic. A switch that nobody configured is a light switch, never an alarm."""

    def __init__(self, section: TasmotaSection, node: Node) -> None:
        self._section, self._node = section, node
        self._board = WifiBoard(section, node)

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        topics = [f"{prefix}/{self._section.topic}/+" for prefix in ("tele", "stat")]
        await listen(self._section, topics, self._hear, self._node.clock, self._board.connected)

    async def _hear(self, heard: Heard) -> None:
        try:
            message = decode(heard.topic, heard.payload, retained=heard.retained)
        except PayloadError as error:
            log.info("tasmota %s: %s", self._section.id, error)
            return
        match message:
            case DeviceStatus(_, online):
                await self._board.status(online, retained=heard.retained)
            case Told():
                await self._told(message, heard)
            case None:
                pass

    async def _told(self, told: Told, heard: Heard) -> None:
        for name, on in told.points.items():
            if name in self._section.points:
                await self._board.contact(name, on, heard)
        if not heard.retained:
            await self._board.alive()
            await self._board.measured(told.measurements)
