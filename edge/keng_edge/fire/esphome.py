"""An ESPHome board over MQTT: its binary sensors are points, its sensors are values."""

import logging

from keng_bridges.errors import PayloadError
from keng_bridges.esphome import BoardStatus, Message, PointState, SensorState, decode
from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.fire.wifi_board import WifiBoard
from keng_edge.fire.wifi_config import EsphomeSection
from keng_edge.mqtt import Heard, listen

log = logging.getLogger("keng.fire")


class Esphome:
    """One board by its topic prefix."""

    def __init__(self, section: EsphomeSection, node: Node) -> None:
        self._section, self._node = section, node
        self._board = WifiBoard(section, node)

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        await listen(self._section, [f"{self._section.prefix}/#"], self._hear, self._node.clock, self._board.connected)

    async def _hear(self, heard: Heard) -> None:
        try:
            message = decode(heard.topic, heard.payload, retained=heard.retained)
        except PayloadError as error:
            log.info("esphome %s: %s", self._section.id, error)
            return
        if message is not None and message.prefix == self._section.prefix:
            await self._take(message, heard)

    async def _take(self, message: Message, heard: Heard) -> None:
        match message:
            case BoardStatus(_, online):
                await self._board.status(online, retained=heard.retained)
                return
            case PointState(_, name, "binary_sensor", on) if name in self._section.points:
                await self._board.contact(name, on, heard)
            case PointState() if message.cries and not heard.retained:
                await self._board.points.stranger(message.object, heard.frame, heard.raw)
            case SensorState(_, name, value) if value is not None and not heard.retained:
                sensor = self._section.sensors.get(name)
                if sensor is not None:
                    await self._board.measured([Measurement(sensor.quantity, value * sensor.scale, "")])
            case _:
                pass
        if not heard.retained:
            await self._board.alive()
