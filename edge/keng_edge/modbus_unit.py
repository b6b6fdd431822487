"""One Modbus device on a line that it shares: a turn for each request, one connection for all."""

from typing import Protocol

from keng_bridges.errors import NoAnswer, PortError
from keng_bridges.modbus import Image, Profile, Read, Sample, decode, image, plan
from keng_bridges.modbus_serial import ModbusLine
from keng_edge.line import Line, Turn
from keng_edge.sections import Parity

TRIES = 2


class Wiring(Protocol):
    """The fields of a section that say how the device is reached; what is left out is as the profile has it."""

    @property
    def port(self) -> str:
        """Best a name under `/dev/serial/by-id`."""
        ...

    @property
    def unit(self) -> int | None:
        """Its address on the line."""
        ...

    @property
    def baud(self) -> int | None:
        """Bits per second."""
        ...

    @property
    def parity(self) -> Parity | None:
        """N, E or O."""
        ...

    @property
    def echo(self) -> bool:
        """Whether the converter hears itself."""
        ...


class ModbusUnit:
    """`misses` counts readings in a row without an answer; a unit that missed one is asked once a turn, after all.

    `heard` is what the last reading brought, as it stood in the answers.
    """

    def __init__(self, wiring: Wiring, profile: Profile, line: Line, turn: Turn) -> None:
        self.profile, self.misses = profile, 0
        self._port = wiring.port
        self._unit = profile.unit if wiring.unit is None else wiring.unit
        serial = profile.serial
        self._speed = (wiring.baud or serial.baud, wiring.parity or serial.parity, serial.stop)
        self._echo = wiring.echo
        self._line, self._turn = line, turn
        self._plan = plan(profile)
        self.heard: Image = {}

    async def read(self) -> Sample:
        """All its values; raises `NoAnswer`, `Refused`, `PortError`."""
        found: dict[tuple[int, int], int] = {}
        try:
            for read in self._plan:
                found |= image(read, await self._insist(read))
        except NoAnswer:
            self.misses += 1
            raise
        self.misses, self.heard = 0, found
        return decode(self.profile, found)

    async def reset(self) -> None:
        """Write the one thing that is ever written: the reset of a detector, as its profile says."""
        async with self._line.turn(Turn.ALARM):
            await (await self._connected()).reset(self.profile, self._unit)

    async def _insist(self, read: Read) -> tuple[int, ...]:
        for _ in range(TRIES - 1 if not self.misses else 0):
            try:
                return await self._ask(read, self._turn)
            except NoAnswer:
                continue
        return await self._ask(read, Turn.SILENT if self.misses else self._turn)

    async def _ask(self, read: Read, turn: Turn) -> tuple[int, ...]:
        async with self._line.turn(turn):
            try:
                return await (await self._connected()).ask(self._unit, read)
            except PortError:
                self._line.drop()
                raise

    async def _connected(self) -> ModbusLine:
        """The line's connection, opened anew for another speed. Stop bits of others do: they only part characters."""
        kept = self._line.connection
        if isinstance(kept, ModbusLine) and kept.speed[:2] == self._speed[:2]:
            return kept
        self._line.drop()
        baud, parity, stop = self._speed
        opened = await ModbusLine.open(self._port, baud=baud, parity=parity, stop=stop, echo=self._echo)
        self._line.connection = opened
        return opened
