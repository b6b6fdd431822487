"""The C firmware as a program at a real port, the node's session at another, and a cable between that a test spoils."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridges.bench import unharmed
from bridges.bench_firmware import build
from bridges.test_bridge_lossy import bad_wire
from keng_bridges.bridge_link import Moment, Output, PointEvent, Session, Snapshot, State
from keng_bridges.bridge_serial import BAUD, BridgePort
from keng_bridges.serial_port import SerialPort
from keng_demo.line import Line

Wire = Callable[[bytes], bytes]
POINTS = ("smoke1:smoke", "btn1:button", "siren1:sounder")


def now() -> Moment:
    return Moment(time.monotonic(), time.time_ns() // 1_000_000)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("firmware"))


class Cable:
    """Two pseudo-terminals joined back to back; `to_node` and `to_board` are what becomes of a piece on its way."""

    def __init__(self) -> None:
        self.to_node: Wire = unharmed
        self.to_board: Wire = unharmed
        self.node = Line(lambda data: self.board.write(self.to_board(data)))
        self.board = Line(lambda data: self.node.write(self.to_node(data)))

    def __enter__(self) -> "Cable":
        self.node.__enter__()
        self.board.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.node.close()
        self.board.close()


@asynccontextmanager
async def running(program: Path, cable: Cable) -> AsyncGenerator[asyncio.StreamWriter]:
    """The board at its end; what is written to it are its commands."""
    process = await asyncio.create_subprocess_exec(
        program, cable.board.path, *POINTS, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"# siren1 0\n"
        yield process.stdin
    finally:
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def first(outputs: AsyncIterator[Output], wanted: Callable[[Output], bool]) -> Output:
    """The first output of that kind."""
    async with asyncio.timeout(30):
        async for output in outputs:
            if wanted(output):
                return output
    raise AssertionError("the port has gone")


async def test_an_alarm_is_told_acknowledged_silenced_and_cleared(program: Path) -> None:
    with Cable() as cable:
        async with running(program, cable) as board, await SerialPort.open(cable.node.path, BAUD) as port:
            link = BridgePort(port, Session(now()), now)
            outputs = link.outputs()
            await first(outputs, lambda output: isinstance(output, Snapshot))
            board.write(b"set smoke1 alarm\n")
            event = await first(outputs, lambda output: isinstance(output, PointEvent))
            assert isinstance(event, PointEvent)
            assert (event.state.point, event.state.state, event.doubt) == ("smoke1", State.ALARM, None)
            await link.acknowledge(event)
            assert (await link.silence("siren1", 60_000)).ok
            assert not (await link.set("smoke1", 1)).ok
            board.write(b"set smoke1 normal\n")
            cleared = await first(outputs, lambda output: isinstance(output, PointEvent))
            assert isinstance(cleared, PointEvent)
            assert cleared.state.state is State.NORMAL
            await outputs.aclose()  # type: ignore[attr-defined]  # it is a generator


async def test_every_change_arrives_once_over_a_cable_that_loses_and_spoils(program: Path) -> None:
    dice, told = random.Random(7), list[int]()
    with Cable() as cable:
        async with running(program, cable) as board, await SerialPort.open(cable.node.path, BAUD) as port:
            link = BridgePort(port, Session(now()), now)
            outputs = link.outputs()
            await first(outputs, lambda output: isinstance(output, Snapshot))
            cable.to_node = bad_wire(dice, lost=0.15, damaged=0.1)
            cable.to_board = bad_wire(dice, lost=0.15, damaged=0.1)

            async def press() -> None:
                for number in range(8):
                    board.write(f"value smoke1 {number}\nset smoke1 {('alarm', 'normal')[number % 2]}\n".encode())
                    await asyncio.sleep(0.3)

            pressing = asyncio.create_task(press())
            async with asyncio.timeout(60):
                async for output in outputs:
                    if isinstance(output, PointEvent) and output.number is not None:
                        told.append(int(output.state.value or 0))
                        await link.acknowledge(output)
                        if len(told) == 8:
                            break
            await pressing
            await outputs.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert sorted(told) == list(range(8))
