"""Listens for DC-09 frames by TCP and UDP, and carries each answer back; what to answer is not decided here."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from keng_bridges.errors import PortError
from keng_bridges.sia_dc09.frame import LARGEST

log = logging.getLogger("keng.bridges.sia_dc09")

CONNECTIONS = 64
"""Panels at a time; one more is turned away, and comes again by itself."""
WAITING = 64
IDLE_S = 600.0

Take = Callable[[bytes], Awaitable[bytes]]
"""Takes a line without LF and CR; gives the frame to send back, empty for none. An exception means: no answer."""


class Listener:
    """Both ways in on one address. `async with await Listener.open(host, port, take)`."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._connections: set[asyncio.Task[None]] = set()
        self._datagrams = asyncio.Queue[tuple[bytes, tuple[str, int]]](WAITING)
        self._server: asyncio.Server | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._answering: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, host: str, port: int, take: Take, *, tcp: bool = True, udp: bool = True) -> Self:
        """Listen; raises `PortError`."""
        listener = cls(take)
        try:
            if tcp:
                listener._server = await asyncio.start_server(listener._connected, host, port, limit=LARGEST)
            if udp:
                await listener._open_udp(host, listener.port if tcp else port)
        except OSError as error:
            await listener.close()
            raise PortError(f"{host}:{port}: cannot listen there: {error.strerror or error}") from None
        return listener

    @property
    def port(self) -> int:
        """The port it listens on, also where 0 asked for any."""
        if self._server is not None:
            return int(self._server.sockets[0].getsockname()[1])
        return int(self._transport.get_extra_info("sockname")[1]) if self._transport else 0

    async def close(self) -> None:
        """Stop listening and end what is open."""
        tasks = [*self._connections, *([self._answering] if self._answering else [])]
        if self._server is not None:
            self._server.close()
        if self._transport is not None:
            self._transport.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of our own: asyncio's would log its cancellation as an error."""
        task = asyncio.create_task(self._connection(reader, writer), name="DC-09 connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._connections) <= CONNECTIONS:
                await self._serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Frame by frame until the panel goes, says nothing for ten minutes, or sends what is no frame."""
        with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            while True:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readuntil(b"\r")
                answer = await self._answer(line)
                if answer:
                    writer.write(answer)
                    await writer.drain()

    async def _answer(self, line: bytes) -> bytes:
        """One bad message or one full disk ends nothing: without an answer the panel sends it again."""
        try:
            return await self._take(line.strip(b"\r\n\0 "))
        except Exception as error:  # noqa: BLE001  the only broad place of this transport
            log.error("a DC-09 message was not stored and is not acknowledged: %s: %s", type(error).__name__, error)
            return b""

    async def _open_udp(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._datagrams), (host, port))
        self._answering = asyncio.create_task(self._answer_datagrams(), name="DC-09 datagrams")

    async def _answer_datagrams(self) -> None:
        while True:
            data, peer = await self._datagrams.get()
            answer = await self._answer(data)
            if answer and self._transport is not None:
                self._transport.sendto(answer, peer)


class _Datagrams(asyncio.DatagramProtocol):
    """Puts datagrams into a queue; what does not fit is lost, and the panel sends it again."""

    def __init__(self, queue: asyncio.Queue[tuple[bytes, tuple[str, int]]]) -> None:
        self._queue = queue

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram, one frame."""
        if len(data) <= LARGEST + 2:
            with contextlib.suppress(asyncio.QueueFull):
                self._queue.put_nowait((data, addr))
