"""A village of real programs: a board and meters behind pseudo-terminals, a node, Mosquitto with its locks, a hub."""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import aiomqtt

from keng_hub.broker_probe import client_context
from keng_hub.installation import ClientFiles
from keng_hub.store import Series
from keng_hub.store.sqlite import SqliteStore
from support import chain_config
from support.desk import Desk
from support.hub import HubFolder
from support.mosquitto import PROGRAM
from support.patience import PATIENCE_S
from support.ports import listens
from support.processes import Program
from support.webhook_receiver import SECRET

SLOW_NODE = Path(__file__).with_name("slow_node.py")
NODE, OTHER_NODE = "ngo-3", "ngo-4"
USER, FULL_NAME, PASSWORD = "mau", "Nguyễn Văn Mẫu", "bảy con ngựa trắng"
BEHIND_S = 95
FAR = 250_000_000_000_000


class ChainVillage:
    """Made once a module; each program can be killed and comes back on the same port and disk."""

    def __init__(self, folder: Path, houses: int, *, meters: bool = False, proven: bool = True) -> None:
        self.office = HubFolder(folder, chain_config.hub(houses))
        self.office.done("init")
        self.box, self.other = folder / NODE, folder / OTHER_NODE
        for name, box, place in ((NODE, self.box, "ngo-3"), (OTHER_NODE, self.other, "thon-mau")):
            self.office.done("node", "add", name, "--name", f"Trạm {name}", "--place", place, "--out", str(box))
        config = self.box / "edge.toml"
        text = chain_config.node(str(self.box), self.office.broker_port, houses, meters=meters)
        config.write_text(text, encoding="utf-8")
        if proven:
            subprocess.run([sys.executable, "-m", "keng_edge", "prove-simulated", "--config", config], check=True)
        self.one_time = self.office.done("account", "add", USER, "--name", FULL_NAME, "--role", "duty").split()[2]
        points = ("--points", chain_config.points(houses))
        self.board = self._device("bridge_board", "board", *points, "--no-own-sounder", "--heartbeat", "10")
        self.meters = [
            self._device("modbus_meter", "modbus", "--start-kwh", "8412.4375", "--speed", "0"),
            self._device("iec_meter", "iec", "--start-kwh", "1234.57", "--speed", "0"),
        ][: 2 if meters else 0]
        assert PROGRAM is not None
        self.broker = Program([PROGRAM, "-c", self.office.data / "broker" / "mosquitto.conf"], folder / "broker.log")
        self.hub = self.office.program()
        self.node = Program([sys.executable, "-m", "keng_edge", "run", "--config", config], folder / "node.log")
        slow: list[str | Path] = [sys.executable, SLOW_NODE, "--config", config, "--behind", str(BEHIND_S)]
        self.slow_node = Program(slow, folder / "slow_node.log")

    def __enter__(self) -> "ChainVillage":
        for device in (self.board, *self.meters):
            device.start()
        self.board.wait_until(lambda: (self.box / "board").exists(), "the board is plugged in")
        self.start_broker()
        self.start_hub()
        self.node.start()
        asyncio.run(self._move_in())
        return self

    def __exit__(self, *_: object) -> None:
        for program in (self.node, self.slow_node, self.hub, self.broker, self.board, *self.meters):
            if program.running:
                program.stop()

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.office.web_port}"

    def start_broker(self) -> None:
        """Start it and wait until it listens."""
        self.broker.start()
        self.broker.wait_until(lambda: listens(self.office.broker_port), "the broker listens", PATIENCE_S)

    def wipe_broker(self) -> None:
        """The broker's disk is gone: sessions, queued and retained messages."""
        for file in (self.office.data / "broker").glob("mosquitto.db*"):
            file.unlink()

    def start_hub(self) -> None:
        """Start it and wait until it says that it is well."""
        self.hub.start()
        self.hub.wait_until(self.is_well, "the hub is well", PATIENCE_S)

    def is_well(self) -> bool:
        """Whether /healthz answers 200."""
        return b"ok" in self.fetch("/healthz")

    def fetch(self, path: str) -> bytes:
        """A page that needs no login; empty while it does not answer with 200."""
        connection = HTTPConnection("127.0.0.1", self.office.web_port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read() if answer.status == 200 else b""
        except (OSError, HTTPException):
            return b""
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """A number of /metrics."""
        found = re.search(rf"^{name}(?:\{{.*\}})? (\S+)$", self.fetch("/metrics").decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def heard(self, output: str) -> list[bool]:
        """On and off of a sounder, as the board itself says it."""
        said = [json.loads(line) for line in self.board.output().splitlines(keepends=True) if line.endswith("\n")]
        return [line["on"] for line in said if line.get("output") == output]

    def sounds(self, output: str) -> bool:
        """Whether a sounder is on now."""
        return self.heard(output)[-1:] == [True]

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the hub's database."""
        address = f"file:{self.office.data / 'keng.db'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
            return database.execute(sql, values).fetchall()

    async def registers(self, device: str) -> set[float]:
        """Every value that the store has of a meter's register, in Wh."""
        async with SqliteStore(self.office.data / "readings.db") as store:
            return {value for _, value, _ in await store.range(Series(NODE, device, "energy_import"), 0, FAR)}

    def tells(self, partner: str) -> None:
        """From its next start on the hub tells a partner's system, too."""
        secret = self.office.folder / "webhook.secret"
        secret.write_text(SECRET, encoding="utf-8")
        secret.chmod(0o600)
        text = self.office.file.read_text(encoding="utf-8") + chain_config.PARTNER.format(url=partner)
        self.office.file.write_text(text, encoding="utf-8")

    def stranger(self) -> aiomqtt.Client:
        """A connection with the other node's certificate, from which anything may come."""
        files = ClientFiles(*(self.other / name for name in ("ca.crt", "node.crt", "node.key")))
        return aiomqtt.Client(
            "127.0.0.1",
            self.office.broker_port,
            identifier=OTHER_NODE,
            protocol=aiomqtt.ProtocolVersion.V5,
            tls_context=client_context(files),
        )

    @asynccontextmanager
    async def desk(self) -> AsyncGenerator[Desk]:
        """The officer, logged in."""
        async with Desk(self) as desk:
            answer = await desk.log_in(USER, PASSWORD)
            assert answer.status == 303, answer.text
            yield desk

    def _device(self, module: str, link: str, *options: str) -> Program:
        command = [sys.executable, "-m", f"keng_demo.{module}", "--link", str(self.box / link), *options]
        return Program(command, self.office.folder / f"{module}.log", talks=True)

    async def _move_in(self) -> None:
        """Change the one-time password; see the node with all that hangs on it."""
        async with Desk(self) as desk:
            await desk.log_in(USER, self.one_time)
            form = {"current": self.one_time, "new": PASSWORD, "again": PASSWORD}
            assert (await desk.post("/account/password", form)).status == 303
            await desk.sees(f"/nodes/{NODE}", "Đầu báo khói số 1", "Đang hoạt động")
