"""The whole node as a program: board on a pseudo-terminal, sounder, outbox, broker; switched off in every order."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from keng_demo.bridge_board import BridgeBoard as Board
from keng_wire.alarm import Alarm, Phase
from keng_wire.control import Command
from keng_wire.event import CommandResult, DeviceChanged, Inventory, Snapshot, Sounder, Started
from keng_wire.topics import MessageClass
from support.fake_hub import FakeHub
from support.mosquitto import Mosquitto
from support.ports import free_port
from support.processes import Program, until

CONFIG = """
[node]
id = "ngo-1"
name = "Trạm ngõ 1"
data = "{folder}/data"
heartbeat_s = 10
fault_output = "den-loi"

[uplink]
host = "127.0.0.1"
port = {port}

[outbox]
reserve_mb = 0
readings_wait_s = 1

[[zones]]
id = "nha-1"
name = "Nhà 1"
house = ["coi-nha-1", "coi-bo-1"]
neighbours = ["coi-ngo"]
cancel_window_s = 1

[[outputs]]
type = "log"
id = "coi-nha-1"
file = "{folder}/coi-nha-1.jsonl"

[[outputs]]
type = "bridge"
id = "coi-bo-1"
board = "bo-1"
point = "siren1"

[[outputs]]
type = "log"
id = "coi-ngo"
file = "{folder}/coi-ngo.jsonl"

[[outputs]]
type = "log"
id = "den-loi"
file = "{folder}/den-loi.jsonl"

[[devices]]
type = "bridge_board"
id = "bo-1"
name = "Bo 1"
port = "{board}"
zone = "nha-1"
simulated = true

[devices.points.smoke1]
id = "khoi-1"
name = "Khói bếp"
kind = "smoke_detector"

[devices.points.btn1]
id = "nut-1"
name = "Nút báo cháy"
kind = "manual_call_point"
"""

SOUNDERS = {"coi-nha-1", "coi-bo-1", "coi-ngo"}


class Installation:
    """A node as a program, its board, and a place for a broker."""

    def __init__(self, folder: Path, board: Board) -> None:
        self.folder, self.board, self.port = folder, board, free_port()
        self.config = folder / "edge.toml"
        self.config.write_text(CONFIG.format(folder=folder, port=self.port, board=board.path))
        subprocess.run([sys.executable, "-m", "keng_edge", "prove-simulated", "--config", self.config], check=True)
        self.program = Program([sys.executable, "-m", "keng_edge", "run", "--config", self.config], folder / "log")

    def switches(self, output: str) -> list[bool]:
        """What a log output did so far."""
        file = self.folder / f"{output}.jsonl"
        return [json.loads(line)["on"] for line in file.read_text().splitlines()] if file.exists() else []

    async def start(self) -> None:
        """Start the node and wait until it knows its board."""
        before = self.program.output().count("device khoi-1:")
        self.program.start()
        await self.until(lambda: self.program.output().count("device khoi-1:") > before, "the board is known")

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait; on failure the node's log says why."""
        try:
            await until(lambda: bool(condition()), what, 15)
        except AssertionError as error:
            pytest.fail(f"{error}\n{self.program.output()}")


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    points = {"smoke1": "smoke", "btn1": "button", "siren1": "sounder"}
    async with Board(points, own_sounder=False) as board:
        made = Installation(tmp_path, board)
        yield made
        if made.program.running:
            made.program.kill()


def alarms(hub: FakeHub) -> list[Alarm]:
    return [message.body for message in hub.of(MessageClass.ALARM) if isinstance(message.body, Alarm)]


