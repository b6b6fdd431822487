"""The simulated Zigbee home and our decoding, over a real Mosquitto."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiomqtt
import pytest

from keng_bridges.errors import PayloadError
from keng_bridges.values import Condition, Mark
from keng_bridges.zigbee2mqtt import (
    Availability,
    BridgeState,
    DeviceList,
    DeviceState,
    Message,
    decode,
    siren_command,
)
from keng_demo.zigbee_home import ZigbeeHome
from keng_wire.conditions import DeviceKind
from support.mosquitto import Mosquitto


class Listener:
    """A subscriber as the node's: everything decoded, refused messages apart."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.messages: list[Message] = []
        self.refused: list[PayloadError] = []
        self._news = asyncio.Event()

    async def run(self) -> None:
        async for message in self.client.messages:
            try:
                decoded = decode(str(message.topic), message.payload, retained=message.retain)
            except PayloadError as error:
                self.refused.append(error)
            else:
                self.messages += [decoded] if decoded else []
            self._news.set()

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not wanted():
                self._news.clear()
                await self._news.wait()

    def states(self, name: str, *, retained: bool | None = None) -> list[DeviceState]:
        found = [m for m in self.messages if isinstance(m, DeviceState) and m.name == name]
        return [state for state in found if retained in (None, state.retained)]


@asynccontextmanager
async def listening(port: int) -> AsyncGenerator[Listener]:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("zigbee2mqtt/#", qos=1)
        listener = Listener(client)
        task = asyncio.create_task(listener.run())
        yield listener
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def port(tmp_path: Path) -> Generator[int]:
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker.port


async def test_a_late_listener_learns_the_devices_and_their_known_states(port: int) -> None:
    async with ZigbeeHome(port=port) as home, listening(port) as listener:
        await listener.until(lambda: len({m.name for m in listener.messages if isinstance(m, DeviceState)}) == 5)
        assert all(m.retained for m in listener.messages if isinstance(m, DeviceState))
        assert BridgeState(True, True) in listener.messages
        assert Availability("khoi-so-12", True, True) in listener.messages
        (devices,) = [m for m in listener.messages if isinstance(m, DeviceList)]
    assert {d.name: d.kind for d in devices.devices} == {
        "khoi-so-12": DeviceKind.SMOKE_DETECTOR,
        "sos-so-12": DeviceKind.SOS_BUTTON,
        "cua-kho": DeviceKind.CONTACT,
        "gas-so-12": DeviceKind.GAS_DETECTOR,
        "coi-ngo-2": DeviceKind.SIREN,
    }
    assert len(home.devices) == 5


async def test_an_alarm_is_live_for_those_who_listen_and_known_to_those_who_come_later(port: int) -> None:
    async with ZigbeeHome(port=port) as home:
        async with listening(port) as listener:
            await listener.until(lambda: bool(listener.states("khoi-so-12")))
            await home.do("alarm", "khoi-so-12")
            await listener.until(lambda: bool(listener.states("khoi-so-12", retained=False)))
            assert listener.states("khoi-so-12")[-1].condition is Condition.ALARM
        async with listening(port) as later:
            await later.until(lambda: bool(later.states("khoi-so-12")))
            assert [(s.condition, s.retained) for s in later.states("khoi-so-12")] == [(Condition.ALARM, True)]


async def test_a_press_is_heard_once_and_never_again_from_the_broker(port: int) -> None:
    async with ZigbeeHome(port=port) as home:
        async with listening(port) as listener:
            await home.do("press", "sos-so-12")
            await listener.until(lambda: len(listener.states("sos-so-12", retained=False)) == 2)
            assert [s.sos for s in listener.states("sos-so-12", retained=False)] == [True, False]
        async with listening(port) as later:
            await later.until(lambda: bool(later.states("sos-so-12")))
            assert not any(s.sos or s.action for s in later.states("sos-so-12"))


@pytest.mark.parametrize(
    ("command", "mark"),
    [("test", Mark.TEST), ("tamper", Mark.TAMPER), ("lowbat", Mark.LOW_BATTERY), ("trouble", Mark.FAULT)],
)
async def test_each_mark_arrives(port: int, command: str, mark: Mark) -> None:
    async with ZigbeeHome(port=port) as home, listening(port) as listener:
        await home.do(command, "khoi-so-12")
        await listener.until(lambda: any(mark in s.marks for s in listener.states("khoi-so-12")))


async def test_contact_availability_restart_and_rubbish(port: int) -> None:
    async with ZigbeeHome(port=port) as home, listening(port) as listener:
        await home.do("open", "cua-kho")
        await listener.until(lambda: any(s.closed is False for s in listener.states("cua-kho")))
        await home.do("offline", "cua-kho")
        await listener.until(lambda: Availability("cua-kho", False, False) in listener.messages)
        await home.do("rubbish", "khoi-so-12")
        await listener.until(lambda: len(listener.refused) == 1)
        await home.do("restart")
        await listener.until(lambda: BridgeState(False, False) in listener.messages)
        await listener.until(lambda: BridgeState(True, False) in listener.messages)


def heard(listener: Listener, count: int) -> bool:
    return len(listener.states("coi-ngo-2", retained=False)) >= count


async def test_a_siren_obeys_and_says_that_it_sounds(port: int) -> None:
    switched: list[tuple[str, bool]] = []
    home = ZigbeeHome(port=port, switched=lambda name, on: switched.append((name, on)))
    async with home, listening(port) as listener:
        for count, on in enumerate((True, False), 1):
            await listener.client.publish(*siren_command("coi-ngo-2", on, 60, "warning"), qos=1)
            await listener.until(partial(heard, listener, count))
            assert listener.states("coi-ngo-2", retained=False)[-1].sounding is on
    assert switched == [("coi-ngo-2", True), ("coi-ngo-2", False)]


@pytest.mark.parametrize("words", [["dance", "cua-kho"], ["alarm"], ["alarm", "khoi-99"]], ids=" ".join)
async def test_a_command_that_makes_no_sense_is_refused_by_the_home(port: int, words: list[str]) -> None:
    async with ZigbeeHome(port=port) as home:
        with pytest.raises(ValueError, match=r"no device|unknown command"):
            await home.do(*words)


async def test_the_home_as_a_program_leaves_a_will_when_it_dies(port: int) -> None:
    program = subprocess.Popen(  # noqa: ASYNC220  its lines are read in order with the broker's
        [sys.executable, "-m", "keng_demo.zigbee_home", "--port", str(port), "--devices", "khoi:smoke"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdin is not None
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["devices"] == ["khoi"]
        async with listening(port) as listener:
            program.stdin.write("alarm khoi\n")
            program.stdin.flush()
            await listener.until(lambda: any(s.condition is Condition.ALARM for s in listener.states("khoi")))
            program.kill()
            await listener.until(lambda: BridgeState(False, False) in listener.messages)
    finally:
        program.kill()
        program.communicate(timeout=10)
