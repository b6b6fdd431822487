"""`keng-hub run`: a real hub with its own broker, a node over TLS, and how all of it ends."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiomqtt
import psutil
import pytest

from keng_hub.broker_probe import client_context
from keng_hub.brokers import mosquitto
from keng_hub.installation import ClientFiles
from keng_wire.examples import all_examples
from keng_wire.topics import Down, Up, down, up
from support.hub import HubFolder
from support.ports import free_port, listens
from support.processes import Program

pytestmark = pytest.mark.skipif(
    mosquitto.program() is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)"
)


def health(hub: HubFolder) -> dict[str, Any]:
    """What `/healthz` says; empty while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{hub.web_port}/healthz", timeout=5) as answer:
            said: dict[str, Any] = json.load(answer)
            return said | {"status": answer.status}
    except OSError:  # not there yet, or 503
        return {}


def is_well(hub: HubFolder) -> Callable[[], bool]:
    return lambda: health(hub).get("status") == 200


def rows(hub: HubFolder, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(hub.data / "keng.db")) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def hub(tmp_path: Path) -> HubFolder:
    made = HubFolder(tmp_path)
    made.done("init")
    made.done("node", "add", "ngo-3", "--place", "ngo-3")
    return made


async def test_an_alarm_of_a_node_becomes_an_incident_and_is_acknowledged(hub: HubFolder) -> None:
    folder = hub.folder / "ngo-3"
    tls = client_context(ClientFiles(folder / "ca.crt", folder / "node.crt", folder / "node.key"))
    alarm = all_examples()["alarm"]["raised"] | {"number": 1}
    readings = all_examples()["reading"]["readings"] | {"number": 1}
    with hub.program() as program:
        program.wait_until(is_well(hub), "the hub is well")
        async with aiomqtt.Client(
            "127.0.0.1", hub.broker_port, identifier="ngo-3", tls_context=tls, protocol=aiomqtt.ProtocolVersion.V5
        ) as node:
            await node.subscribe(down("ngo-3", Down.ACK))
            await node.publish(up("ngo-3", Up.ALARM), json.dumps(alarm), qos=1)
            await node.publish(up("ngo-3", Up.READING), json.dumps(readings), qos=1)
            async with asyncio.timeout(10):
                async for message in node.messages:
                    assert isinstance(message.payload, bytes)
                    ack = json.loads(message.payload)
                    if (ack["alarm"], ack["reading"]) == (1, 1):
                        break
        assert rows(hub, "SELECT category, node, place FROM incident") == [("fire", "ngo-3", "ngo-3")]
        position = "SELECT position FROM cursor WHERE name = 'store' AND position > 0"
        program.wait_until(lambda: bool(rows(hub, position)), "the readings are in the store")
        judged = "SELECT device FROM meter_dirty UNION SELECT device FROM meter_day"
        meters = [("cong-to-1",), ("cong-to-2",)]
        program.wait_until(lambda: sorted(rows(hub, judged)) == meters, "the meters wait to be judged")
        assert program.stop() == 0
    assert not listens(hub.broker_port)


def test_healthz_names_every_part_and_metrics_and_systemd_are_told(hub: HubFolder) -> None:
    notify = str(hub.folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, hub.program(NOTIFY_SOCKET=notify) as program:
        systemd.bind(notify)
        program.wait_until(is_well(hub), "the hub is well")
        systemd.settimeout(5)
        assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1"]
        parts = {"database", "store", "broker", "subscriber", "ingest", "presence", "downlink", "forward"}
        assert set(health(hub)["parts"]) == parts | {
            "incidents",
            "drills",
            "node_tests",
            "notices",
            "replies",
            "reports",
            "self_tests",
            "deliveries",
            "desired",
            "purge",
            "dead_days",
            "housekeeping",
            "meter_data",
            "watchdog",
        }
        with urllib.request.urlopen(f"http://127.0.0.1:{hub.web_port}/metrics", timeout=5) as answer:
            assert b"keng_messages" in answer.read()


def test_ctrl_c_stops_everything_with_status_0(hub: HubFolder) -> None:
    with hub.program() as program:
        program.wait_until(is_well(hub), "the hub is well")
        children = psutil.Process(program.pid).children(recursive=True)
        assert children
        os.kill(program.pid, signal.SIGINT)
        assert program.process is not None
        assert program.process.wait(10) == 0
        assert not [one for one in children if one.is_running()]


def test_a_killed_hub_takes_its_broker_along_and_starts_again(hub: HubFolder) -> None:
    with hub.program() as program:
        program.wait_until(is_well(hub), "the hub is well")
        children = psutil.Process(program.pid).children(recursive=True)
        program.kill()
        gone, alive = psutil.wait_procs(children, timeout=10)
        assert (len(gone), alive) == (len(children), [])
        program.start()
        program.wait_until(is_well(hub), "the hub is well again")


def test_a_taken_port_is_told(hub: HubFolder) -> None:
    with hub.program() as first:
        first.wait_until(is_well(hub), "the hub is well")
        text = hub.file.read_text().replace(f"port = {hub.broker_port}", f"port = {free_port()}")
        hub.file.write_text(text)
        hub.done("init")
        second: Program = hub.program()
        second.log = hub.folder / "second.log"
        assert second.start().process is not None
        assert second.process is not None
        assert second.process.wait(20) == 1
        assert "choose another [web] port" in second.output()
