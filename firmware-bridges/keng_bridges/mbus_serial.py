"""One M-Bus behind a level converter: one question at a time, each with a deadline; meters are only read."""

import asyncio
from typing import Self

from keng_bridges.closing import Closing
from keng_bridges.errors import FrameError, NoAnswer
from keng_bridges.mbus import Frame, Telegram, ask, parse, read_telegram, select, wake
from keng_bridges.mbus.frame import ANSWERING, SELECTED
from keng_bridges.serial_port import SerialPort

TRIES = 3  # EN 13757-2 clause 5.5.4: twice more
GAP_S = 0.3
LONGEST_ANSWER_S = 20.0  # a long frame at 300 baud takes ten
MOST_TELEGRAMS = 16
HELD = 2048


class MbusLine(Closing):
    """The bus. A meter is named by its primary address (0 to 250), or by its eight digits."""

    def __init__(self, port: SerialPort, baud: int) -> None:
        self._port = port
        self._byte_s = 11 / baud
        self._reaction_s = 0.3 + 330 / baud  # EN 13757-2 clause 5.5.4: 330 bits and 50 ms; converters take their share

    @classmethod
    async def open(cls, path: str, *, baud: int = 2400, parity: str = "E") -> Self:
        """Open the port; raises `PortError`, `PortBusy`."""
        return cls(await SerialPort.open(path, baud, parity=parity), baud)

    async def read(self, meter: int | str) -> list[Telegram]:
        """All telegrams of one meter; raises `NoAnswer`, `PortError`, and `PayloadError` for what is not understood."""
        address = await self._greet(meter)
        found: list[Telegram] = []
        toggle = True
        while len(found) < MOST_TELEGRAMS:
            answer = await self._ask(ask(address, toggle=toggle), address)
            found.append(read_telegram(answer))
            if not found[-1].records.more_follow:
                break
            toggle = not toggle
        return found

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    async def _greet(self, meter: int | str) -> int:
        """Make the meter listen; the address to ask. Some stay silent to SND_NKE, so only a selection must be heard."""
        if isinstance(meter, int):
            await self._exchange(wake(meter))
            return meter
        await self._exchange(wake(SELECTED))  # whoever was selected before
        for _ in range(TRIES):
            if await self._exchange(select(meter)) is not None:
                return SELECTED
        raise NoAnswer(f"{self._port.path}: no M-Bus meter has the number {meter}")

    async def _ask(self, question: bytes, address: int) -> Frame:
        for _ in range(TRIES):  # the same frame count bit again: the meter repeats what was lost
            answer = await self._exchange(question)
            own = answer is not None and answer.is_answer
            if answer is not None and own and (address in (SELECTED, ANSWERING) or answer.address == address):
                return answer
        raise NoAnswer(f"{self._port.path}: M-Bus meter {address} does not answer")

    async def _exchange(self, question: bytes) -> Frame | None:
        """An acknowledgement or answer; None when neither comes undamaged."""
        self._port.discard()
        await self._port.write(question)
        buffer, wait = b"", self._reaction_s + len(question) * self._byte_s
        try:
            async with asyncio.timeout(LONGEST_ANSWER_S):
                while True:
                    buffer = (buffer + await self._port.read(wait))[-HELD:]
                    wait = GAP_S
                    frame, buffer = _first_answer(buffer)
                    if frame is not None:
                        return frame
        except (NoAnswer, TimeoutError):
            return None


def _first_answer(buffer: bytes) -> tuple[Frame | None, bytes]:
    """The first acknowledgement or answer, and what is kept for later; our own echo and noise go by."""
    at = 0
    while at < len(buffer):
        try:
            frame = parse(buffer, at)
        except FrameError:
            at += 1
            continue
        if frame is None:
            return None, buffer[at:]
        if frame.control is None or frame.is_answer:
            return frame, buffer[frame.end :]
        at = frame.end
    return None, b""