async def test_the_bell_rings_with_no_broker_and_everything_is_told_later(installation: Installation) -> None:
    await installation.start()
    installation.board.do("alarm", "smoke1")
    await installation.until(lambda: True in installation.switches("coi-nha-1"), "the house rings")
    await installation.until(lambda: True in installation.switches("coi-ngo"), "the neighbours ring")
    with Mosquitto(installation.folder / "broker", port=installation.port):
        async with FakeHub(installation.port) as hub:
            await installation.until(lambda: len(alarms(hub)) == 2, "both steps came")
            assert [alarm.phase for alarm in alarms(hub)] == [Phase.RAISED, Phase.SPREAD]
            assert all(message.sent and message.sent.replay for message in hub.of(MessageClass.ALARM))
            await installation.until(lambda: {e.output for e in rang(hub)} == SOUNDERS, "all sounders told")
            events = [message.body for message in hub.of(MessageClass.EVENT)]
            assert isinstance(events[0], Started)
            assert isinstance(events[1], Inventory)
            assert {info.device for info in events[1].devices} == {"bo-1", "khoi-1", "nut-1"}
            assert any(event.since_frame is not None for event in rang(hub))
            changes = [event for event in events if isinstance(event, DeviceChanged)]
            assert ("khoi-1", "alarm") in {(change.device, change.condition.value) for change in changes}
            assert not any(isinstance(event, Snapshot) for event in events)
            await installation.until(lambda: hub.beats, "a heartbeat")
            assert hub.beats[-1].sounding


def rang(hub: FakeHub) -> list[Sounder]:
    """What sounders told when they began."""
    events = [message.body for message in hub.of(MessageClass.EVENT)]
    return [event for event in events if isinstance(event, Sounder) and event.on]


async def test_a_killed_node_says_so_by_its_will_and_rings_again_after_its_start(installation: Installation) -> None:
    with Mosquitto(installation.folder / "broker", port=installation.port):
        async with FakeHub(installation.port) as hub:
            await installation.start()
            installation.board.do("press", "btn1")
            await installation.until(lambda: True in installation.switches("coi-ngo"), "a button rings everybody")
            installation.program.kill()
            await installation.until(lambda: any(not status.online for status in hub.statuses), "the will")
            rung = len(installation.switches("coi-nha-1"))
            await installation.start()
            await installation.until(lambda: True in installation.switches("coi-nha-1")[rung:], "it rings again")
            await installation.until(lambda: alarms(hub), "the alarm came")
            assert len({alarm.occurrence for alarm in alarms(hub)}) == 1


async def test_a_command_silences_and_resets_and_is_answered(installation: Installation) -> None:
    with Mosquitto(installation.folder / "broker", port=installation.port):
        async with FakeHub(installation.port) as hub:
            await installation.start()
            installation.board.do("alarm", "smoke1")
            await installation.until(lambda: len(alarms(hub)) == 2, "the alarm has spread")
            for number, name in enumerate(("silence", "reset"), 1):
                command = {"id": f"{number:016x}", "name": name, "by": "Nguyễn Văn Mẫu", "expires": 4_000_000_000_000}
                await hub.command(Command.model_validate(command))
            await installation.until(lambda: len(results(hub)) == 2, "both are answered")
            assert [result.ok for result in results(hub)] == [True, False], "the detector is still active"
            assert installation.switches("coi-nha-1")[-1] is False
            installation.board.do("normal", "smoke1")
            await installation.until(lambda: alarms(hub)[-1].phase is Phase.CLEARED, "it clears")
            again = {"id": f"{3:016x}", "name": "reset", "by": "Nguyễn Văn Mẫu", "expires": 4_000_000_000_000}
            await hub.command(Command.model_validate(again))
            await installation.until(lambda: alarms(hub)[-1].phase is Phase.RESET, "it is reset")
            await installation.until(lambda: results(hub)[-1].ok, "it is answered")


def results(hub: FakeHub) -> list[CommandResult]:
    return [m.body for m in hub.of(MessageClass.EVENT) if isinstance(m.body, CommandResult)]


async def test_a_polite_stop_says_goodbye_falls_silent_and_ends_with_status_zero(installation: Installation) -> None:
    with Mosquitto(installation.folder / "broker", port=installation.port):
        async with FakeHub(installation.port) as hub:
            await installation.start()
            await installation.until(lambda: hub.beats, "it is there")
            installation.board.do("press", "btn1")
            await installation.until(lambda: True in installation.switches("coi-nha-1"), "it rings")
            process = installation.program.process
            assert process is not None
            process.send_signal(signal.SIGINT)
            await installation.until(lambda: not installation.program.running, "it has ended")
            assert process.returncode == 0
            assert installation.switches("coi-nha-1")[-1] is False
            await asyncio.sleep(0.05)
            assert not hub.statuses[-1].online
