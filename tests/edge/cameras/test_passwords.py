"""A camera's password comes out nowhere: in no log, error, message, event, file of the node, nor on a terminal."""

import asyncio
import base64
import logging
import sqlite3
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import aiomqtt
import pytest

from keng_edge.config_file import load
from keng_edge.errors import ConfigError
from keng_edge.logs import redact
from keng_edge.tools import main
from support.certificates import Authority
from support.clips import walker
from support.fake_hub import FakeHub
from support.mosquitto import Mosquitto
from support.onvif_camera import USER as ONVIF_USER
from support.onvif_camera import OnvifCamera
from support.ports import free_port
from support.processes import Program, until
from support.rtsp import PasswordGate, RtspServer, write_stream_clip

USER, SECRET = "trucban", "Mat@Khau7:CuaCong/Sau%&9"
LEAKS = ("Khau7", "CuaCong", base64.b64encode(f"{USER}:{SECRET}".encode()).decode())
"""What every way to write it has in common: plain, percent-encoded, in XML or JSON, cut in two; and HTTP's own way."""
NODE = """
[node]
id = "ngo-1"
name = "Trạm"
data = "{folder}/data"
[uplink]
host = "127.0.0.1"
port = {broker}
ca_file = "{folder}/hub/keng.ca.pem"
certificate_file = "{folder}/hub/ngo-1.pem"
key_file = "{folder}/hub/ngo-1.key"
[outbox]
reserve_mb = 0
[media]
port = 1
spare_mb = 0
[detector]
enabled = false
[log]
level = "debug"
[[zones]]
id = "nha-1"
name = "Nhà"
"""
CAMERA = """
[[devices]]
type = "camera"
id = "{id}"
name = "{id}"
zone = "nha-1"
source = "{source}"
user = "trucban"
password_file = "{folder}/password"
notice_confirmed = 2026-11-01
"""
BROKER = """\
per_listener_settings true
listener {port} 127.0.0.1
allow_anonymous true
cafile %(hub)s/keng.ca.pem
certfile %(hub)s/broker.pem
keyfile %(hub)s/broker.key
listener %(open)d 127.0.0.1
allow_anonymous true
"""
"""Media go with certificates only; who listens to everything has none."""
SAID = (
    "does not take user and password",
    "refuses the connection",
    "knows no such path",
    "no clips",
    "own alarms are not heard",
)
TOLD = ("/up/alarm", '"sighting"', '"snapshot"', '"media"', "does not take user", "refuses the", "no such path")


class Cameras:
    """One that takes the password, one that does not, one that is off, one with the password in its path, ONVIF."""

    def __init__(self, folder: Path, server: RtspServer, onvif: OnvifCamera) -> None:
        self.folder, self.server, self.onvif = folder, server, onvif
        self.password = folder / "password"
        self.password.write_text(SECRET)
        self.right = PasswordGate(server.port, USER, SECRET, digest=True)
        self.wrong = PasswordGate(server.port, USER, "khac", digest=True)

    def sources(self) -> dict[str, str]:
        """By id."""
        return {
            "cam-mo": f"rtsp://127.0.0.1:{self.right.port}/live.mp4?play_count=0",
            "cam-sai": f"rtsp://127.0.0.1:{self.wrong.port}/live.mp4",
            "cam-tat": "rtsp://127.0.0.1:1/live",
            "cam-duong": f"rtsp://127.0.0.1:{self.server.port}/user={USER}&password={quote(SECRET, safe='')}.mp4",
        }

    def config(self, broker: int = 1) -> Path:
        """All of them in one node."""
        sources = self.sources()
        text = NODE.format(folder=self.folder, broker=broker)
        for name, source in sources.items():
            text += CAMERA.format(id=name, source=source, folder=self.folder)
            text += f'clip_source = "{sources["cam-sai"]}"\n' if name == "cam-mo" else ""
        text += f'[devices.own_alarms]\naddress = "{self.onvif.address}"\n'
        file = self.folder / "edge.toml"
        file.write_text(text)
        return file


@pytest.fixture
def cameras(tmp_path: Path) -> Iterator[Cameras]:
    (tmp_path / "films").mkdir()
    write_stream_clip(tmp_path / "films" / "live.mp4", walker(3, 7), 8)
    with RtspServer(tmp_path / "films") as server, OnvifCamera() as onvif:
        made = Cameras(tmp_path, server, onvif)
        with made.right, made.wrong:
            yield made


@asynccontextmanager
async def heard(port: int) -> AsyncGenerator[list[str]]:
    """Everything that goes over the broker."""
    found: list[str] = []
    subscribed = asyncio.Event()

    async def listen() -> None:
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe("#", qos=1)
            subscribed.set()
            async for message in client.messages:
                found.append(f"{message.topic} {bytes(message.payload).decode(errors='replace')}")

    task = asyncio.create_task(listen())
    try:
        await subscribed.wait()
        yield found
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def kept(folder: Path) -> dict[str, str]:
    """What stands in each file of a node, and in each row of its databases."""
    found: dict[str, str] = {}
    for file in (one for one in folder.rglob("*") if one.is_file()):
        data = file.read_bytes()
        found[file.name] = data.decode("latin-1")
        if data.startswith(b"SQLite format 3"):
            found[f"rows of {file.name}"] = rows(file)
    return found


