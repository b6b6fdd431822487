"""A meter on an RS-485 line, read by Modbus RTU as its profile says."""

import logging

from keng_bridges.modbus import load
from keng_edge.devices import Node
from keng_edge.line import Turn
from keng_edge.meters.config import ModbusSection
from keng_edge.meters.poll import hand_over, next_turn
from keng_edge.modbus_unit import ModbusUnit

log = logging.getLogger("keng.meters")


class Modbus:
    """Read at its turns; meters and detectors of the same line share one open port."""

    def __init__(self, section: ModbusSection, node: Node) -> None:
        self._section, self._node = section, node
        self._unit = ModbusUnit(section, load(section.profile), node.line(section.port), Turn.READING)
        self._problems: tuple[str, ...] = ()

    async def run_once(self) -> None:
        """One reading at the next turn. The values are as old as the moment the reading began."""
        section, clock = self._section, self._node.clock
        await next_turn(clock, section.every_s)
        up = clock.up_ms()
        sample = await self._unit.read()
        if sample.problems != self._problems:
            self._problems = sample.problems
            log.info("meter %s: %s", section.id, "; ".join(sample.problems) or "every register can be used")
        await hand_over(self._node, section.id, sample.measurements, up)
