"""The real programs that the alarm benchmark times: hub with its TLS broker, one node, a board behind a pty."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from benchmarks.load import NODES, connect, node, packet
from benchmarks.processes import free_port, listens
from sqlalchemy.engine import Connection

from keng_hub import accounts
from keng_hub.brokers import mosquitto
from keng_hub.database import Database
from keng_hub.tables import account, device
from keng_hub.tables import node as node_table
from keng_wire.control import Command, CommandName
from keng_wire.topics import Down, down

NODE = "tram-1"
POINTS = 100
HUB = """\
data = "data"
[village]
name = "Thôn Mẫu"
[web]
port = {web}
[broker]
port = {tls}
bind = "127.0.0.1"
[[places]]
id = "ngo-1"
kind = "alley"
name = "ngõ 1"
[[recipients]]
id = "truc-ban"
name = "Trực ban"
ladder = [{{ channel = "page" }}]
"""
EDGE = """\
[node]
id = "{node}"
name = "Trạm 1"
data = "{folder}/edge"
place = "ngo-1"
[uplink]
host = "127.0.0.1"
port = {tls}
ca_file = "{folder}/{node}/ca.crt"
certificate_file = "{folder}/{node}/node.crt"
key_file = "{folder}/{node}/node.key"
[[devices]]
type = "bridge_board"
id = "bo-1"
name = "Bo 1"
port = "{folder}/board"
simulated = true
"""
ZONE = """\
[[zones]]
id = "nha-{n}"
name = "Nhà {n}"
"""
POINT = """\
[devices.points.p{n}]
id = "khoi-{n}"
name = "Khói {n}"
kind = "smoke_detector"
zone = "nha-{n}"
"""
"""A house each, so that each alarm is an incident of its own."""
PLAIN = """
listener {port} 127.0.0.1
allow_anonymous true
"""
"""For the load and for the resets of this benchmark; a real installation has no such listener."""


@dataclass(frozen=True)
class Village:
    """Where everything stands."""

    folder: Path
    web: int
    tls: int
    plain: int
    password: str

    @property
    def database(self) -> str:
        """The hub's database."""
        return f"sqlite:///{self.folder / 'data' / 'keng.db'}"

    def devices_heard(self) -> int:
        """Detectors whose condition the hub knows."""
        known = sa.select(sa.func.count()).where(device.c.node == NODE, device.c.condition == "normal")
        database = Database(self.database)
        try:
            return database.read_now(lambda connection: connection.execute(known).scalar_one())
        finally:
            database.close()

    def committed(self) -> int:
        """Messages the hub has committed, by its own count."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(float(line.split()[1])) for line in lines if line.startswith("keng_messages_total{"))

    def reset_all(self) -> None:
        """Tell the node to end its alarms, as a person at the hub does."""
        number = os.urandom(8).hex()
        expires = time.time_ns() // 1_000_000 + 60_000
        command = Command(id=number, name=CommandName.RESET, by="Đo", reason="đo", expires=expires)
        payload = json.dumps(command.model_dump(mode="json")).encode()
        with connect(self.plain, "reset") as link:
            link.sendall(packet(down(NODE, Down.COMMAND), payload, 1))
            link.recv(4)


def prepare(folder: Path) -> Village:
    """All files and rows, by the real commands where there are any."""
    web, tls, plain = free_port(), free_port(), free_port()
    (folder / "hub.toml").write_text(HUB.format(web=web, tls=tls), encoding="utf-8")
    _hub(folder, "init")
    _hub(folder, "node", "add", NODE, "--place", "ngo-1")
    with (folder / "data" / "broker" / "mosquitto.conf").open("a") as configuration:
        configuration.write(PLAIN.format(port=plain))
    points = "".join(part.format(n=n) for part in (POINT, ZONE) for n in range(POINTS))
    (folder / "edge.toml").write_text(EDGE.format(node=NODE, folder=folder, tls=tls) + points, encoding="utf-8")
    database = Database(f"sqlite:///{folder / 'data' / 'keng.db'}")
    password = database.write_now(_rows)
    database.close()
    return Village(folder, web, tls, plain, password)


@contextmanager
def running(village: Village) -> Generator[None]:
    """Broker, hub and node; the board must stand already. Their output is in files beside the configuration."""
    folder = village.folder
    broker = [mosquitto.program() or "mosquitto", "-c", str(folder / "data" / "broker" / "mosquitto.conf")]
    with ExitStack() as stack:
        stack.enter_context(_program(folder, "broker", broker))
        _until(lambda: listens(village.tls), "the broker listens")
        hub = [sys.executable, "-m", "keng_hub", "run", "--config", str(folder / "hub.toml")]
        stack.enter_context(_program(folder, "hub", hub))
        _until(lambda: listens(village.web), "the hub serves")
        edge = [sys.executable, "-m", "keng_edge", "run", "--config", str(folder / "edge.toml")]
        stack.enter_context(_program(folder, "edge", edge))
        yield


@contextmanager
def _program(folder: Path, name: str, command: list[str]) -> Generator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _hub(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "keng_hub", *arguments, "--config", "hub.toml"]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)


def _rows(connection: Connection) -> str:
    now = time.time_ns() // 1_000_000
    rows = [{"id": node(n), "name": node(n), "added": now} for n in range(NODES)]
    connection.execute(sa.insert(node_table), rows)
    password = accounts.create(connection, "do", "Đo", "duty", now)
    connection.execute(sa.update(account).where(account.c.username == "do").values(must_change=False))
    return password


def _until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain until {what}")
        time.sleep(0.02)
