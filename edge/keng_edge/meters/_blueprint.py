"""A meter kind to copy: change the three places marked with an arrow, add its section to `config.py`, its class to the
dict in `__init__.py` and its section to the union in `keng_edge/config.py`.

This one runs: it reads how long the machine is up, as pulses.
"""

from decimal import Decimal
from typing import Literal

from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.meters.config import MeterSection
from keng_edge.meters.poll import hand_over, next_turn


class BlueprintSection(MeterSection):
    """→ What a person writes into `edge.toml`; common fields (id, name, place, every_s …) are there already."""

    type: Literal["blueprint"]


class Blueprint:
    """→ Made once as `Class(section, node)`; open nothing here, a port may be missing at start."""

    def __init__(self, section: BlueprintSection, node: Node) -> None:
        self._section, self._node = section, node

    async def run_once(self) -> None:
        """→ Wait for the turn, read, hand over. Raise a BridgeError or DeviceError when the meter does not answer.

        It is called again for ever: the node logs, backs off, and marks the meter as lost by itself.
        """
        await next_turn(self._node.clock, self._section.every_s)
        up = self._node.clock.up_ms()
        value = Measurement("pulses", Decimal(up // 1000), "1")
        await hand_over(self._node, self._section.id, [value], up)
