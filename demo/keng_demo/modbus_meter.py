"""A simulated three-phase Modbus meter (registers as an Eastron SDM630) behind a pseudo-terminal, by pymodbus.

python -m keng_demo.modbus_meter --link PATH [--unit 1]
Commands: silent SECONDS | noise.
"""

import argparse
import struct
import time
from pathlib import Path
from types import TracebackType

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from keng_demo.console import commands, run, say
from keng_demo.household import Household
from keng_demo.line import Line

REGISTERS = 400


def sdm630(household: Household, second: float) -> dict[int, float]:
    """Address → value, as the maker's table has them: V, A, W, VA, var, Hz and kWh as 32-bit floats."""
    power, energy = household.power(second), household.energy(second) / 1000
    volts = [household.voltage(second, phase) for phase in range(3)]
    shares = (0.5, 0.3, 0.2)
    phases: dict[int, float] = {}
    for phase, (volt, share) in enumerate(zip(volts, shares, strict=True)):
        phases |= {2 * phase: volt, 6 + 2 * phase: power * share / volt / 0.97, 12 + 2 * phase: power * share}
    totals = {52: power, 56: power / 0.97, 60: power * 0.25, 62: 0.97, 70: 50.01, 86: 2.4 * household.mean_w}
    return {**phases, **totals, 72: energy, 74: 0.0, 76: energy * 0.25, 78: 0.0, 342: energy}


class ModbusMeter:
    """The meter as an asyncio object: `async with ModbusMeter() as meter: meter.path`."""

    def __init__(
        self,
        *,
        unit: int = 1,
        link: Path | None = None,
        household: Household | None = None,
        speed: float = 1.0,
        baud: int = 9600,
    ) -> None:
        # pymodbus wants to open a port itself: two pseudo-terminals, joined back to back, are a cable.
        self.line = Line(self._from_node, link)
        self._far = Line(self._from_meter)
        self._unit, self._baud, self._speed = unit, baud, speed
        self._household = household or Household(start_wh=8_400_000.0, mean_w=1400.0)
        self._begun = time.monotonic()
        self._silent_until = 0.0

    @property
    def path(self) -> str:
        """The port the node opens."""
        return self.line.path

    async def __aenter__(self) -> "ModbusMeter":
        self.line.__enter__()
        self._far.__enter__()
        registers = SimData(0, values=[0] * REGISTERS, datatype=DataType.REGISTERS, readonly=True)
        device = SimDevice(self._unit, simdata=[registers], action=self._refresh)
        self._server = ModbusSerialServer(device, port=self._far.path, baudrate=self._baud)
        await self._server.serve_forever(background=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus left its type out
        self.line.close()
        self._far.close()

    def do(self, command: str, *words: str) -> None:
        """Carry out one command; `ValueError` for one that makes no sense."""
        match command:
            case "silent":
                self._silent_until = time.monotonic() + float(words[0])
            case "noise":
                self.line.write(b"\x01\x04\x7f\x00")
            case _:
                raise ValueError(f"unknown command {command!r}")

    async def _refresh(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by the server before each answer: everything as it stands this second."""
        for at, value in sdm630(self._household, (time.monotonic() - self._begun) * self._speed).items():
            registers[at - start : at - start + 2] = struct.unpack(">HH", struct.pack(">f", value))
        return None

    def _from_node(self, data: bytes) -> None:
        # On a real line nobody answers for another unit; pymodbus 3.16 would, with exception 4.
        if time.monotonic() >= self._silent_until and data[0] == self._unit:
            self._far.write(data)

    def _from_meter(self, data: bytes) -> None:
        self.line.write(data)


async def main() -> None:
    """Be a meter until told to stop."""
    parser = argparse.ArgumentParser(prog="keng_demo.modbus_meter", description="a simulated Modbus meter")
    parser.add_argument("--link", type=Path, help="make a symbolic link to the port here")
    parser.add_argument("--unit", type=int, default=1)
    parser.add_argument("--start-kwh", type=float, default=8400.0)
    parser.add_argument("--mean-w", type=float, default=1400.0)
    parser.add_argument("--speed", type=float, default=1.0, help="household seconds per second")
    options = parser.parse_args()
    household = Household(start_wh=options.start_kwh * 1000, mean_w=options.mean_w)
    meter = ModbusMeter(unit=options.unit, link=options.link, household=household, speed=options.speed)
    async with meter:
        say(device="modbus_meter", port=meter.path, unit=options.unit)
        async for words in commands():
            try:
                meter.do(*words)
            except (ValueError, IndexError) as error:
                say(error=str(error))


if __name__ == "__main__":
    run(main())
