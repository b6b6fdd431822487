"""`keng-edge probe` finds what speaks on a pseudo-terminal, says how to reach it, and asks nothing that writes."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from keng_bridges.dlms.hdlc import UA, Frame, address
from keng_bridges.dlms.hdlc import encode as hdlc
from keng_bridges.modbus.frame import seal
from keng_demo.bridge_board import BridgeBoard
from keng_demo.iec_meter import IecMeter
from keng_demo.line import Line
from keng_demo.modbus_meter import ModbusMeter

ADDRESS = bytes.fromhex("230100002620")  # of meter 202600000123, low byte first
DLT645_BODY = b"\x68" + ADDRESS + b"\x68\x93\x06" + bytes(byte + 0x33 for byte in ADDRESS)
DLT645_ANSWER = DLT645_BODY + bytes([sum(DLT645_BODY) & 0xFF]) + b"\x16"
PUSH = bytes.fromhex("7ea02a410883130413e6e7000f40000000000101020309060100010700ff060000067d02020f00161b1c057e")
WRITES = (b"W1", b"W2", b"\x01\x05", b"\x01\x06", b"\x01\x10", b"\x68\x14", b'"t":"set"')


class Answering:
    """A device that answers one question, and hears everything else."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.heard = b""
        self._answer = answer
        self.line = Line(self._received)

    def _received(self, data: bytes) -> None:
        self.heard += data
        if reply := self._answer(data):
            self.line.write(reply)


async def probe(port: str, *more: str) -> tuple[int, dict[str, Any], str]:
    """Status, what was found, and the progress."""
    command = [sys.executable, "-m", "keng_edge", "probe", "--port", port, "--json", *more]
    program = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, progress = await program.communicate()
    return program.returncode or 0, json.loads(out) if out else {}, progress.decode()


@asynccontextmanager
async def speaking(line: Line, words: bytes) -> AsyncGenerator[None]:
    """A device that speaks by itself, again and again."""

    async def speak() -> None:
        while True:
            line.write(words)
            await asyncio.sleep(0.2)

    with line:
        task = asyncio.create_task(speak())
        try:
            yield
        finally:
            task.cancel()


async def test_a_board_is_the_first_thing_found_and_nothing_else_is_asked() -> None:
    async with BridgeBoard({"smoke1": "smoke"}) as board:
        status, found, progress = await probe(board.path)
    assert status == 0
    (one,) = found["found"]
    assert (one["protocol"], one["baud"], one["parity"]) == ("bridge_link", 115_200, "N")
    assert progress.splitlines()[-1].startswith("[1/")
    assert "bo Kẻng" in progress


async def test_a_meter_by_iec_62056_21_is_found_at_300_baud() -> None:
    async with IecMeter() as meter:
        status, found, _ = await probe(meter.path, "--only", "dlt645", "iec62056_21")
    (one,) = found["found"]
    assert status == 0
    assert (one["protocol"], one["baud"], one["bits"], one["parity"]) == ("iec62056_21", 300, 7, "E")


async def test_a_modbus_meter_is_found_by_its_unit() -> None:
    async with ModbusMeter(unit=3) as meter:
        _, found, _ = await probe(meter.path, "--only", "modbus")
    assert [(one["protocol"], one["address"], one["baud"]) for one in found["found"]] == [("modbus", "3", 9600)]


@pytest.mark.parametrize(
    ("name", "question", "reply", "wanted"),
    [
        ("dlt645", b"\x68\x13", bytes.fromhex("FEFE") + DLT645_ANSWER, "202600000123"),
        ("mbus", b"\x10\x40\xfe\x3e\x16", b"\xe5", "254"),
        ("dlms", b"\x93", hdlc(Frame(address(16), address(1), UA, b"\x81\x80")), "1"),
        ("mysensors", b"0;255;3;0;2;", b"0;255;3;0;2;2.3.2\n", "0"),
        ("modbus", b"\x01\x03\x00\x00\x00\x01\x84\x0a", bytes.fromhex("018302C0F1"), "1"),
        ("modbus", b"\xff\x03\x00\x00\x00\x01", seal(bytes.fromhex("FF8301")), "255"),
    ],
)
async def test_what_answers_is_found(name: str, question: bytes, reply: bytes, wanted: str) -> None:
    device = Answering(lambda data: reply if question in data else b"")
    with device.line:
        status, found, _ = await probe(device.line.path, "--only", name)
    assert status == 0
    assert (found["found"][0]["protocol"], found["found"][0]["address"]) == (name, wanted)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("panel_printer", b":ALARM Z001 1.1.Z1 BEP CHO 12/08 01:23;\r\n"),
        ("espa444", b"1\x052\x05"),
        ("iec62056_21", b"/ABC5xyz\r\n\r\n1-0:1.8.0(001234.56*kWh)\r\n!\r\n"),
        ("dlms_push", PUSH),  # MIT, toreamun/amshan tests/test_hdlc.py
    ],
)
async def test_what_speaks_by_itself_is_found_by_listening(name: str, words: bytes) -> None:
    sent = bytearray()
    line = Line(sent.extend)
    async with speaking(line, words):
        status, found, _ = await probe(line.path, "--only", "listen")
    assert (status, found["found"][0]["protocol"]) == (0, name)
    assert sent == b""


async def test_a_silent_line_is_asked_everything_within_the_time_and_nothing_that_writes() -> None:
    device = Answering(lambda data: b"")
    with device.line:
        status, found, progress = await probe(device.line.path, "--seconds", "10")
    assert (status, found["found"]) == (1, [])
    assert "hết 10 s" in progress
    assert b"/?!" in device.heard
    assert not [word for word in WRITES if word in device.heard]


async def test_an_echo_of_our_own_questions_is_no_device() -> None:
    device = Answering(lambda data: data)
    with device.line:
        status, found, _ = await probe(
            device.line.path, "--only", "bridge_link", "dlms", "mbus", "modbus", "dlt645", "--seconds", "15"
        )
    assert (status, found["found"]) == (1, [])


async def test_noise_is_no_device() -> None:
    line = Line(lambda data: None)
    async with speaking(line, b"\xff\x00\x13U\xaa"):
        status, found, _ = await probe(line.path, "--only", "listen", "dlms", "--seconds", "8")
    assert (status, found["found"]) == (1, [])


async def test_a_port_that_is_not_there_is_said() -> None:
    status, found, words = await probe("/dev/none")
    assert (status, found) == (2, {})
    assert "there is no such port" in words
