"""A meter read by IEC 62056-21 through an optical head or RS-485."""

from collections.abc import Sequence
from datetime import datetime

from keng_bridges.iec62056_21 import Plan, Span
from keng_bridges.iec62056_serial import read_meter, read_span
from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.meters.backfill import Backfill
from keng_edge.meters.config import Iec62056Section
from keng_edge.meters.poll import Plate, drift, hand_over, next_turn
from keng_edge.meters.turns import Turns


class Iec62056:
    """Read at its turns; between them the port is free for another meter on the same line."""

    def __init__(self, section: Iec62056Section, node: Node) -> None:
        self._section, self._node = section, node
        self._turns = Turns(node.line(section.port), node.clock)
        self._plate = Plate(node, section.id)
        line = node.line(section.port)
        self._backfill = Backfill(section, node, self, line) if section.load_profile else None

    async def run_once(self) -> None:
        """One reading at the next turn. The values are as old as the moment the reading began."""
        section, clock = self._section, self._node.clock
        await next_turn(clock, section.every_s)
        plan = self._plan()
        async with self._turns.take():
            begun = clock.up_ms()
            readout = await read_meter(section.port, plan)
        told = readout.clock()
        ahead = drift(clock, told, begun) if told is not None and readout.checked is not False else None
        await hand_over(self._node, section.id, readout.measurements(), begun, ahead)
        if readout.checked is False:
            return  # what the meter remembers of this turn is better than this
        await self._plate.tell(readout.identity())
        if self._backfill is not None:
            await self._backfill.fill(clock.utc_ms() - (clock.up_ms() - begun), ahead, readout.identity())

    async def read_profile(self, since: datetime, until: datetime) -> Sequence[Measurement]:
        """`Memory` of the meter: a piece of its load profile."""
        section = self._section
        span = Span(section.load_profile or "", since, until, section.profile_command)
        return (await read_span(section.port, self._plan(span))).rows

    def _plan(self, span: Span | None = None) -> Plan:
        section = self._section
        registers = () if span else section.registers
        return Plan(
            address=section.address,
            registers=registers,
            span=span,
            password=self._password(),
            command=section.read_command,
            fastest=section.fastest,
        )

    def _password(self) -> str | None:
        file = self._section.password_file
        if file is None:
            return None
        try:
            return file.read_text().strip()
        except OSError as error:
            raise DeviceError(f"password_file {file}: {error.strerror}", permanent=True) from None
