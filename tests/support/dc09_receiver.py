"""A monitoring station on loopback: real TCP, answers of SIA DC-09 made here, as bad as a test wants them."""

import asyncio
import re
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self


class Frame(NamedTuple):
    """One frame as it came: its kind, number and account, and what stands behind."""

    kind: str
    number: str
    account: str
    rest: str
    line: str


def crc(body: bytes) -> int:
    """CRC-16/ARC (ANSI/SIA DC-09, 5.5.1.2)."""
    value = 0
    for byte in body:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value


def frame(body: str) -> bytes:
    """The body between its check and its end."""
    text = body.encode()
    return b"\n%04X0%03X%s\r" % (crc(text), len(text), text)


def ack(got: Frame) -> bytes:
    """The answer to a frame that was kept."""
    return frame(f'"ACK"{got.number}L0#{got.account}[]')


def nak(time: str) -> Callable[[Frame], bytes]:
    """The answer to a frame whose time is too far from the receiver's, `HH:MM:SS,MM-DD-YYYY`."""
    return lambda got: frame(f'"NAK"0000L0#{got.account}[]_{time}')


class Dc09Receiver:
    """`async with Dc09Receiver() as receiver`; `script` holds the next answers, `usual` all others; None is silence."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.script: list[Callable[[Frame], bytes] | None] = []
        self.usual: Callable[[Frame], bytes] | None = ack
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readuntil(b"\r")).decode().strip()
            found = re.fullmatch(r'([0-9A-F]{4})0([0-9A-F]{3})("(\*?[\w-]+)"(\d{4})L0#([0-9A-F]+)(\[.*))', line)
            assert found, line
            assert int(found[1], 16) == crc(found[3].encode())
            assert int(found[2], 16) == len(found[3])
            got = Frame(found[4], found[5], found[6], found[7], line)
            self.frames.append(got)
            answer = self.script.pop(0) if self.script else self.usual
            if answer is None:
                await reader.read()
                return
            writer.write(answer(got))
            await writer.drain()
        finally:
            writer.close()
