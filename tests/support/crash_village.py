"""A village whose parts are killed: a hub, Mosquitto with its certificates, and nodes that make load."""

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path

from keng_hub.store import Series
from keng_hub.store.sqlite import SqliteStore
from support.hub import CONFIG, HubFolder
from support.mosquitto import PROGRAM
from support.ports import listens
from support.processes import Program

LOAD = Path(__file__).with_name("load_node.py")
FAR = 250_000_000_000_000


class LoadNode:
    """One node: its certificate, its disk, and the ledger of what it accepted."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.ledger = folder / "ledger.jsonl"
        self._starts = 0
        self.program: Program | None = None

    def start(self, *options: str) -> None:
        """Start it with a fresh range of values."""
        self._starts += 1
        config, base = self.folder / "edge.toml", str(self._starts * 10_000_000)
        command = [sys.executable, LOAD, "--config", config, "--ledger", self.ledger, "--base", base, *options]
        log = self.folder / f"node-{self._starts}.log"
        paths = {"PYTHONPATH": str(LOAD.parent.parent)}
        self.program = Program([str(part) for part in command], log, environment=paths).start()

    def kill(self) -> None:
        """kill -9."""
        if self.program is not None and self.program.running:
            self.program.kill()

    def stop(self) -> None:
        """SIGTERM."""
        if self.program is not None and self.program.running:
            self.program.stop()

    def made(self) -> bool:
        """Whether it has made all it was asked for."""
        return self.program is not None and "made" in self.program.output()

    def accepted(self) -> tuple[dict[str, int], dict[float, int]]:
        """Occurrence → true time of each alarm, and value → true time of its batch, that the node took."""
        alarms: dict[str, int] = {}
        values: dict[float, int] = {}
        if not self.ledger.exists():
            return alarms, values
        for line in self.ledger.read_text(encoding="utf-8").splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # the kill came in the middle of this line
            fact = json.loads(line)
            if "alarm" in fact:
                alarms[fact["alarm"]] = fact["at"]
            for value in fact.get("values", []):
                values[value] = fact["at"]
        return alarms, values


class CrashVillage:
    """Made once a test; every part can be killed and comes back on the same port and disk."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self.office = HubFolder(folder, CONFIG.replace("start = true", "start = false"))
        self.office.done("init")
        self.nodes: list[LoadNode] = []
        for n in range(1, nodes + 1):
            name = f"ngo-{n}"
            self.office.done("node", "add", name, "--name", f"Ngõ {n}", "--place", "ngo-3", "--out", str(folder / name))
            node = LoadNode(name, folder / name)
            config = node.folder / "edge.toml"
            text = config.read_text(encoding="utf-8").replace("/etc/keng/", f"{node.folder}/")
            config.write_text(text.replace("/var/lib/keng", f"{node.folder}/data"), encoding="utf-8")
            self.nodes.append(node)
        assert PROGRAM is not None
        self._broker_folder = self.office.data / "broker"
        self.broker = Program([PROGRAM, "-c", self._broker_folder / "mosquitto.conf"], folder / "broker.log")
        self.hub = self.office.program()

    def start_broker(self) -> None:
        """Start it and wait until it listens."""
        self.broker.start()
        self.broker.wait_until(lambda: listens(self.office.broker_port), "the broker listens")

    def wipe_broker(self) -> None:
        """The broker's disk is gone: sessions, queued and retained messages."""
        for file in self._broker_folder.glob("mosquitto.db*"):
            file.unlink()

    def start_hub(self) -> None:
        """Start it and wait until its pages answer."""
        self.hub.start()
        self.hub.wait_until(lambda: listens(self.office.web_port), "the hub answers")

    def stop(self) -> None:
        """End whatever runs."""
        for node in self.nodes:
            node.stop()
        for program in (self.hub, self.broker):
            if program.running:
                program.stop()

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of the hub's database."""
        with sqlite3.connect(f"file:{self.office.data / 'keng.db'}?mode=ro", uri=True, timeout=10) as database:
            return database.execute(sql, values).fetchall()

    def alarms(self, node: LoadNode) -> dict[str, tuple[int, int]]:
        """Occurrence → (time of the frame, alarm rows) as the hub has them."""
        sql = "SELECT occurrence, min(frame_at), count(*) FROM alarm WHERE node = ? GROUP BY occurrence"
        return {str(row[0]): (int(str(row[1])), int(str(row[2]))) for row in self.query(sql, node.name)}

    async def points(self, node: LoadNode) -> list[tuple[int, float, int]]:
        """All readings of the node's meter in the store."""
        async with SqliteStore(self.office.data / "readings.db") as store:
            return await store.range(Series(node.name, "cong-to", "energy_import"), 0, FAR)

    async def settled(self, seconds: float = 150) -> None:
        """Wait until everything that the nodes took is in the hub's tables and in its store."""
        deadline = time.monotonic() + seconds
        missing = "nothing was looked at yet"
        while missing:
            missing = await self.missing()
            assert time.monotonic() < deadline, f"after {seconds} s: {missing}\n{self._said()}"
            await asyncio.sleep(0.2)

    async def missing(self) -> str:
        """What was accepted and is not there; empty when all of it is."""
        for node in self.nodes:
            alarms, values = node.accepted()
            lost = alarms.keys() - self.alarms(node).keys()
            if lost:
                return f"{node.name}: {len(lost)} of {len(alarms)} alarms are missing"
            gone = values.keys() - {value for _, value, _ in await self.points(node)}
            if gone:
                return f"{node.name}: {len(gone)} of {len(values)} readings are missing"
        return ""

    def _said(self) -> str:
        programs = [self.hub, *(node.program for node in self.nodes if node.program)]
        return "\n".join(f"--- {program.log.name}\n{program.output()[-2000:]}" for program in programs)
