"""A meter on an RS-485 line, read by Modbus RTU as its profile says."""

from keng_bridges.modbus import load
from keng_bridges.modbus_serial import ModbusLine
from keng_edge.devices import Node
from keng_edge.meters.config import ModbusSection
from keng_edge.meters.poll import hand_over, next_turn


class Modbus:
    """Read at its turns. The line is opened for each reading, so a pulled converter needs no restart."""

    def __init__(self, section: ModbusSection, node: Node) -> None:
        self._section, self._node = section, node
        self._profile = load(section.profile)

    async def run_once(self) -> None:
        """One reading at the next turn; meters of the same line wait for one another."""
        section, clock = self._section, self._node.clock
        await next_turn(clock, section.every_s)
        async with self._node.line(section.port):
            up = clock.up_ms()
            async with await ModbusLine.open(section.port, baud=section.baud, parity=section.parity) as line:
                sample = await line.read(self._profile, section.unit)
        await hand_over(self._node, section.id, sample.measurements, up)
