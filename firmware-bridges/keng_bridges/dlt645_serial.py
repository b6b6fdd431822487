"""One RS-485 line with DL/T645 meters on it: one question at a time, each with a deadline."""

import asyncio
from datetime import datetime
from typing import Self

from keng_bridges.closing import Closing
from keng_bridges.dlt645 import ANYBODY, Frame, Values, decode, errors, identifier, request
from keng_bridges.dlt645.facts import describe
from keng_bridges.dlt645.frozen import FrozenHours
from keng_bridges.dlt645.listener import Listener
from keng_bridges.errors import NoAnswer, Refused
from keng_bridges.serial_port import SerialPort
from keng_bridges.values import Measurement

REACTION_S = 0.8  # clause 5.3.3 gives the meter 0.5 s; converters take their share
GAP_S = 0.5
TRIES = 2
DATE, TIME = "04000101", "04000102"
LONGEST_BLOCK = 16_384
LONGEST_ANSWER_S = 10.0


class Dlt645Line(Closing):
    """The line; several meters may share it. Only requests that read can be sent."""

    def __init__(self, port: SerialPort) -> None:
        self._port = port

    @classmethod
    async def open(cls, path: str, *, baud: int = 2400, parity: str = "E") -> Self:
        """Open the port; raises `PortError`, `PortBusy`."""
        return cls(await SerialPort.open(path, baud, parity=parity))

    async def read(self, address: str, di: str) -> Values:
        """What is under a data identifier: eight hex digits, or four for the version of 1997.

        Raises `Refused` when the meter does not have it, `NoAnswer`, `PortError`.
        """
        wanted, old = bytes.fromhex(di)[::-1], len(di) == 4
        frame = await self._ask(0x01 if old else 0x11, address, wanted)
        data, number = frame.data[len(wanted) :], 0
        while frame.more_follows:
            number += 1
            frame = await self._ask(0x02 if old else 0x12, address, wanted + (b"" if old else bytes([number])))
            part = frame.data[len(wanted) :]
            if not old and part[-1:] != bytes([number]):
                raise NoAnswer(f"meter {address}: part {number} of {di} is missing")
            data += part if old else part[:-1]
            if number == 255 or len(data) > LONGEST_BLOCK:
                raise NoAnswer(f"meter {address}: {di} does not end")
        return decode(di, data)

    async def clock(self, address: str) -> datetime | None:
        """The time that a meter of 2007 shows; None where it has none, or at midnight between date and time."""
        day = describe(DATE, (await self.read(address, DATE)).rest).get("date")
        time = describe(TIME, (await self.read(address, TIME)).rest).get("time")
        if not isinstance(day, str) or not isinstance(time, str) or time.startswith("00:00"):
            return None
        try:
            return datetime.fromisoformat(f"{day}T{time}")
        except ValueError:
            return None

    async def frozen_hours(self, address: str, hours: FrozenHours) -> tuple[Measurement, ...]:
        """The registers of those full hours, each with its `at`; `Refused` if the meter keeps none."""
        asking = hours.ask()
        di, asked = next(asking), 0
        try:
            while True:
                values = await self._kept(address, di, needed=asked == 0)
                di, asked = asking.send(values), asked + 1
        except StopIteration as end:
            rows: tuple[Measurement, ...] = end.value
            return rows

    async def _kept(self, address: str, di: str, *, needed: bool) -> Values | None:
        try:
            return await self.read(address, di)
        except Refused:
            if needed:
                raise
            return None

    async def find(self) -> str:
        """The address of the only meter on the line; `NoAnswer` if there is none, or if several speak at once."""
        try:
            return (await self._ask(0x13, ANYBODY, b"")).address
        except (NoAnswer, Refused):  # the version of 1997 knows no such question, but answers to anybody
            return (await self._ask(0x01, ANYBODY, bytes.fromhex("9010")[::-1])).address

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    async def _ask(self, control: int, address: str, data: bytes) -> Frame:
        """The answer to one question; a frame that fails its check is asked for again once."""
        question = request(control, address, data)
        noise = False
        for _ in range(TRIES):
            self._port.discard()
            await self._port.write(question)
            listener = Listener()
            answer = await self._answer(listener, control, address, data)
            if answer is not None:
                return _accepted(answer)
            noise = noise or listener.noise
        where = f"{self._port.path}: meter {address}"
        raise NoAnswer(f"{where}: what it answers fails its check" if noise else f"{where} does not answer")

    async def _answer(self, listener: Listener, control: int, address: str, data: bytes) -> Frame | None:
        wait = REACTION_S
        try:
            async with asyncio.timeout(LONGEST_ANSWER_S):  # a babbling line ends too
                while True:
                    for frame in listener.received(await self._port.read(wait)):
                        if _answers(frame, control, address, data):
                            return frame
                    wait = GAP_S
        except (NoAnswer, TimeoutError):
            return None


def _answers(frame: Frame, control: int, address: str, data: bytes) -> bool:
    if frame.function != control or address not in (ANYBODY, frame.address):
        return False
    asked = data[: 2 if control in (0x01, 0x02) else 4]
    return frame.is_error or not asked or identifier(frame) == asked[::-1].hex().upper()


def _accepted(frame: Frame) -> Frame:
    if frame.is_error:
        reason = ", ".join(errors(frame.data[0])) if frame.data else "no reason given"
        raise Refused(f"meter {frame.address}: {reason}")
    return frame
