"""Meters behind pseudo-terminals, a node that can be started in the past, and a hub with its own Mosquitto."""

import json
import sqlite3
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from keng_hub.store import Series
from keng_hub.store.sqlite import SqliteStore
from support.desk import Desk
from support.hub import CONFIG, HubFolder
from support.processes import Program

NODE, USER, FULL_NAME, PASSWORD = "ngo-3", "kythuat", "Trần Thị Mẫu", "bảy con ngựa trắng"
ROOT = Path(__file__).parents[2]
PEER = ROOT / ".venv-peers" / "dlt645a" / "bin" / "python"
SLOW_NODE = Path(__file__).with_name("slow_node.py")
HALF_HOUR, MINUTE = 1_800_000, 60_000
FAR = 250_000_000_000_000
ACCEPTED = "SELECT start, wh, flags FROM meter_day WHERE node = ? AND device = ? AND register = 'energy_import'"
HOUSE, PUMP, MARKET = "cong-to-nha", "cong-to-bom", "cong-to-cho"
EDGE = """\
[node]
id = "ngo-3"
name = "Trạm ngõ 3"
place = "ngo-3"
data = "{folder}/data"
heartbeat_s = 10
[outbox]
readings_wait_s = 1
reserve_mb = 0
[uplink]
host = "127.0.0.1"
port = {broker}
ca_file = "{folder}/ca.crt"
certificate_file = "{folder}/node.crt"
key_file = "{folder}/node.key"
[[devices]]
type = "iec62056_21"
id = "cong-to-nha"
name = "Công tơ nhà văn hóa"
port = "{folder}/iec"
load_profile = "P.01"
every_s = 4
simulated = true
[[devices]]
type = "modbus"
id = "cong-to-bom"
name = "Công tơ trạm bơm"
port = "{folder}/modbus"
profile = "eastron_sdm630"
every_s = 4
simulated = true
"""
DLT645 = """\
[[devices]]
type = "dlt645"
id = "cong-to-cho"
name = "Công tơ chợ"
port = "{port}"
address = "202600000123"
registers = ["0001FF00", "0201FF00"]
every_s = 4
simulated = true
"""


class MeterVillage:
    """A meter by IEC 62056-21 with a memory, one by Modbus without, and the peer's by DL/T645 where it is installed.

    `begin` and `border` are two full or half hours, two hours apart; the later one is old enough to be judged at once.
    """

    def __init__(self, folder: Path) -> None:
        self.office = HubFolder(folder, CONFIG + "[meter_data]\nevery_s = 1\n")
        self.office.done("init")
        self.box = folder / NODE
        self.office.done("node", "add", NODE, "--place", "ngo-3", "--out", str(self.box))
        role = ("--role", "technician")
        self.one_time = self.office.done("account", "add", USER, "--name", FULL_NAME, *role).split()[2]
        self.border = (round(time.time() * 1000) - 300_000) // HALF_HOUR * HALF_HOUR
        self.begin = self.border - 4 * HALF_HOUR
        self.hub = self.office.program()
        self.iec = self._device("iec_meter", "iec", "--unpaced", "--behind", str(self._behind(self.begin + MINUTE)))
        self.modbus = self._device("modbus_meter", "modbus")
        self.dlt645: Program | None = None
        if PEER.exists():
            self.dlt645 = Program([PEER, ROOT / "tests/support/dlt645_slave.py"], folder / "dlt645.log", talks=True)
        self.node: Program | None = None

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.office.web_port}"

    def __enter__(self) -> "MeterVillage":
        self.hub.start()
        devices = [self.iec, self.modbus, *([self.dlt645] if self.dlt645 else [])]
        for device in devices:
            device.start()
        for device in devices:
            device.wait_until(partial(_stands, device), "the meter stands")
        text = EDGE.format(folder=self.box, broker=self.office.broker_port)
        if self.dlt645:
            text += DLT645.format(port=self.dlt645.output().split()[1])
        (self.box / "edge.toml").write_text(text, encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        for program in (self.node, self.hub, self.iec, self.modbus, self.dlt645):
            if program is not None and program.running:
                program.stop()

    def start_node(self, at: int) -> None:
        """Start the node at this UTC ms."""
        command: list[str | Path] = [sys.executable, SLOW_NODE, "--set", "--behind", str(self._behind(at))]
        self.node = Program([*command, "--config", self.box / "edge.toml"], self.office.folder / "node.log").start()

    def kill_node(self) -> None:
        """As a power cut would."""
        assert self.node is not None
        self.node.kill()

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the hub's database; none while it is not there."""
        address = f"file:{self.office.data / 'keng.db'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
            return database.execute(sql, values).fetchall()

    async def raw(self, device: str) -> list[tuple[int, float]]:
        """(UTC ms, Wh) of the import register, as the store has it."""
        async with SqliteStore(self.office.data / "readings.db") as store:
            rows = await store.range(Series(NODE, device, "energy_import"), 0, FAR)
        return [(at, value) for at, value, _ in rows]

    def accepted(self, device: str) -> dict[int, tuple[int | None, str]]:
        """UTC ms of a half hour's beginning → (Wh, flag) from two hours before `border` up to it."""
        found: dict[int, tuple[int | None, str]] = {}
        for start, wh, flags in self.query(ACCEPTED, NODE, device):
            said: dict[str, list[str]] = json.loads(flags)
            for index, value in enumerate(json.loads(wh)):
                at = start + index * HALF_HOUR
                if self.begin <= at < self.border:
                    assert at not in found
                    found[at] = value, said.get(str(index), ["missing" if value is None else "measured"])[0]
        return dict(sorted(found.items()))

    def judged(self) -> bool:
        """Whether nothing waits to be judged."""
        return self.query("SELECT count(*) FROM meter_dirty") == [(0,)]

    def desk(self) -> Desk:
        """A browser of the technician."""
        return Desk(self)

    def _behind(self, at: int) -> float:
        return time.time() - at / 1000

    def _device(self, module: str, link: str, *options: str) -> Program:
        command = [sys.executable, "-m", f"keng_demo.{module}", "--link", str(self.box / link), *options]
        return Program(command, self.office.folder / f"{module}.log", talks=True)


def _stands(device: Program) -> bool:
    return "\n" in device.output()
