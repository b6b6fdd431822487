"""A stolen node: what `keng-hub node revoke` says at the office is kept at the neighbours, with and without hub."""

import json
import sqlite3
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from support.hub import HubFolder
from support.mosquitto import PROGRAM
from support.ports import free_port, listens
from support.processes import Program, until

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)")

NODE = """\
[node]
id = "{name}"
name = "Trạm {name}"
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
[neighbours]
bind = "127.0.0.1"
port = {own}
[[neighbours.peers]]
id = "{other}"
name = "Trạm {other}"
host = "127.0.0.1"
port = {others}
"""
CONDITION = "SELECT condition FROM device WHERE node = ? AND id = ?"


class Street:
    """A hub with its own broker, and two nodes that are neighbours."""

    def __init__(self, folder: Path) -> None:
        self.office = HubFolder(folder)
        self.office.done("init")
        self.hub = self.office.program()
        first, second = free_port(), free_port()
        self.here = self._node("ngo-3", "ngo-4", first, second)
        self.stolen = self._node("ngo-4", "ngo-3", second, first)

    def _node(self, name: str, other: str, own: int, others: int) -> Program:
        box = self.office.folder / name
        self.office.done("node", "add", name, "--out", str(box))
        config = NODE.format(name=name, other=other, folder=box, broker=self.office.broker_port, own=own, others=others)
        (box / "edge.toml").write_text(config, encoding="utf-8")
        command: list[str | Path] = [sys.executable, "-m", "keng_edge", "run", "--config", box / "edge.toml"]
        return Program(command, self.office.folder / f"{name}.log")

    def condition(self, node: str, neighbour: str) -> str | None:
        """How the hub shows the neighbour of a node."""
        address = f"file:{self.office.data / 'keng.db'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
            rows: list[tuple[str]] = database.execute(CONDITION, (node, neighbour)).fetchall()
        return rows[0][0] if rows else None

    def settings(self) -> dict[str, list[str]]:
        """What the node that was not stolen keeps on its disk."""
        file = self.office.folder / "ngo-3" / "data" / "desired.json"
        return json.loads(file.read_text())["settings"] if file.exists() else {}

    def refusals(self) -> int:
        """How often it wrote that somebody is no neighbour, or not the one it should be."""
        said = self.here.output()
        return said.count("is no neighbour of ours") + said.count("its certificate says 'ngo-4'")


@pytest.fixture
def street(tmp_path: Path) -> Generator[Street]:
    made = Street(tmp_path / "hub")
    try:
        made.hub.start()
        made.hub.wait_until(lambda: listens(made.office.broker_port), "the broker listens")
        for program in (made.here, made.stolen):
            program.start()
        yield made
    finally:
        for program in (made.here, made.stolen, made.hub):
            if program.running:
                program.stop()


async def test_a_certificate_taken_back_at_the_hub_is_refused_by_the_neighbours_also_without_hub(
    street: Street,
) -> None:
    await until(lambda: street.condition("ngo-3", "ngo-4") == "normal", "the neighbours hear each other")
    assert street.refusals() == 0
    street.office.done("node", "revoke", "ngo-4")
    await until(lambda: len(street.settings().get("revoked", [])) == 1, "the list has reached the node")
    await until(lambda: street.refusals() > 0, "the standing connection ends")

    street.here.kill()
    street.hub.stop()
    before = street.refusals()
    street.here.start()
    await until(lambda: street.refusals() > before, "what it keeps is enough")
