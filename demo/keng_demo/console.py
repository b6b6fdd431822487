"""How a simulated device is led from outside: commands on stdin, JSON lines on stdout."""

import asyncio
import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Coroutine


def say(**fields: object) -> None:
    """One JSON line with the monotonic second, at once."""
    print(json.dumps({"at": time.monotonic(), **fields}, ensure_ascii=False), flush=True)


async def commands() -> AsyncIterator[list[str]]:
    """The words of each line of stdin. When stdin ends the device lives on, as a device does."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[list[str]]()

    def read() -> None:
        for line in sys.stdin:
            if words := line.split():
                with contextlib.suppress(RuntimeError):  # the loop has ended before this thread
                    loop.call_soon_threadsafe(queue.put_nowait, words)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while True:
        yield await queue.get()


def run(device: Coroutine[None, None, None]) -> None:
    """Run a device until SIGTERM or Ctrl-C, and let it clean up."""

    async def until_told() -> None:
        task = asyncio.ensure_future(device)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_told())
