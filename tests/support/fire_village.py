"""One node with an input of each family, made-up senders behind ptys, sockets and a broker, and a real hub."""

import asyncio
import base64
import json
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiomqtt

from keng_bridges.checksums import bcc
from keng_bridges.sia_dc09 import seal
from keng_demo.line import Line
from support.hub import CONFIG, HubFolder
from support.mosquitto import Mosquitto
from support.ports import free_port, listens
from support.processes import Program, until
from support.wmbus_sender import LANSEN, clear, telegram

NODE = "ngo-3"
TG563A = "0102030405060708"
PLACE = '[[places]]\nid = "so-{n}"\nkind = "premises"\nname = "số {n}"\nparent = "ngo-3"\n'
ZONE = """\
[[zones]]
id = "so-{n}"
name = "số {n}"
house = ["coi-{n}"]
[[outputs]]
type = "log"
id = "coi-{n}"
file = "{folder}/coi-{n}.jsonl"
"""
EDGE = """\
[node]
id = "ngo-3"
name = "Trạm ngõ 3"
place = "ngo-3"
data = "{folder}/data"
heartbeat_s = 10
[outbox]
reserve_mb = 0
[uplink]
host = "127.0.0.1"
port = {broker}
ca_file = "{folder}/ca.crt"
certificate_file = "{folder}/node.crt"
key_file = "{folder}/node.key"
[[devices]]
type = "bridge_board"
id = "bo-1"
name = "Bo số 1"
port = "{folder}/board"
zone = "so-1"
place = "so-1"
[devices.points.nut]
id = "nut-1"
name = "Nút báo cháy số 1"
kind = "manual_call_point"
[[devices]]
type = "sia_dc09"
id = "nhan-tin"
name = "Nhận tin báo cháy"
port = {dc09}
check_clock = false
[devices.accounts.1234]
id = "tu-cho"
name = "Tủ chợ"
zone = "so-2"
place = "so-2"
points = {{ "12" = {{ id = "bep-cho", name = "Bếp chợ" }} }}
[devices.accounts.5678]
id = "tu-truong"
name = "Tủ trường"
zone = "so-6"
place = "so-6"
points = {{ "1" = {{ id = "kho-truong", name = "Kho trường" }} }}
[devices.accounts.9ABC]
id = "tu-xuong"
name = "Tủ xưởng"
zone = "so-7"
place = "so-7"
points = {{ "1" = {{ id = "kho-xuong", name = "Kho xưởng" }} }}
[[devices]]
type = "espa444"
id = "tu-tram"
name = "Tủ trạm y tế"
port = "{espa}"
zone = "so-3"
place = "so-3"
points = {{ "KHO 3" = {{ id = "kho-3", name = "Kho số 3" }} }}
[[devices]]
type = "chirpstack"
id = "lora"
name = "Mạng LoRaWAN"
port = {mqtt}
zone = "so-4"
place = "so-4"
[devices.devices.0102030405060708]
id = "khoi-4"
name = "Khói số 4"
kind = "smoke_detector"
model = "tg563a"
f_port = 1
[[devices]]
type = "wmbus"
id = "wmbus"
name = "Bộ thu wM-Bus"
port = "{wmbus}"
band_checked = true
zone = "so-5"
place = "so-5"
[devices.points.00003055]
id = "khoi-5"
name = "Khói số 5"
kind = "smoke_detector"
"""
FIRES = """\
SELECT i.place, i.cause, a.device FROM incident i JOIN alarm a ON a.incident = i.id WHERE i.category = 'fire'"""