def rows(file: Path) -> str:
    """All of them as text."""
    connection = sqlite3.connect(file)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    cells = [cell for table in tables for row in connection.execute(f'SELECT * FROM "{table}"') for cell in row]  # noqa: S608 - its own names
    connection.close()
    return "\n".join(cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in cells)


def no_leak(where: str, text: str) -> None:
    for leak in LEAKS:
        assert leak not in text, f"{where}: …{text[max(0, text.index(leak) - 200) : text.index(leak) + 50]}…"


async def test_a_node_whose_cameras_look_fail_and_tell_gives_no_password_away(cameras: Cameras, tmp_path: Path) -> None:
    authority, listened = Authority(tmp_path / "hub"), free_port()
    for name in ("broker", "ngo-1"):
        authority.issue(name)
    with Mosquitto(tmp_path / "broker", BROKER % {"hub": tmp_path / "hub", "open": listened}) as broker:
        command: list[str | Path] = [sys.executable, "-m", "keng_edge", "run", "--config", cameras.config(broker.port)]
        async with heard(listened) as messages, FakeHub(listened) as hub:
            with Program(command, tmp_path / "log") as node:

                def told() -> bool:
                    text = "\n".join(messages)
                    return all(words in node.output() for words in SAID) and all(words in text for words in TOLD)

                await until(told, "everything was told", 60)
                hub.answers = False  # what comes now stays at the node
                cameras.server.program.kill()
                lost = '"device":"cam-mo","condition":"unknown","marks":["comms_lost"]'
                await until(lambda: any(lost in one for one in messages), "a camera is lost", 30)
    found = kept(tmp_path / "data") | {"the log": node.output(), "the broker": "\n".join(messages)}
    assert any(name.endswith(".jpg") for name in found)
    assert "rtsp://127.0.0.1" in found["rows of event.db"]
    for name, text in found.items():
        no_leak(name, text)


def test_the_technicians_tools_give_no_password_away(
    cameras: Cameras, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    login = ["--user", USER, "--password-file", str(cameras.password)]
    config = ["--config", str(cameras.config())]
    sources, statuses = cameras.sources(), list[int]()
    with caplog.at_level(logging.DEBUG):
        for source in sources.values():
            statuses.append(main("camera", ["try", source, *login, "--seconds", "0.5", "--json"]))
            statuses.append(main("camera", ["try", source, *config, "--seconds", "0.5"]))
        for typed in (f"rtsp://{USER}:{SECRET}@127.0.0.1/a", f"{USER}:{SECRET}@127.0.0.1/a", f"rtsp://u:1/{SECRET}@h"):
            statuses.append(main("camera", ["try", typed]))
        statuses.append(main("camera", ["try", sources["cam-mo"], *login, "--seconds", "-1"]))
        find = ["find", "--address", cameras.onvif.address, "--user", ONVIF_USER, "--password-file"]
        statuses.append(main("camera", [*find, str(cameras.password)]))
    said = capsys.readouterr()
    assert statuses == [0, 0, *[2] * 6, *[2] * 3, 1, 1]
    assert "does not take user and password for ONVIF" in said.out
    for name, text in {"out": said.out, "errors": said.err, "log": caplog.text}.items():
        no_leak(name, text)


@pytest.mark.parametrize(
    "line",
    [
        f'source = "rtsp://{USER}:{SECRET}@127.0.0.1/a"',
        f'source = "{USER}:{SECRET}@127.0.0.1/a"',
        f'source = "rtsp://{USER}:12/{SECRET}@127.0.0.1/a"',
        f'source = "rtsp://{USER}:{SECRET}@127.0.0.1/{"a" * 500}"',
        f'source = "rtsp://{USER}:[{SECRET}@127.0.0.1/a"',
        f'source = "/dev/null"\npassword = "{SECRET}"',
        f'source = "/dev/null"\nclip_source = "rtsp://{USER}:{SECRET}@127.0.0.1/a"',
        f'source = "/dev/null"\nown_alarms = {{address = "http://{USER}:{SECRET}@127.0.0.1/a"}}',
        f'source = "/dev/null"\nmethod = "http://{USER}:{SECRET}@127.0.0.1/a"',
    ],
)
def test_a_configuration_that_holds_a_password_is_refused_without_saying_it(tmp_path: Path, line: str) -> None:
    file = tmp_path / "edge.toml"
    camera = f'[[devices]]\ntype = "camera"\nid = "cam"\nname = "C"\n{line}\n'
    file.write_text(NODE.format(folder=tmp_path, broker=1) + camera)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert "(camera 'cam')" in str(refused.value)
    no_leak("the refusal", str(refused.value) + repr(refused.value.__cause__))


def test_the_log_keeps_no_password_of_an_address_whatever_letters_it_has() -> None:
    no_leak("the log", redact(f"cannot open rtsp://{USER}:{SECRET}@127.0.0.1/a today"))
