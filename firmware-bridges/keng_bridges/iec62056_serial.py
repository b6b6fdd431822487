"""Reads one meter by IEC 62056-21 over a serial port: carries bytes and time between the port and the session."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from keng_bridges.errors import BridgeError, NoAnswer
from keng_bridges.iec62056_21 import Failed, Finished, LoadProfile, Output, Plan, Readout, Send, Session, SetSpeed
from keng_bridges.serial_port import SerialPort

TRIES = 3  # the first and two more, as the rules for meter data want for a frame whose check failed


async def read_meter(
    path: str, plan: Plan, *, bits: int = 7, parity: str = "E", clock: Callable[[], float] = time.monotonic
) -> Readout:
    """One reading of the meter behind `path`.

    A failed block check is read again, at most twice; then the readout comes with `checked` false and its values
    are suspect. Raises `PortError`, `NoAnswer` and `Refused`. Some RS-485 meters want 8N1: `bits=8, parity="N"`.
    """
    return (await _read(path, plan, bits, parity, clock)).readout


async def read_span(
    path: str, plan: Plan, *, bits: int = 7, parity: str = "E", clock: Callable[[], float] = time.monotonic
) -> LoadProfile:
    """A piece of the load profile (`plan.span`), with the same errors and tries as `read_meter`."""
    return (await _read(path, plan, bits, parity, clock)).profile or LoadProfile()


async def _read(path: str, plan: Plan, bits: int, parity: str, clock: Callable[[], float]) -> Finished:
    async with await SerialPort.open(path, plan.baud, bits=bits, parity=parity) as port:
        for _ in range(TRIES - 1):
            finished = await _read_once(port, Session(plan), clock)
            if finished.readout.checked is not False:
                return finished
        return await _read_once(port, Session(plan), clock)


async def _read_once(port: SerialPort, session: Session, clock: Callable[[], float]) -> Finished:
    port.discard()
    outputs = session.start(clock())
    try:
        while True:
            for output in outputs:
                if isinstance(output, Finished):
                    return output
                if isinstance(output, Failed):
                    raise output.error
                await _carry_out(port, output)
            outputs = []
            with contextlib.suppress(NoAnswer):
                outputs = session.received(await port.read(max(0.001, session.due() - clock())), clock())
            outputs += session.tick(clock())
    except asyncio.CancelledError:
        with contextlib.suppress(BridgeError):
            for farewell in session.farewell():
                await port.write(farewell.data)
                await port.drain()
        raise


async def _carry_out(port: SerialPort, output: Output) -> None:
    if isinstance(output, Send):
        await port.write(output.data)
        await port.drain()
    elif isinstance(output, SetSpeed):
        port.set_baud(output.baud)
    await asyncio.sleep(0)
