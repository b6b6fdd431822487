"""A broker that the hub starts itself, watches, and starts again when it ends."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from keng_hub.brokers import mosquitto
from keng_hub.config import Config
from keng_hub.errors import NotReady
from keng_hub.health import Health

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

log = logging.getLogger("keng.broker")

READY_S = 10
AGAIN_S = 1.0
LOOK_S = 2.0
"""How often it is looked whether a file that the broker reads at its start has changed."""


def arguments(config: Config) -> list[str] | None:
    """The command that runs the broker of this configuration; None when it is not ours to run."""
    if config.broker.kind == "embedded":
        return [sys.executable, "-m", "keng_hub.brokers.embedded", str(config.broker.port)]
    if not config.broker.start:
        return None
    program = mosquitto.program()
    if program is None:
        raise NotReady(
            "chưa cài Mosquitto: sudo apt install mosquitto (Mosquitto is not installed); "
            'hoặc đặt [broker] kind = "embedded" để xem thử (or use the embedded one to have a look)'
        )
    return [program, "-c", str(config.broker_folder / "mosquitto.conf")]


class Child:
    """The broker's process. It never outlives the hub, even when that is killed.

    When `read_at_start` changes (the list of revoked certificates) the broker is started again.
    """

    def __init__(
        self,
        command: Sequence[str],
        host: str,
        port: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        read_at_start: Path | None = None,
    ) -> None:
        self._read_at_start = read_at_start
        self._command = [sys.executable, "-m", "keng_hub.brokers.leash", *command]
        self._host, self._port, self._sleep = host, port, sleep
        self._process: asyncio.subprocess.Process | None = None
        self._starts = 0
        self._stamped: int | None = None

    async def run(self) -> None:
        """Watch it until cancelled; a broker that ended is started again."""
        while True:
            assert self._process is not None
            if await self._is_outdated(self._process):
                log.info("%s has changed: the broker is started again", self._read_at_start)
                await self._stop()
            else:
                log.error("the broker ended with status %s, starting it again", self._process.returncode)
                await self._sleep(AGAIN_S)
            await self._start()

    async def health(self) -> Health:
        """Whether it runs and accepts connections."""
        if not await _accepts(self._host, self._port):
            return Health(False, f"{self._host}:{self._port} does not accept connections")
        return Health(True, f"started {self._starts} time(s)")

    def running(self) -> AbstractAsyncContextManager["Child"]:
        """Start it and wait until it accepts connections; ended with the block. NotReady when the port is taken."""
        return self._running()

    @asynccontextmanager
    async def _running(self) -> "AsyncGenerator[Child]":
        if await _accepts(self._host, self._port):
            raise NotReady(
                f"cổng {self._port} đã có chương trình khác dùng (another program uses port {self._port}); "
                "hãy đổi [broker] port (choose another one)"
            )
        await self._start()
        try:
            async with asyncio.timeout(READY_S):
                while not await _accepts(self._host, self._port):
                    if self._process is None or self._process.returncode is not None:
                        raise NotReady(
                            "bộ chuyển tin không chạy được, xem nhật ký (the broker does not start, see the log)"
                        )
                    await asyncio.sleep(0.02)
            yield self
        finally:
            await self._stop()

    async def _is_outdated(self, process: asyncio.subprocess.Process) -> bool:
        """Wait for whichever comes first: True when the file has changed, False when the process has ended."""
        while process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), LOOK_S)
            if self._stamp() != self._stamped:
                return True
        return False

    def _stamp(self) -> int | None:
        file = self._read_at_start
        return file.stat().st_mtime_ns if file is not None and file.is_file() else None

    async def _start(self) -> None:
        self._stamped = self._stamp()
        self._starts += 1
        # Mosquitto speaks to systemd by itself, and would say for us that we are ready.
        environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr,
            env=environment,
            start_new_session=True,
        )

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(READY_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _accepts(host: str, port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
    return False
