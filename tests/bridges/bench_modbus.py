"""A small profile that tests spoil in one place each, and a line of pymodbus devices that tests can disturb."""

import logging
from collections.abc import Mapping, Sequence
from types import TracebackType

from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from keng_demo.line import Line

METER = """\
name: Công tơ mẫu
source: made up for a test
kind: sub_meter
registers:
  - {quantity: energy_import, function: 4, address: 72, type: float32, scale: 1000}
"""
BLOCK = 256

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


def meter(unit: int, registers: Mapping[int, str], *, function: int = 3) -> SimDevice:
    """A device with these registers (address → hex of what stands there and behind), zeros around them."""
    blocks: dict[int, list[int]] = {}
    for address, text in registers.items():
        for n, word in enumerate(int(text[i : i + 4], 16) for i in range(0, len(text), 4)):
            first, place = divmod(address + n, BLOCK)
            blocks.setdefault(first, [0] * BLOCK)[place] = word
    found = [
        SimData(first * BLOCK, values=values, datatype=DataType.REGISTERS, readonly=True)
        for first, values in sorted(blocks.items())
    ]
    none, nothing = [SimData(0, values=[False], datatype=DataType.BITS)], [SimData(0, values=[0], datatype=REGISTERS)]
    return SimDevice(unit, (none, none, found, nothing) if function == 3 else (none, none, nothing, found))


def module(unit: int, bits: Sequence[int]) -> SimDevice:
    """A device with these discrete inputs."""
    inputs = [SimData(0, values=[bool(bit) for bit in bits], datatype=DataType.BITS)]
    none, nothing = [SimData(0, values=[False], datatype=DataType.BITS)], [SimData(0, values=[0], datatype=REGISTERS)]
    return SimDevice(unit, (none, inputs, nothing, nothing))


REGISTERS = DataType.REGISTERS


class Bus:
    """One RS-485 line with these devices; units that are not there answer nothing.

    `asked` is the unit of each request so far, `written` the writes among them without CRC, `before` garbage that
    somebody puts before each answer, `deaf` the units that have lost their power.
    """

    def __init__(self, devices: list[SimDevice], *, before: bytes = b"") -> None:
        self.line, self._far = Line(self._from_node), Line(self._from_device)
        self._devices, self.before = devices, before
        self.asked: list[int] = []
        self.written: list[bytes] = []
        self.deaf: set[int] = set()

    @property
    def path(self) -> str:
        """The port the node opens."""
        return self.line.path

    async def __aenter__(self) -> "Bus":
        self.line.__enter__()
        self._far.__enter__()
        # pymodbus wants to open a port itself: two pseudo-terminals, joined back to back, are a cable.
        self._server = ModbusSerialServer(
            self._devices, port=self._far.path, baudrate=9600, ignore_missing_devices=True
        )
        await self._server.serve_forever(background=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus left its type out
        self.line.close()
        self._far.close()

    async def set_bit(self, unit: int, address: int, bit: int) -> None:
        """An input of a module changes."""
        await self._server.async_setValues(unit, 2, address, [bool(bit)])

    def _from_node(self, data: bytes) -> None:
        self.asked.append(data[0])
        if data[1] > 4:
            self.written.append(data[:-2])
        if data[0] not in self.deaf:
            self._far.write(data)

    def _from_device(self, data: bytes) -> None:
        self.line.write(self.before + data)
