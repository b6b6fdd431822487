"""One RS-485 line with Modbus devices on it, by pymodbus: one request at a time, each with a deadline."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from types import TracebackType
from typing import Self

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ExceptionResponse, ModbusPDU

from keng_bridges.errors import NoAnswer, PortError, Refused
from keng_bridges.modbus import Profile, Read, Sample, decode, image, plan
from keng_bridges.modbus.frame import EXCEPTIONS
from keng_bridges.serial_port import SerialPort

# Everything that pymodbus logs as an error comes out of here as an exception that says which device it was.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class ModbusLine:
    """The line; several devices share it, and one that is silent costs the others its deadline and no more.

    `echo` is for converters that hear themselves. Frames, CRC and the gap between them are pymodbus's.
    """

    def __init__(self, path: str, client: AsyncModbusSerialClient, deadline: float) -> None:
        self.path = path
        self._client = client
        self._deadline = deadline
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls, path: str, *, baud: int = 9600, parity: str = "N", stop: int = 1, deadline: float = 1.0, echo: bool = False
    ) -> Self:
        """Open the port; raises `PortError`, `PortBusy`. `deadline` is for one answer, in seconds; one retry."""
        # Tried with our own port first: pymodbus would only say that it could not connect.
        (await SerialPort.open(path, baud)).close()
        client = AsyncModbusSerialClient(
            path,
            baudrate=baud,
            parity=parity,
            stopbits=stop,
            timeout=deadline,
            retries=1,
            reconnect_delay=0,
            handle_local_echo=echo,
        )
        if not await client.connect():
            raise PortError(f"{path}: could not be opened for Modbus")
        return cls(path, client, deadline)

    async def read(self, profile: Profile, unit: int) -> Sample:
        """All values of one device; raises `NoAnswer`, `Refused` (its profile does not fit) and `PortError`."""
        found: dict[tuple[int, int], int] = {}
        for request in plan(profile):
            found |= image(request, await self._read(request, unit))
        return decode(profile, found)

    async def reset(self, profile: Profile, unit: int) -> None:
        """Reset a detector as its profile says; `Refused` if the profile has no reset."""
        reset = profile.reset
        if reset is None:
            raise Refused(f"{profile.name} has no reset")
        async with self._turn:
            if reset.function == 5:
                call = self._client.write_coil(reset.wire, bool(reset.value), device_id=unit)
            else:
                call = self._client.write_register(reset.wire, reset.value, device_id=unit)
            await self._answer(call, unit, reset.function)

    def close(self) -> None:
        """Give the port back."""
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _read(self, request: Read, unit: int) -> Sequence[int | bool]:
        calls = {
            1: self._client.read_coils,
            2: self._client.read_discrete_inputs,
            3: self._client.read_holding_registers,
            4: self._client.read_input_registers,
        }
        async with self._turn:
            call = calls[request.function](request.address, count=request.count, device_id=unit)
            answer = await self._answer(call, unit, request.function)
        values = answer.bits if request.function in (1, 2) else answer.registers
        if len(values) < request.count:
            raise NoAnswer(f"{self.path}: unit {unit} sent {len(values)} of {request.count} values")
        return values

    async def _answer(self, call: Awaitable[ModbusPDU], unit: int, function: int) -> ModbusPDU:
        try:
            answer = await call
        except ModbusException as error:
            if isinstance(error, ConnectionException) or not self._client.connected:
                gone = f"{self.path}: the port has gone: check the cable, then it is opened again"
                raise PortError(gone) from error
            raise NoAnswer(
                f"{self.path}: unit {unit} does not answer within {self._deadline:g} s, asked twice"
            ) from error
        if isinstance(answer, ExceptionResponse):
            reason = EXCEPTIONS.get(answer.exception_code, f"exception {answer.exception_code}")
            raise Refused(f"{self.path}: unit {unit}, function {function}: {reason}")
        return answer
