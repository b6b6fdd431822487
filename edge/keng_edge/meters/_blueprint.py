"""A meter kind to copy, as `docs/new-device.md` says: change the three places marked with an arrow.

This one runs: a file holds what a pulse counter said last, in the language of `keng_bridges/_blueprint.py`.
"""

import asyncio
from pathlib import Path
from typing import Literal

from keng_bridges._blueprint import decode
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.meters.config import MeterSection
from keng_edge.meters.poll import hand_over, next_turn


class BlueprintSection(MeterSection):
    """→ What a person writes into `edge.toml`; common fields (id, name, place, every_s …) are there already."""

    type: Literal["blueprint"]
    file: Path


class Blueprint:
    """→ Made once as `Class(section, node)`; open nothing here, a port may be missing at start."""

    def __init__(self, section: BlueprintSection, node: Node) -> None:
        self._section, self._node = section, node

    async def run_once(self) -> None:
        """→ Wait for the turn, read, hand over. Raise a BridgeError or DeviceError when the meter does not answer.

        It is called again for ever: the node logs, backs off, and marks the meter as lost by itself. A meter at a
        serial port takes its turn there by `async with self._node.line(section.port)`.
        """
        await next_turn(self._node.clock, self._section.every_s)
        up = self._node.clock.up_ms()
        line = await asyncio.to_thread(self._last_line)
        await hand_over(self._node, self._section.id, [decode(line)], up)

    def _last_line(self) -> bytes:
        try:
            return self._section.file.read_bytes()[-100:].rstrip(b"\r\n").rpartition(b"\n")[2]
        except OSError as error:
            raise DeviceError(f"{self._section.file}: {error.strerror}") from None