class FireVillage:
    """`async with`: the node runs, and the hub from `start_hub` on."""

    def __init__(self, folder: Path) -> None:
        self.office = HubFolder(folder, CONFIG + "".join(PLACE.format(n=n) for n in range(1, 8)))
        self.office.done("init")
        self.box = folder / NODE
        self.office.done("node", "add", NODE, "--place", NODE, "--out", str(self.box))
        self.hub = self.office.program()
        self.radio = Mosquitto(folder / "radio")
        self.dc09 = free_port()
        self.heard_by_panel = bytearray()
        self.espa, self.wmbus = Line(self.heard_by_panel.extend), Line(lambda _: None)
        board = [sys.executable, "-m", "keng_demo.bridge_board", "--link", str(self.box / "board")]
        board += ["--points", "nut:button", "--no-own-sounder", "--heartbeat", "5"]
        self.board = Program(board, folder / "board.log", talks=True)
        node: list[str | Path] = [sys.executable, "-m", "keng_edge", "run", "--config", self.box / "edge.toml"]
        self.node = Program(node, folder / "node.log")

    async def __aenter__(self) -> "FireVillage":
        self.espa.__enter__()
        self.wmbus.__enter__()
        self.radio.start()
        self.board.start()
        ports = {"dc09": self.dc09, "mqtt": self.radio.port, "espa": self.espa.path, "wmbus": self.wmbus.path}
        text = EDGE.format(folder=self.box, broker=self.office.broker_port, **ports)
        text += "".join(ZONE.format(n=n, folder=self.box) for n in range(1, 8))
        (self.box / "edge.toml").write_text(text, encoding="utf-8")
        await until(lambda: (self.box / "board").exists(), "the board is plugged in")
        await self.start_node()
        return self

    async def __aexit__(self, *_: object) -> None:
        for program in (self.node, self.hub, self.board):
            if program.running:
                program.stop()
        self.radio.stop()
        self.espa.close()
        self.wmbus.close()

    async def start_hub(self) -> None:
        """Start it, and wait for its broker."""
        self.hub.start()
        await until(lambda: listens(self.office.broker_port), "the broker listens")

    async def start_node(self) -> None:
        """Start it, and wait until each of its inputs listens."""
        before = len(self.node.output())
        self.node.start()
        said = ("device bo-1: normal", "device lora: normal", "device wmbus: normal")
        await until(lambda: all(words in self.node.output()[before:] for words in said), "its inputs listen")
        await until(lambda: listens(self.dc09), "it listens for panels")

    def rings(self, number: int) -> bool:
        """Whether the sounder of that house is on."""
        file = self.box / f"coi-{number}.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return bool(lines) and json.loads(lines[-1])["on"]

    def incidents(self) -> list[tuple[Any, ...]]:
        """(place, cause, device) of each alarm of each incident."""
        address = f"file:{self.office.data / 'keng.db'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
            return sorted(database.execute(FIRES).fetchall())

    async def panel_reports(self, account: str, zone: str, *, patience_s: float = 5) -> bytes:
        """One fire alarm by SIA DC-09; what the receiver answers, empty for nothing in time."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.dc09)
        writer.write(seal(f'"SIA-DCS"0001L0#{account}[#{account}|Nri1/FA{zone}]'))
        try:
            async with asyncio.timeout(patience_s):
                return await reader.readuntil(b"\r")
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return b""
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def pager_calls(self, text: str) -> None:
        """A panel by ESPA 4.4.4 selects its pager station, and says it."""
        await self._answered(b"1\x052\x05")
        body = f"1\x021\x1f21\x1e2\x1f{text}\x1e4\x1f3\x1e6\x1f1\x03".encode("latin-1")
        await self._answered(b"\x01" + body + bytes([bcc(body)]))
        self.espa.write(b"\x04")

    async def lorawan_says(self, payload: bytes) -> None:
        """An uplink, as ChirpStack publishes it."""
        event = {
            "deviceInfo": {"devEui": TG563A, "deviceName": "x"},
            "deduplicationId": payload.hex(),
            "fPort": 1,
            "data": base64.b64encode(payload).decode(),
        }
        async with aiomqtt.Client("127.0.0.1", self.radio.port) as client:
            await client.publish(f"application/1/device/{TG563A}/event/up", json.dumps(event), qos=1)

    def radio_says(self, records: str) -> None:
        """A telegram, as a receiver stick writes it."""
        self.wmbus.write(telegram(LANSEN, "00003055", clear(records)).hex().encode() + b"\r\n")

    async def _answered(self, data: bytes) -> None:
        """Send until it is acknowledged, as panels do."""
        for _ in range(50):
            self.heard_by_panel.clear()
            self.espa.write(data)
            with suppress(AssertionError):
                await until(lambda: bytes(self.heard_by_panel[-1:]) == b"\x06", "ACK", 0.3)
                return
        raise AssertionError("the pager station does not answer")
