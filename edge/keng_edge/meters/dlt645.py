"""A meter on an RS-485 line that speaks DL/T645-2007 or -1997."""

import logging
from collections.abc import Sequence
from datetime import datetime

from keng_bridges.dlt645 import FrozenHours, parts
from keng_bridges.dlt645_serial import Dlt645Line
from keng_bridges.errors import Refused
from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.meters.backfill import Backfill
from keng_edge.meters.dlt645_config import Dlt645Section
from keng_edge.meters.poll import VIETNAM, Plate, drift, hand_over, next_turn
from keng_edge.meters.turns import Turns

log = logging.getLogger("keng.meters")


class Dlt645:
    """Read at its turns. The line is opened for each reading, so a pulled converter needs no restart."""

    def __init__(self, section: Dlt645Section, node: Node) -> None:
        self._section, self._node = section, node
        self._turns = Turns(node.line(section.port), node.clock)
        self._address = section.address
        self._wanted = section.identifiers()
        self._has_clock = section.version == "2007"
        self._plate = Plate(node, section.id)
        line = node.line(section.port)
        self._backfill = Backfill(section, node, self, line) if section.load_profile else None

    async def run_once(self) -> None:
        """One reading at the next turn; meters of the same line wait for one another."""
        section, clock = self._section, self._node.clock
        await next_turn(clock, section.every_s)
        async with self._turns.take():
            up = clock.up_ms()
            async with await Dlt645Line.open(section.port, baud=section.baud, parity=section.parity) as line:
                self._address = self._address or await self._find(line)
                found = await self._read(line)
                asked, told = clock.up_ms(), await self._clock(line)
        ahead = drift(clock, told, asked) if told is not None else None
        await hand_over(self._node, section.id, found, up, ahead)
        await self._plate.tell(self._address)
        if self._backfill is not None:
            await self._backfill.fill(clock.utc_ms() - (clock.up_ms() - up), ahead, self._address)

    async def read_profile(self, since: datetime, until: datetime) -> Sequence[Measurement]:
        """`Memory` of the meter: the registers of its full hours."""
        section = self._section
        local = [moment.astimezone(VIETNAM).replace(tzinfo=None) for moment in (since, until)]
        async with await Dlt645Line.open(section.port, baud=section.baud, parity=section.parity) as line:
            return await line.frozen_hours(self._address, FrozenHours(*local))

    async def _clock(self, line: Dlt645Line) -> datetime | None:
        """The meter's own time; one that declines is not asked again."""
        if not self._has_clock:
            return None
        try:
            return await line.clock(self._address)
        except Refused:
            self._has_clock = False
            return None

    async def _find(self, line: Dlt645Line) -> str:
        address = await line.find()
        log.info("meter %s has the address %s", self._section.id, address)
        return address

    async def _read(self, line: Dlt645Line) -> list[Measurement]:
        """All values; what this meter declines is asked for in parts, and then no more."""
        found: list[Measurement] = []
        waiting = list(self._wanted)
        while waiting:
            di = waiting.pop(0)
            try:
                found += (await line.read(self._address, di)).measurements
            except Refused as error:
                log.info("%s: %s", di, error)
                waiting = parts(di) + waiting
                at = self._wanted.index(di)
                self._wanted[at : at + 1] = parts(di)
        if not self._wanted:
            self._wanted = self._section.identifiers()
            raise Refused(f"meter {self._address} has none of the registers that it was asked for")
        return found
