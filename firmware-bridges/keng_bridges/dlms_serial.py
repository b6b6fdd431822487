"""A meter read by DLMS/COSEM over HDLC on a serial line: carries frames and gives each answer a deadline."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from keng_bridges.dlms import hdlc, mode_e
from keng_bridges.dlms.frame_reader import Found, FrameReader
from keng_bridges.dlms.hdlc import Frame
from keng_bridges.dlms.link import Link
from keng_bridges.dlms_session import GOODBYE_S, Exchange, carried
from keng_bridges.errors import BridgeError, NoAnswer
from keng_bridges.serial_port import SerialPort

DEADLINE_S = 5.0
GREETING_S = 2.5
"""For each piece of the identification; the standard gives the meter 1.5 s."""
LONGEST_GREETING_S = 10.0
CONFIRMED_S = 0.5
GAP_S = 0.5
"""Silence inside a frame that ends it."""


@asynccontextmanager
async def connected(
    port: SerialPort, server: bytes, client: int, *, deadline: float = DEADLINE_S
) -> AsyncGenerator[Exchange]:
    """An HDLC connection with one meter of the line, closed at the end whatever happens.

    `server` is the meter's address as `hdlc.address` makes it; `deadline` is for one frame, in seconds.
    """
    link = Link(server, hdlc.address(client))

    async def ask(frame: Frame) -> Frame | None:
        return await _answer(port, frame, link, deadline)

    async def exchange(apdu: bytes) -> bytes:
        return await carried(link.exchange(apdu), ask)

    await carried(link.connect(), ask)
    try:
        yield exchange
    finally:
        with contextlib.suppress(BridgeError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await carried(link.disconnect(), ask)


async def greeted(path: str, fastest: int) -> int:
    """Ask the meter at an optical head for HDLC (mode E); the answer is the speed to open the port with, 8N1.

    Raises `NoAnswer`, and `Refused` if the meter does not speak HDLC. The port is closed again, because it wants
    another frame of bits from here on; the meter waits for us to speak.
    """
    async with await SerialPort.open(path, mode_e.FIRST_SPEED, bits=7, parity="E") as port:
        port.discard()
        await port.write(mode_e.REQUEST)
        await port.drain()
        speed = await _offered(port, fastest)
        await port.write(mode_e.confirmation(speed))
        await port.drain()
        back = b""
        with contextlib.suppress(NoAnswer):  # some meters say it back, others do not
            while not back.endswith(b"\n") and len(back) < mode_e.LONGEST:
                back += await port.read(CONFIRMED_S)
    return speed


async def _offered(port: SerialPort, fastest: int) -> int:
    heard = b""
    try:
        async with asyncio.timeout(LONGEST_GREETING_S):
            while (speed := mode_e.offered(heard, fastest)) is None:
                heard = (heard + await port.read(GREETING_S))[-mode_e.LONGEST :]
    except TimeoutError:
        raise NoAnswer(f"{port.path}: something speaks all the time and is no meter's identification") from None
    return speed


async def _answer(port: SerialPort, question: Frame, link: Link, deadline: float) -> Frame | None:
    """The meter's frame; None when none comes undamaged in time. Our own echo and other meters are passed over."""
    port.discard()
    await port.write(hdlc.encode(question))
    await port.drain()
    reader = FrameReader()
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while (left := end - loop.time()) > 0:
        try:
            found = list(reader.received(await port.read(min(left, GAP_S) if reader.waiting else left)))
        except NoAnswer:
            if not reader.waiting:
                return None
            found = list(reader.ended())
        for item in found:
            if isinstance(item, Found) and link.is_answer(item.frame):
                return item.frame
    return None
