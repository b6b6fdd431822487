"""A simulated bridge board behind a pseudo-terminal, led by commands such as `alarm smoke1` or `mute 120`.

python -m keng_demo.bridge_board --link PATH [--points smoke1:smoke,btn1:button,siren1:sounder]
Commands: alarm P | pre P | normal P | fault P [open|short] | tamper P | lowbat P | test P | press P | level P N |
mute SECONDS | reboot | noise | unplug.
"""

import argparse
import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from keng_demo.bridge_firmware import Firmware, Switched
from keng_demo.console import commands, run, say
from keng_demo.line import Line

POINTS = "smoke1:smoke,smoke2:smoke,btn1:button,door1:contact,siren1:sounder"
PRESS_S = 0.5
OF_A_POINT = ("alarm", "pre", "normal", "fault", "tamper", "lowbat", "test", "press", "level")


class BridgeBoard:
    """The board as an asyncio object: `async with BridgeBoard(points) as board: board.do("alarm", "smoke1")`."""

    def __init__(
        self,
        points: dict[str, str],
        *,
        link: Path | None = None,
        heartbeat: float = 20.0,
        own_sounder: bool = True,
        version: int = 1,
        switched: Callable[[Switched], None] = lambda _: None,
    ) -> None:
        self.line = Line(self._received, link)
        self._muted_until = 0.0
        self._wake = asyncio.Event()
        self.firmware = Firmware(
            points,
            write=self._write,
            clock=time.monotonic,
            switched=switched,
            heartbeat=heartbeat,
            own_sounder=own_sounder,
            version=version,
        )

    @property
    def path(self) -> str:
        """The port the node opens."""
        return self.line.path

    async def __aenter__(self) -> "BridgeBoard":
        self.line.__enter__()
        self._task = asyncio.create_task(self._live(), name="bridge board")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.line.close()

    def do(self, command: str, *words: str) -> None:
        """Carry out one command; `ValueError` for one that makes no sense."""
        firmware, point = self.firmware, words[0] if words else ""
        if command in OF_A_POINT and point not in firmware.points:
            raise ValueError(f"no point {point!r}, this board has {', '.join(firmware.points)}")
        match command:
            case "alarm" | "pre" | "normal":
                firmware.change(point, command)
            case "fault":
                firmware.change(point, "fault", tuple(words[1:2]))
            case "tamper" | "lowbat" | "test":
                firmware.change(point, firmware.points[point].st, (command,))
            case "press":
                firmware.change(point, "alarm")
                asyncio.get_running_loop().call_later(PRESS_S, firmware.change, point, "normal")
            case "level":
                firmware.telemetry(point, int(words[1]))
            case "mute":
                self._muted_until = time.monotonic() + float(point)
            case "reboot":
                firmware.reboot()
            case "noise":
                self._write(b'\x00\x7f{"t":"ev","b":"\xff*0000\n')
            case "unplug":
                self.line.close()
            case _:
                raise ValueError(f"unknown command {command!r}")
        self._wake.set()

    async def _live(self) -> None:
        while True:
            self._wake.clear()
            self.firmware.tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.001, self.firmware.due() - time.monotonic())):
                    await self._wake.wait()

    def _received(self, data: bytes) -> None:
        self.firmware.receive(data)
        self._wake.set()

    def _write(self, data: bytes) -> None:
        if time.monotonic() >= self._muted_until:
            self.line.write(data)


def tell(switched: Switched) -> None:
    """Say what an output does."""
    say(output=switched.output, on=switched.on, by=switched.by)


async def main() -> None:
    """Be a board until told to stop."""
    parser = argparse.ArgumentParser(prog="keng_demo.bridge_board", description="a simulated bridge board")
    parser.add_argument("--link", type=Path, help="make a symbolic link to the port here")
    parser.add_argument("--points", default=POINTS, help="name:type, separated by commas")
    parser.add_argument("--heartbeat", type=float, default=20.0, help="seconds")
    parser.add_argument("--no-own-sounder", action="store_true", help="the board sounds only when told to")
    options = parser.parse_args()
    points = dict(pair.split(":", 1) for pair in options.points.split(","))
    own, beat = not options.no_own_sounder, options.heartbeat
    async with BridgeBoard(points, link=options.link, heartbeat=beat, own_sounder=own, switched=tell) as board:
        say(device="bridge_board", port=board.path, points=points)
        async for words in commands():
            try:
                board.do(*words)
            except (ValueError, IndexError) as error:
                say(error=str(error))


if __name__ == "__main__":
    run(main())
