"""Carries a bridge session over a serial port: outputs come out of an iterator, acknowledgements and commands go in."""

import asyncio
from collections.abc import AsyncIterator, Callable

from keng_bridges.bridge_link import CommandResult, Moment, Output, PointEvent, Send, Session, Telemetry
from keng_bridges.errors import NoAnswer, PortError
from keng_bridges.serial_port import SerialPort

BAUD = 115200
WAITING = 500  # outputs that nobody has taken: beyond it measured values are left out, events never


class BridgePort:
    """One board behind an open port; the session lives longer than the port and is handed in.

    async with await SerialPort.open(path, BAUD) as port:
        board = BridgePort(port, session, clock)
        async for output in board.outputs():
            if isinstance(output, PointEvent):
                ...  # commit it
                await board.acknowledge(output)
    """

    def __init__(self, port: SerialPort, session: Session, clock: Callable[[], Moment]) -> None:
        self._port, self._session, self._clock = port, session, clock
        self._waiting: dict[int, asyncio.Future[CommandResult]] = {}
        self._queue = asyncio.Queue[Output | None]()

    async def outputs(self) -> AsyncIterator[Output]:
        """Everything but bytes, until the port goes: then `PortError`, and the session knows that it is closed.

        The port is read by a task of its own, so that a slow commit delays no answer, and a command may be given, and
        its result awaited, while an output is being carried out.
        """
        pump = asyncio.create_task(self._pump(), name=f"bridge {self._port.path}")
        try:
            while (output := await self._queue.get()) is not None:
                yield output
            await pump
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    async def acknowledge(self, event: PointEvent) -> None:
        """The event is committed to the outbox."""
        if event.number is not None:
            await self._write(self._session.acknowledge(event.boot, event.number))

    async def set(self, point: str, value: int, auto_off_ms: int | None = None) -> CommandResult:
        """Switch an output of the board and wait for the result, at most about 2 s. Raises `Refused`, `PortError`."""
        return await self._command(self._session.set(point, value, self._clock(), auto_off_ms))

    async def silence(self, point: str, ms: int) -> CommandResult:
        """Silence a sounder for at most 10 minutes and wait for the result."""
        return await self._command(self._session.silence(point, ms, self._clock()))

    async def _command(self, made: tuple[int, list[Output]]) -> CommandResult:
        future: asyncio.Future[CommandResult] = asyncio.get_running_loop().create_future()
        self._waiting[made[0]] = future
        try:
            await self._write(made[1])
            return await future
        except asyncio.CancelledError:
            if future.cancelled():
                raise PortError(f"{self._port.path}: the port was closed before the board answered") from None
            raise
        finally:
            del self._waiting[made[0]]

    async def _hear(self) -> list[Output]:
        now = self._clock()
        try:
            data = await self._port.read(max(0.001, self._session.due(now) - now.monotonic))
        except NoAnswer:
            return self._session.tick(self._clock())
        now = self._clock()
        return self._session.received(data, now) + self._session.tick(now)

    async def _pump(self) -> None:
        try:
            await self._take(self._session.opened(self._clock()))
            while True:
                await self._take(await self._hear())
        finally:
            self._session.closed()
            self._queue.put_nowait(None)
            for future in self._waiting.values():
                future.cancel()

    async def _take(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                await self._port.write(output.data)
            elif isinstance(output, CommandResult) and (future := self._waiting.get(output.request)):
                if not future.done():
                    future.set_result(output)
            elif not isinstance(output, Telemetry) or self._queue.qsize() < WAITING:
                self._queue.put_nowait(output)

    async def _write(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                await self._port.write(output.data)
