"""A group of linked houses on several nodes: real node programs in namespaces, one board, no hub unless it is given."""

import json
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from keng_demo.bridge_board import BridgeBoard
from keng_edge.clock import SystemClock
from keng_edge.outbox import Limits, Outbox
from keng_wire.message import parse
from keng_wire.topics import MessageClass
from support.certificates import Authority
from support.mosquitto import PROGRAM
from support.patience import PATIENCE_S
from support.processes import Program, until
from support.village_network import VillageNetwork

ZONE = "to-3"
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
ca_file = "{ca}"
certificate_file = "{certificate}"
key_file = "{key}"
[[zones]]
id = "{zone}"
name = "Tổ liên gia 3"
house = ["coi-nha"]
neighbours = ["coi-ngo", "loa-ngo"]
cancel_window_s = 60
shared_with = [{others}]
[[outputs]]
type = "log"
id = "coi-nha"
file = "{folder}/coi-nha.jsonl"
[[outputs]]
type = "log"
id = "coi-ngo"
file = "{folder}/coi-ngo.jsonl"
[[outputs]]
type = "speaker"
id = "loa-ngo"
play = ["cp", "{{file}}", "{folder}/loa.wav"]
[neighbours]
"""
PEER = '[[neighbours.peers]]\nid = "{name}"\nname = "Trạm {name}"\nhost = "{host}"\n'
BOARD = """\
[[devices]]
type = "bridge_board"
id = "bo-1"
name = "Bo 1"
port = "{path}"
zone = "{zone}"
simulated = true
[devices.points.smoke1]
id = "khoi-1"
name = "Khói 1"
kind = "smoke_detector"
[devices.points.smoke2]
id = "khoi-2"
name = "Khói 2"
kind = "smoke_detector"
[devices.points.btn1]
id = "nut-1"
name = "Nút báo cháy"
kind = "manual_call_point"
"""
BROKER = """\
user {user}
listener 8883 127.0.0.1
allow_anonymous false
require_certificate true
use_identity_as_username true
tls_version tlsv1.2
cafile {ca}
certfile {certificate}
keyfile {key}
"""


class GroupNode:
    """One node as a program in its namespace."""

    def __init__(self, folder: Path, name: str, network: VillageNetwork) -> None:
        self.folder, self.name = folder, name
        command = network.inside(name, sys.executable, "-m", "keng_edge", "run", "--config", folder / "edge.toml")
        self.program = Program(command, folder / "log")

    def switches(self, output: str = "coi-ngo") -> list[tuple[bool, str | None, int]]:
        """(on, call, when in ms since boot) of a log output."""
        file = self.folder / f"{output}.jsonl"
        lines = map(json.loads, file.read_text().splitlines()) if file.exists() else ()
        return [(line["on"], line["pattern"], line["up"]) for line in lines]

    def sounds(self, call: str | None = "fire", output: str = "coi-ngo") -> bool:
        """Whether this call sounds now; None: whether it is quiet."""
        last = self.switches(output)[-1:]
        return [one[1] for one in last] == [call]

    async def stored(self, cls: MessageClass) -> list[object]:
        """The bodies of all messages for the hub; the node must have ended."""
        async with Outbox(self.folder / "data/outbox", self.name, SystemClock(), Limits(reserve_bytes=0)) as outbox:
            return [parse(cls, self.name, one.payload).body for one in await outbox.pending(cls, 0, 10_000)]

    def calls(self, output: str = "coi-ngo") -> list[str]:
        """Every call that sounded, in order."""
        return [call for on, call, _ in self.switches(output) if on and call is not None]


class GroupOfNodes:
    """The nodes `ngo-1` (with a board: smoke1, smoke2, btn1), `ngo-2`, …; all share the zone `to-3`."""

    def __init__(self, folder: Path, network: VillageNetwork, names: tuple[str, ...], board: BridgeBoard) -> None:
        self.folder, self.network, self.board = folder, network, board
        self.authority = Authority(folder / "authority")
        self.nodes = {name: GroupNode(folder / name, name, network) for name in names}
        for name in names:
            self._configure(name, names)

    def __getitem__(self, number: int) -> GroupNode:
        """Node `ngo-<number>`."""
        return self.nodes[f"ngo-{number}"]

    @property
    def others(self) -> list[GroupNode]:
        """All but the one with the board."""
        return list(self.nodes.values())[1:]

    async def start(self) -> None:
        """Start all; when this returns each has an answer of each other one, and the board is known."""
        for node in self.nodes.values():
            node.program.start()
        await self.until(lambda: "device khoi-1: normal" in self[1].program.output(), "the board is known")
        await self.all(self._knows_all, "knows its neighbours")

    async def all(self, condition: Callable[["GroupNode"], bool], what: str) -> None:
        """Wait until it holds for each node."""
        for node in self.nodes.values():
            await self.until(partial(condition, node), f"{node.name} {what}")

    async def until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait; on failure the logs of all nodes say why."""
        try:
            await until(condition, what, seconds)
        except AssertionError as error:
            logs = "\n".join(f"--- {node.name}\n{node.program.output()}" for node in self.nodes.values())
            pytest.fail(f"{error}\n{logs}")

    def stop(self) -> None:
        """End what runs."""
        for node in self.nodes.values():
            if node.program.running:
                node.program.stop()

    def broker(self) -> Program:
        """A broker in the namespace of ngo-1, for commands of the hub."""
        if PROGRAM is None:
            pytest.skip("Mosquitto is not installed (Debian: apt install mosquitto)")
        certificate, key = self.authority.issue("broker")
        user = pwd.getpwuid(os.geteuid()).pw_name
        file = self.folder / "mosquitto.conf"
        file.write_text(BROKER.format(user=user, ca=self.authority.certificate, certificate=certificate, key=key))
        return Program(self.network.inside("ngo-1", PROGRAM, "-c", file), self.folder / "mosquitto.log")

    def command(self, number: int, name: str) -> None:
        """The hub tells ngo-1 to do something."""
        certificate, key = self.authority.issue("hub")
        text = json.dumps({"id": f"{number:016x}", "name": name, "by": "Nguyễn Văn Mẫu", "expires": 4_000_000_000_000})
        files: list[str | Path] = ["--cafile", self.authority.certificate, "--cert", certificate, "--key", key]
        publish: list[str | Path] = ["mosquitto_pub", "-h", "127.0.0.1", "-p", "8883", "-q", "1", *files]
        publish += ["-t", "keng/v1/ngo-1/down/command", "-m", text]
        subprocess.run(self.network.inside("ngo-1", *publish), check=True, timeout=20)

    def _knows_all(self, node: GroupNode) -> bool:
        return all(f"device {name}: normal" in node.program.output() for name in self.nodes if name != node.name)

    def _configure(self, name: str, names: tuple[str, ...]) -> None:
        folder = self.folder / name
        folder.mkdir(parents=True)
        certificate, key = self.authority.issue(name)
        others = [other for other in names if other != name]
        text = NODE.format(
            name=name,
            folder=folder,
            ca=self.authority.certificate,
            certificate=certificate,
            key=key,
            zone=ZONE,
            others=", ".join(f'"{other}"' for other in others),
        )
        text += "".join(PEER.format(name=other, host=self.network.address(other)) for other in others)
        text += BOARD.format(path=self.board.path, zone=ZONE) if name == names[0] else ""
        (folder / "edge.toml").write_text(text)
        (folder / "data").mkdir()
        (folder / "data/proofs.json").write_text(
            json.dumps({point: _proven() for point in ("khoi-1", "khoi-2", "nut-1")})
        )


def _proven() -> dict[str, object]:
    """A proof test of a simulated point, as the node keeps it: without one a detector is only advisory."""
    at, by = time.time_ns() // 1_000_000, "Nguyễn Văn Mẫu"
    return {
        "proof": {"test": "0" * 16, "at": at, "by": by, "method": "button", "simulated": True},
        "fingerprint": "0" * 64,
    }
