"""How a probe talks: a setting of the port, one question with a deadline, and what was found."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from keng_bridges.errors import NoAnswer
from keng_bridges.serial_port import SerialPort

HELD = 4096
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Setting:
    """Speed and frame of a port."""

    baud: int
    bits: int = 8
    parity: str = "N"

    def __str__(self) -> str:
        return f"{self.baud} {self.bits}{self.parity}1"

    async def open(self, path: str) -> SerialPort:
        """Open the port so; raises `PortError`, `PortBusy`."""
        return await SerialPort.open(path, self.baud, bits=self.bits, parity=self.parity)

    def seconds(self, characters: int) -> float:
        """How long so many characters take on the wire."""
        return characters * 11 / self.baud


@dataclass(frozen=True, slots=True)
class Found:
    """Something that answered: its protocol by the name that `decode` and the configuration use, and its address."""

    protocol: str
    setting: Setting
    address: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Probe:
    """One protocol: the settings it is usual with, and a question that only reads."""

    words: str
    settings: tuple[Setting, ...]
    ask: Callable[[SerialPort, Setting], Awaitable[list[Found]]]


async def answer(
    port: SerialPort, question: bytes, seconds: float, understood: Callable[[bytes], Result | None]
) -> Result | None:
    """What `understood` makes of the answer as soon as it makes anything of it; None when the time is over."""
    port.discard()
    await port.write(question)
    await port.drain()
    return await hear(port, seconds, understood)


async def hear(port: SerialPort, seconds: float, understood: Callable[[bytes], Result | None]) -> Result | None:
    """The same without asking."""
    loop, data = asyncio.get_running_loop(), b""
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        try:
            data = (data + await port.read(left))[-HELD:]
        except NoAnswer:
            break
        if (found := understood(data)) is not None:
            return found
    return None
