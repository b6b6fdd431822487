"""A whole node as a program with every kind of radio and Wi-Fi device: who rings the house, and who the alley too."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import aiomqtt
import pytest

from keng_demo.line import Line
from support.mosquitto import Mosquitto
from support.processes import Program, until

HEAD = """
[node]
id = "ngo-1"
name = "Trạm ngõ 1"
data = "{folder}/data"

[uplink]
host = "127.0.0.1"
port = {port}

[outbox]
reserve_mb = 0
"""
ZONE = """
[[zones]]
id = "nha-{kind}"
name = "Nhà {kind}"
house = ["chuong-{kind}"]
neighbours = ["ngo-{kind}"]
cancel_window_s = 0.5

[[outputs]]
type = "log"
id = "chuong-{kind}"
file = "{folder}/chuong-{kind}.jsonl"

[[outputs]]
type = "log"
id = "ngo-{kind}"
file = "{folder}/ngo-{kind}.jsonl"

[[devices]]
type = "{type}"
id = "bo-{kind}"
name = "Bộ {kind}"
zone = "nha-{kind}"
simulated = true
{settings}
[{table}]
id = "khoi-{kind}"
name = "Khói {kind}"
kind = "smoke_detector"
{more}
"""
EUI = "0102030405060708"
DEVICES = {
    "lora": ("chirpstack", "port = {port}", f"devices.devices.{EUI}", 'model = "tg563a"\nheartbeat_h = 1'),
    "rtl": ("rtl_433", "port = {port}", 'devices.devices."Smoke-GS558/1234"', ""),
    "esp": ("esphome", 'port = {port}\nprefix = "bep"', "devices.points.khoi", ""),
    "tas": ("tasmota", 'port = {port}\ntopic = "kho"', "devices.points.Switch1", ""),
    "mys": ("mysensors", 'port = "{line}"', 'devices.points."12/1"', ""),
}


class Village:
    """The node, its broker, and the end of a serial cable."""

    def __init__(self, folder: Path, broker: Mosquitto, line: Line) -> None:
        self.folder, self.broker, self.line = folder, broker, line
        places = {"folder": folder, "port": broker.port, "line": line.path}
        text = HEAD.format(**places)
        for kind, (name, settings, table, more) in DEVICES.items():
            given = settings.format(**places)
            text += ZONE.format(kind=kind, type=name, settings=given, table=table, more=more, **places)
        config = folder / "edge.toml"
        config.write_text(text)
        subprocess.run([sys.executable, "-m", "keng_edge", "prove-simulated", "--config", config], check=True)
        self.program = Program([sys.executable, "-m", "keng_edge", "run", "--config", config], folder / "log")

    def rings(self, output: str) -> bool:
        """Whether a bell was ever switched on."""
        file = self.folder / f"{output}.jsonl"
        return file.exists() and any(json.loads(line)["on"] for line in file.read_text().splitlines())

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait; with the node's log when it is in vain."""
        try:
            await until(condition, what, 20)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.program.output()[-4000:]}") from None

    async def cry(self, output: str, say: Callable[[], Awaitable[None]]) -> None:
        """Say it until the bell rings: a live message that comes before the node listens is lost."""
        async with asyncio.timeout(20):
            while not self.rings(output):
                await say()
                await asyncio.sleep(0.3)

    async def message(self, topic: str, payload: object) -> None:
        """A live message."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        async with aiomqtt.Client("127.0.0.1", self.broker.port) as client:
            await client.publish(topic, text, qos=1)

    async def serial(self) -> None:
        """Smoke at a MySensors node that answers no questions, after the noise of its gateway's reset."""
        self.line.write(b"\0" * 64 + b"12;1;1;0;16;1\n")


@pytest.fixture
async def village(tmp_path: Path) -> AsyncIterator[Village]:
    with Mosquitto(tmp_path / "broker") as broker, Line(lambda data: None) as line:
        made = Village(tmp_path, broker, line)
        made.program.start()
        try:
            yield made
        finally:
            made.program.stop()


def uplink(payload: bytes) -> dict[str, object]:
    data = base64.b64encode(payload).decode()
    return {"deviceInfo": {"devEui": EUI}, "deduplicationId": payload.hex(), "fPort": 1, "data": data}


async def test_each_kind_rings_its_house_and_only_sure_ones_the_alley(village: Village) -> None:
    cries: dict[str, tuple[str, object]] = {
        "lora": (f"application/1/device/{EUI}/event/up", uplink(b"\x01\x78\x1a\x03\x00")),
        "rtl": ("rtl_433/nha/events", {"model": "Smoke-GS558", "id": 1234, "learn": 0, "code": "abc"}),
        "esp": ("bep/binary_sensor/khoi/state", "ON"),
        "tas": ("stat/kho/RESULT", {"Switch1": {"Action": "ON"}}),
    }
    for kind, (topic, payload) in cries.items():
        await village.cry(f"chuong-{kind}", partial(village.message, topic, payload))
    await village.cry("chuong-mys", village.serial)
    sure = [kind for kind in DEVICES if kind != "rtl"]
    await village.until(lambda: all(village.rings(f"ngo-{kind}") for kind in sure), "the alleys of the sure ones ring")
    await asyncio.sleep(1)
    assert not village.rings("ngo-rtl"), "anybody's remote may say that"
