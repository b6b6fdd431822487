"""The demonstration's Modbus meter as the independent program mbpoll reads it, beside our own reader."""

import asyncio
import re
import shutil

import pytest

from keng_bridges.modbus import decode, image, load, plan
from keng_bridges.modbus_serial import ModbusLine
from keng_demo.household import Household
from keng_demo.modbus_meter import ModbusMeter

PROFILE = load("eastron_sdm630")
VALUE = re.compile(r"^\[(\d+)\]:\s+(\S+)$", re.MULTILINE)


def still_meter() -> ModbusMeter:
    """A meter whose values stand still, so that two readers one after the other see the same."""
    return ModbusMeter(household=Household(start_wh=109_552_250.0), speed=0.0)


async def mbpoll(path: str, *arguments: str, write: str = "") -> tuple[dict[int, str], str]:
    """Register address on the wire → what it prints, and its complaint if it has one. `write` is a value to write."""
    program = shutil.which("mbpoll")
    if program is None:
        pytest.skip("mbpoll is not installed (Debian: apt install mbpoll)")
    settings = ("-m", "rtu", "-b", "9600", "-P", "none", "-0", "-1", "-o", "10")
    pipe = asyncio.subprocess.PIPE
    command = (program, *settings, *arguments, path, *write.split())
    running = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    output, errors = (text.decode() for text in await asyncio.wait_for(running.communicate(), 30))
    assert (running.returncode == 0) is (not errors.strip()), errors
    return {int(address): value for address, value in VALUE.findall(output)}, errors


async def test_every_value_is_the_same_to_its_last_shown_digit() -> None:
    theirs: dict[int, str] = {}
    async with still_meter() as meter:
        for read in plan(PROFILE):
            floats = ("-t", "3:float", "-B", "-r", str(read.address), "-c", str(read.count // 2))
            theirs |= (await mbpoll(meter.path, *floats))[0]
        async with await ModbusLine.open(meter.path) as line:
            ours = await line.read(PROFILE, 1)
    assert ours.problems == ()
    for register, measured in zip(PROFILE.registers, ours.measurements, strict=True):
        assert theirs[register.wire] == f"{float(measured.value / register.scale):.6g}", register.label


async def test_every_register_is_the_same_to_its_last_bit() -> None:
    theirs: dict[tuple[int, int], int] = {}
    async with still_meter() as meter:
        for read in plan(PROFILE):
            words, _ = await mbpoll(meter.path, "-t", "3:hex", "-r", str(read.address), "-c", str(read.count))
            theirs |= image(read, [int(words[read.address + place], 16) for place in range(read.count)])
        async with await ModbusLine.open(meter.path) as line:
            ours = await line.read(PROFILE, 1)
    assert decode(PROFILE, theirs).measurements == ours.measurements


async def test_another_unit_is_silent_as_on_a_real_line_and_nothing_can_be_written() -> None:
    voltage = ("-t", "3:float", "-B", "-r", "0")
    async with still_meter() as meter:
        before, _ = await mbpoll(meter.path, *voltage)
        assert "timed out" in (await mbpoll(meter.path, "-a", "9", "-o", "0.3", *voltage))[1]
        assert "Write output" in (await mbpoll(meter.path, "-t", "4", "-r", "0", write="17"))[1]
        assert (await mbpoll(meter.path, *voltage))[0] == before != {}
