"""A simulated fire panel that reports by SIA DC-09 over TCP, and says everything again until it is acknowledged.

python -m keng_demo.dc09_panel --port 9009 [--account 1234]
It begins by saying that nothing burns, in zone 1 and (0) anywhere else.
Commands: alarm ZONE | normal ZONE | fault ZONE | silent SECONDS.
"""

import argparse
import asyncio
import time
from collections import deque
from datetime import UTC, datetime

from keng_demo.console import commands, run, say

CODES = {"alarm": "FA", "normal": "FR", "fault": "FT"}
SUPERVISED_S = 30.0
ANSWER_S = 3.0
AGAIN_S = 5.0


def crc(data: bytes) -> int:
    """CRC-16 of ANSI/SIA DC-09, annex A: polynomial A001 (reflected 8005), start value 0."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def message(kind: str, sequence: int, account: str, data: str, now: datetime) -> bytes:
    """A whole message with its time in GMT (5.5.1.9)."""
    body = f'"{kind}"{sequence:04d}L0#{account}[{data}]_{now:%H:%M:%S,%m-%d-%Y}'.encode("ascii")
    return b"\n" + f"{crc(body):04X}0{len(body):03X}".encode("ascii") + body + b"\r"


class Dc09Panel:
    """The panel. What happens waits in `events`, in order; without any it shows every half minute that it is there."""

    def __init__(self, port: int, account: str) -> None:
        self.events = deque[str]()
        self._port, self._account = port, account
        self._sequence = 0
        self._news = asyncio.Event()
        self._silent_until = 0.0

    def do(self, command: str, *words: str) -> None:
        """Carry out one command; `ValueError` for one that makes no sense."""
        if command == "silent":
            self._silent_until = time.monotonic() + float(words[0])
        elif command in CODES:
            self.events.append(f"#{self._account}|Nri1/{CODES[command]}{int(words[0]):03d}")
            self._news.set()
        else:
            raise ValueError(f"unknown command {command!r}")

    async def live(self) -> None:
        """Report until cancelled."""
        while True:
            self._news.clear()
            self._sequence = self._sequence % 9999 + 1
            kind, data = ("SIA-DCS", self.events[0]) if self.events else ("NULL", "")
            while not await self._said(kind, data):  # noqa: ASYNC110 - as panels do
                await asyncio.sleep(AGAIN_S)
            if data:
                self.events.popleft()
            if not self.events:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(SUPERVISED_S):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _said(self, kind: str, data: str) -> bool:
        """Whether the receiver acknowledged it."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    writer.write(message(kind, self._sequence, self._account, data, datetime.now(UTC)))
                    answer = await reader.readuntil(b"\r")
                finally:
                    writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False
        return f'"ACK"{self._sequence:04d}'.encode() in answer


async def main() -> None:
    """Be a panel until told to stop."""
    parser = argparse.ArgumentParser(prog="keng_demo.dc09_panel", description="a simulated fire panel")
    parser.add_argument("--port", type=int, required=True, help="where the receiver listens, on the loopback")
    parser.add_argument("--account", default="1234")
    options = parser.parse_args()
    panel = Dc09Panel(options.port, options.account)
    for zone in ("0", "1"):
        panel.do("normal", zone)
    living = asyncio.create_task(panel.live(), name="panel")
    say(device="dc09_panel", port=options.port, account=options.account)
    try:
        async for words in commands():
            try:
                panel.do(*words)
            except (ValueError, IndexError) as error:
                say(error=str(error))
    finally:
        living.cancel()


if __name__ == "__main__":
    run(main())
