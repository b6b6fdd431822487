"""The turn on a shared port: alarms first, silent devices last, and a port that is closed for who opens it himself."""

import asyncio

import pytest

from keng_edge.line import Line, Turn


class Port:
    """A connection that a device keeps."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


async def take(line: Line, turn: Turn, name: str, order: list[str]) -> None:
    async with line.turn(turn):
        order.append(name)


async def test_an_alarm_goes_before_readings_and_those_before_silent_devices() -> None:
    line, order = Line(), list[str]()
    async with line.turn(Turn.READING):
        waiting = [
            asyncio.create_task(take(line, Turn.SILENT, "silent", order)),
            asyncio.create_task(take(line, Turn.READING, "reading 1", order)),
            asyncio.create_task(take(line, Turn.READING, "reading 2", order)),
            asyncio.create_task(take(line, Turn.ALARM, "alarm", order)),
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["alarm", "reading 1", "reading 2", "silent"]


async def test_a_whole_conversation_finds_the_port_closed_and_a_turn_finds_it_open() -> None:
    line, kept = Line(), Port()
    async with line.turn(Turn.READING):
        line.connection = kept
    async with line.turn(Turn.ALARM):
        assert line.connection is kept
    async with line:
        assert line.connection is None
    assert kept.closed


async def test_one_at_a_time_also_after_an_error() -> None:
    line, inside = Line(), 0

    async def work(fails: bool) -> None:
        nonlocal inside
        async with line:
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            inside -= 1
            if fails:
                raise ValueError("no matter")

    results = await asyncio.gather(*(work(n % 2 == 0) for n in range(6)), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, type(None)] * 3


@pytest.mark.parametrize("granted", [False, True])
async def test_who_gives_up_waiting_does_not_keep_the_line(granted: bool) -> None:
    line, order = Line(), list[str]()
    async with line.turn(Turn.READING):
        leaving = asyncio.create_task(take(line, Turn.ALARM, "leaving", order))
        staying = asyncio.create_task(take(line, Turn.READING, "staying", order))
        await asyncio.sleep(0)
        if not granted:
            leaving.cancel()
    leaving.cancel()  # now its turn has come, and it has not run yet
    await asyncio.wait_for(staying, 5)
    assert order == ["staying"]
    async with asyncio.timeout(5):
        await take(line, Turn.READING, "later", order)
