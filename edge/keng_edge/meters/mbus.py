"""A water, heat, gas or electricity meter on a wired M-Bus."""

from keng_bridges.mbus_serial import MbusLine
from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.meters.mbus_config import MbusSection
from keng_edge.meters.poll import Plate, drift, hand_over, next_turn
from keng_edge.meters.turns import Turns


class Mbus:
    """Read at its turns. The bus is opened for each reading, so a pulled converter needs no restart."""

    def __init__(self, section: MbusSection, node: Node) -> None:
        self._section, self._node = section, node
        self._turns = Turns(node.line(section.port), node.clock)
        self._plate = Plate(node, section.id)

    async def run_once(self) -> None:
        """One reading at the next turn; meters of the same bus wait for one another."""
        section, clock = self._section, self._node.clock
        await next_turn(clock, section.every_s)
        async with self._turns.take():
            up = clock.up_ms()
            async with await MbusLine.open(section.port, baud=section.baud, parity=section.parity) as bus:
                telegrams = await bus.read(section.name_on_the_bus)
        found: dict[str, Measurement] = {}
        for telegram in telegrams:
            for value in telegram.measurements():
                found.setdefault(value.quantity or "", value)  # what has no name is not stored
        told = telegrams[0].at
        ahead = drift(clock, told, up) if told is not None else None
        await hand_over(self._node, section.id, found.values(), up, ahead)
        await self._plate.tell(telegrams[0].number, telegrams[0].maker)
