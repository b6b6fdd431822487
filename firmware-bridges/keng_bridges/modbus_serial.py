"""One RS-485 line with Modbus devices on it: one request at a time, each with a deadline that its length allows.

Requests and answers are pymodbus's (`modbus/frame.py`), the line is ours, because it is kept open for many devices: the
client of pymodbus has one deadline for all of them, leaves no silence between two frames, and takes no answer that
comes behind a babbling device's garbage. Its server is the other side in our tests.
"""

import asyncio
from typing import Self

from keng_bridges.closing import Closing
from keng_bridges.errors import NoAnswer, Refused
from keng_bridges.modbus import Profile, Read, Sample, decode, image, plan
from keng_bridges.modbus.frame import LARGEST, command, confirmed, request, search, size
from keng_bridges.serial_port import SerialPort

TRIES = 2
SILENCE = 3.5  # characters between two frames (Modbus over serial line 1.02, 2.5.1.1)
LEAST_SILENCE_S = 0.00175  # above 19200 baud
NOISE_LIMIT = 4 * LARGEST


class ModbusLine(Closing):
    """The line; several devices share it, and one that is silent costs the others its deadline and no more.

    `deadline` is how long a device may think before it answers, in seconds; the time that the bytes take is added.
    `echo` is for converters that hear themselves.
    """

    def __init__(self, port: SerialPort, speed: tuple[int, str, int], deadline: float, echo: bool) -> None:
        self.path, self.speed = port.path, speed
        self._port, self._deadline, self._echo = port, deadline, echo
        baud, parity, stop = speed
        self._character = (9 + (parity != "N") + stop) / baud
        self._silence = max(SILENCE * self._character, LEAST_SILENCE_S)
        self._free = 0.0  # loop time at which the next frame may begin
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls, path: str, *, baud: int = 9600, parity: str = "N", stop: int = 1, deadline: float = 0.5, echo: bool = False
    ) -> Self:
        """Open the port; raises `PortError`, `PortBusy`."""
        port = await SerialPort.open(path, baud, parity=parity, stop=stop)
        return cls(port, (baud, parity, stop), deadline, echo)

    async def read(self, profile: Profile, unit: int) -> Sample:
        """All values of one device; raises `NoAnswer`, `Refused` (its profile does not fit) and `PortError`."""
        found: dict[tuple[int, int], int] = {}
        for read in plan(profile):
            for left in reversed(range(TRIES)):
                try:
                    found |= image(read, await self.ask(unit, read))
                    break
                except NoAnswer:
                    if not left:
                        raise
        return decode(profile, found)

    async def ask(self, unit: int, read: Read) -> tuple[int, ...]:
        """The values of one request, asked once; raises `NoAnswer`, `Refused`, `PortError`.

        An answer does not say which request it is for. It is taken for this one because nothing was sent to anybody
        within its deadline, and whatever came before this request is thrown away.
        """
        function, count = read.function, read.count
        async with self._turn:
            heard = await self._send(request(unit, function, read.address, count))
            end = self._free + self._deadline + size(function, count) * self._character
            while (answer := search(bytes(heard), unit, function, count)) is None:
                del heard[:-NOISE_LIMIT]
                heard += await self._hear(unit, end)
            return answer.values[:count]

    async def reset(self, profile: Profile, unit: int) -> None:
        """Reset a detector as its profile says; `Refused` if the profile has no reset."""
        reset = profile.reset
        if reset is None:
            raise Refused(f"{profile.name} has no reset")
        asked = command(unit, reset.function, reset.wire, reset.value)
        async with self._turn:
            heard = await self._send(asked)
            end = self._free + self._deadline + len(asked) * self._character
            while not confirmed(bytes(heard), asked):
                heard += await self._hear(unit, end)

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    async def _send(self, frame: bytes) -> bytearray:
        """Send after the silence that parts two frames; the answer is the (empty) buffer for what comes back."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._free - loop.time())
        self._port.discard()
        await self._port.write(frame)
        self._free = loop.time() + len(frame) * self._character
        return bytearray() if not self._echo else await self._without_echo(frame)

    async def _without_echo(self, frame: bytes) -> bytearray:
        heard, end = bytearray(), self._free + self._deadline
        while len(heard) < len(frame):
            heard += await self._hear(frame[0], end)
        if not heard.startswith(frame):
            raise NoAnswer(f"{self.path}: the converter's echo is damaged: two devices talk at once, or it has no echo")
        return heard[len(frame) :]

    async def _hear(self, unit: int, end: float) -> bytes:
        """What arrives next; `NoAnswer` at `end`."""
        loop = asyncio.get_running_loop()
        try:
            data = await self._port.read(max(0.0, end - loop.time()))
        except NoAnswer:
            raise NoAnswer(f"{self.path}: unit {unit} does not answer within {self._deadline:g} s") from None
        finally:
            self._free = loop.time() + self._silence
        return data
