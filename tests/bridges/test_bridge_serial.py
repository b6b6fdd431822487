"""A bridge session and the simulated board on a real pseudo-terminal."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from keng_bridges.bridge_link import Identified, Moment, Output, PointEvent, Session, Snapshot, State
from keng_bridges.bridge_serial import BAUD, BridgePort
from keng_bridges.errors import PortError
from keng_bridges.serial_port import SerialPort
from keng_demo.bridge_board import BridgeBoard
from keng_demo.bridge_firmware import Switched

POINTS = {"smoke1": "smoke", "btn1": "button", "siren1": "sounder"}
T = TypeVar("T")


def now() -> Moment:
    return Moment(time.monotonic(), time.time_ns() // 1_000_000)


class Attached:
    """A node's task on a board, for tests: it commits at once and remembers what came out."""

    def __init__(self, port: BridgePort) -> None:
        self.port = port
        self.outputs: list[Output] = []
        self.news = asyncio.Event()

    async def run(self) -> None:
        async for output in self.port.outputs():
            if isinstance(output, PointEvent):
                await self.port.acknowledge(output)
            self.outputs.append(output)
            self.news.set()

    async def until(self, kind: type[T], count: int = 1) -> T:
        async with asyncio.timeout(5):
            while True:
                found = [output for output in self.outputs if isinstance(output, kind)]
                if len(found) >= count:
                    return found[count - 1]
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def attached(path: str, session: Session | None = None) -> AsyncGenerator[Attached]:
    async with await SerialPort.open(path, BAUD) as port:
        node = Attached(BridgePort(port, session or Session(now()), now))
        task = asyncio.create_task(node.run())
        yield node
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_board_introduces_itself_and_an_alarm_travels_both_ways() -> None:
    async with BridgeBoard(POINTS) as board, attached(board.path) as node:
        assert (await node.until(Identified)).board.model == "keng-io8"
        assert len((await node.until(Snapshot)).states) == 3
        board.do("alarm", "smoke1")
        event = await node.until(PointEvent)
        assert (event.state.point, event.state.state) == ("smoke1", State.ALARM)
        assert abs(event.happened.monotonic - time.monotonic()) < 5
        async with asyncio.timeout(5):
            while board.firmware.waiting:  # noqa: ASYNC110  the acknowledgement empties its queue some time
                await asyncio.sleep(0.005)


async def test_a_command_switches_the_boards_output_and_says_so() -> None:
    switched: list[Switched] = []
    async with BridgeBoard(POINTS, switched=switched.append) as board, attached(board.path) as node:
        await node.until(Snapshot)
        assert (await node.port.set("siren1", 1, auto_off_ms=60_000)).ok
        assert switched == [Switched("siren1", True, "node")]
        refused = await node.port.set("btn1", 1)
        assert (refused.ok, refused.error) == (False, "no such output")


async def test_a_command_may_be_awaited_while_an_event_is_being_carried_out() -> None:
    """As a node does that sounds before it acknowledges."""
    async with BridgeBoard(POINTS, own_sounder=False) as board, await SerialPort.open(board.path, BAUD) as port:
        node = BridgePort(port, Session(now()), now)
        async with asyncio.timeout(5):
            async for output in node.outputs():
                if isinstance(output, Snapshot):
                    board.do("alarm", "smoke1")
                if isinstance(output, PointEvent):
                    assert (await node.set("siren1", 1)).ok
                    await node.acknowledge(output)
                    break


async def test_what_arrived_before_the_port_went_is_still_handed_out() -> None:
    seen: list[Output] = []

    async def listen(board: BridgeBoard, port: SerialPort) -> None:
        async for output in BridgePort(port, Session(now()), now).outputs():
            seen.append(output)
            if isinstance(output, Snapshot):
                board.do("alarm", "smoke1")
                await asyncio.sleep(0.1)
                board.do("unplug")
                await asyncio.sleep(0.05)

    async with BridgeBoard(POINTS) as board, await SerialPort.open(board.path, BAUD) as port:
        with pytest.raises(PortError):
            await listen(board, port)
    assert any(isinstance(output, PointEvent) for output in seen)


async def test_a_press_is_an_alarm_and_a_restore() -> None:
    async with BridgeBoard(POINTS) as board, attached(board.path) as node:
        await node.until(Snapshot)
        board.do("press", "btn1")
        assert (await node.until(PointEvent, 2)).state.state is State.NORMAL


async def test_noise_and_a_restart_in_the_middle_lose_nothing() -> None:
    async with BridgeBoard(POINTS) as board, attached(board.path) as node:
        await node.until(Snapshot)
        board.do("noise")
        board.do("fault", "smoke1", "open")
        assert (await node.until(PointEvent)).state.flags == {"open"}
        board.do("reboot")
        await node.until(Identified, 2)
        board.do("alarm", "smoke1")
        assert (await node.until(PointEvent, 2)).state.state is State.ALARM


async def test_an_unplugged_board_ends_the_iterator_with_what_to_do() -> None:
    async with BridgeBoard(POINTS) as board, await SerialPort.open(board.path, BAUD) as port:
        node = Attached(BridgePort(port, Session(now()), now))
        task = asyncio.create_task(node.run())
        await node.until(Snapshot)
        board.do("unplug")
        with pytest.raises(PortError, match="check the cable"):
            await task


async def test_the_session_lives_on_over_two_ports() -> None:
    session = Session(now())
    async with BridgeBoard(POINTS) as first, attached(first.path, session) as node:
        await node.until(Snapshot)
    async with BridgeBoard(POINTS) as second:
        second.do("alarm", "smoke1")
        async with attached(second.path, session) as node:
            assert (await node.until(PointEvent)).state.state is State.ALARM


@pytest.mark.parametrize(
    "words", [["dance"], ["alarm"], ["alarm", "smoke9"], ["level", "smoke1", "x"], ["mute", "x"]], ids=" ".join
)
async def test_a_command_that_makes_no_sense_is_refused_by_the_board(words: list[str]) -> None:
    async with BridgeBoard(POINTS) as board:
        with pytest.raises(ValueError, match=r"\w"):
            board.do(*words)


async def test_the_board_as_a_program(tmp_path: Path) -> None:
    link = tmp_path / "board"
    program = subprocess.Popen(  # noqa: ASYNC220  its lines are read in order with the session's
        [sys.executable, "-m", "keng_demo.bridge_board", "--link", link, "--points", "smoke1:smoke,siren1:sounder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdin is not None
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["port"] == os.readlink(link)
        async with attached(str(link)) as node:
            await node.until(Snapshot)
            program.stdin.write("bogus\nalarm smoke1\n")
            program.stdin.flush()
            assert "bogus" in json.loads(program.stdout.readline())["error"]
            assert (await node.until(PointEvent)).state.state is State.ALARM
            sounder = json.loads(program.stdout.readline())
            assert (sounder["output"], sounder["on"], sounder["by"]) == ("siren1", True, "board")
    finally:
        program.terminate()
        program.communicate(timeout=10)
    assert program.returncode == 0
    assert not link.is_symlink()
