"""The serial transport on real pseudo-terminals."""

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from keng_bridges.errors import NoAnswer, PortBusy, PortError
from keng_bridges.serial_port import SerialPort


class Cable:
    """A pseudo-terminal whose device end the test holds."""

    def __init__(self) -> None:
        self.device, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def pull(self) -> None:
        for end in (self.device, self.slave):
            os.close(end)
        self.device = -1


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    yield cable
    if cable.device >= 0:
        cable.pull()


async def test_bytes_go_both_ways(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        await port.write(b"hello\n")
        assert os.read(cable.device, 100) == b"hello\n"
        os.write(cable.device, b"\x00\xffworld")
        assert await port.read(1) == b"\x00\xffworld"


async def test_a_silent_device_is_reported_at_the_deadline(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        with pytest.raises(NoAnswer, match=r"within 0\.02 s"):
            await port.read(0.02)
        os.write(cable.device, b"late")
        assert await port.read(1) == b"late"


async def test_the_port_is_exclusive_and_free_again_after_closing(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600):
        with pytest.raises(PortBusy, match="another program holds the port") as busy:
            await SerialPort.open(cable.path, 9600)
        assert not busy.value.permanent
    (await SerialPort.open(cable.path, 9600)).close()


async def test_a_baud_change_in_place_keeps_what_has_arrived(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 300, bits=7, parity="E") as port:
        assert termios.tcgetattr(cable.slave)[4] == termios.B300
        os.write(cable.device, b"before")
        await port.drain()
        port.set_baud(9600)
        assert termios.tcgetattr(cable.slave)[4] == termios.B9600
        os.write(cable.device, b"after")
        data = b""
        while not data.endswith(b"after"):
            data += await port.read(1)
        assert data == b"beforeafter"


async def test_hupcl_is_cleared_so_that_closing_does_not_reset_a_board(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 115200) as port:
        assert not termios.tcgetattr(cable.slave)[2] & termios.HUPCL
        port.set_baud(9600)
        assert not termios.tcgetattr(cable.slave)[2] & termios.HUPCL


async def test_a_pulled_cable_ends_a_waiting_read_with_what_to_do(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        waiting = asyncio.create_task(port.read(5))
        await asyncio.sleep(0)
        cable.pull()
        with pytest.raises(PortError, match="check the cable"):
            await waiting
        with pytest.raises(PortError, match="check the cable"):
            await port.write(b"x")
        with pytest.raises(PortError, match="check the cable"):
            await port.read(1)


async def test_what_arrived_before_the_cable_was_pulled_is_still_read(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        os.write(cable.device, b"last words")
        assert await port.read(1) == b"last words"
        os.write(cable.device, b"more")
        await asyncio.sleep(0.01)
        cable.pull()
        assert await port.read(1) == b"more"


async def test_a_missing_port_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="no such port: check the cable"):
        await SerialPort.open(str(tmp_path / "ttyUSB9"), 9600)


async def test_a_plain_file_is_not_a_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")
    with pytest.raises(PortError, match="not a serial port"):
        await SerialPort.open(str(file), 9600)


async def test_a_listener_that_takes_nothing_does_not_hold_the_writer_for_ever(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        with pytest.raises(NoAnswer, match="could not be written"):
            await port.write(b"x" * 200_000, seconds=0.05)


async def test_unread_bytes_are_bounded_and_the_newest_are_kept(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        os.set_blocking(cable.device, False)
        left = 100_000
        while left:
            with contextlib.suppress(BlockingIOError):
                left -= os.write(cable.device, b"a" * min(left, 1024))
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        os.write(cable.device, b"newest")
        await asyncio.sleep(0.02)
        data = await port.read(1)
        assert data.endswith(b"newest")
        assert len(data) <= 65536


async def test_discard_forgets_what_has_arrived(cable: Cable) -> None:
    async with await SerialPort.open(cable.path, 9600) as port:
        os.write(cable.device, b"old")
        await asyncio.sleep(0.005)
        port.discard()
        os.write(cable.device, b"new")
        assert await port.read(1) == b"new"


async def test_a_port_left_at_the_same_speed_is_opened_again_with_seven_bits(cable: Cable) -> None:
    for _ in range(2):
        async with await SerialPort.open(cable.path, 300, bits=7, parity="E") as port:
            port.set_baud(300)


async def test_a_speed_that_no_port_has_is_named(cable: Cable) -> None:
    with pytest.raises(PortError, match="9601 baud is not one of 300, 600"):
        await SerialPort.open(cable.path, 9601)
