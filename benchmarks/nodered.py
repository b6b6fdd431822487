"""The hub beside Node-RED on the same InfluxDB 1.6.7: the rate each sustains without loss, and what a fall costs.

Node-RED runs what a village technician would wire (mqtt in, json, check and map, influxdb out). The hub runs its real
subscriber, ingest, journal and forwarder, with InfluxDB as store. Both take messages of one register of one meter,
QoS 1, from the same publisher; a message counts when its value is in InfluxDB.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from benchmarks import report
from benchmarks.load import BOOT, NODES, STREAM, connect, node, packet, publish
from benchmarks.processes import broker, free_port, process, wait_ready
from benchmarks.report import Figure
from paho.mqtt.enums import CallbackAPIVersion

FOLDER = Path(__file__).parent / "node-red"
SECONDS = 10
DRAIN_S = 1.0
VALUES = ("energy_import",)
RATES = {
    "Node-RED": (1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000),
    "hub": (5_000, 10_000, 15_000, 20_000, 22_500, 25_000, 27_500, 30_000, 35_000),
}
FALL_RATE, FALL_SECONDS = 500, 12


@dataclass
class System:
    """One of the two, running: how to count what it stored, and how to kill and start it."""

    name: str
    count: Callable[[], int]
    start: Callable[[], None]
    kill: Callable[[], None]


def message(name: str, n: int, at: int) -> tuple[str, bytes]:
    """Topic and payload of the n-th message as each system expects it."""
    meter, values = node(n % NODES), [1000.5 + n] * len(VALUES)
    when = at - 86_400_000 + n // NODES * 1_000
    if name == "Node-RED":
        fields = {"meter": meter, "time": when} | dict(zip(VALUES, values, strict=True))
        return f"village/{meter}/meter", json.dumps(fields, separators=(",", ":")).encode()
    rows = [["cong-to", quantity, 0, value, "m"] for quantity, value in zip(VALUES, values, strict=True)]
    record = {
        "sent": {"boot": BOOT, "up": 60_000, "at": at, "clock": "synced", "replay": False},
        "v": 1, "node": meter, "stream": STREAM, "number": n // NODES + 1, "boot": BOOT, "at": when,
        "clock": "synced", "up": 50_000, "class": "reading", "body": {"kind": "readings", "rows": rows},
    }  # fmt: skip
    return f"keng/v1/{meter}/up/reading", json.dumps(record, separators=(",", ":")).encode()


class Influx:
    """An influxd 1.x of our own, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        folder.mkdir()
        self._file = folder / "influxdb.conf"
        self._file.write_text(
            f'reporting-enabled = false\nbind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
            f'query-log-enabled = false\n[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n'
            '[monitor]\nstore-enabled = false\n[logging]\nlevel = "error"\n'
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(["influxd", "-config", str(self._file)], stdout=quiet, stderr=quiet)
        _wait(lambda: self._answers(), 30, "influxd answers")

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def query(self, text: str, database: str = "") -> list[list[object]]:
        """Rows of the first series of an InfluxQL answer."""
        body = urllib.parse.urlencode({"q": text, "db": database}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/query", body, timeout=30) as answer:
            series = json.load(answer)["results"][0].get("series", [])
        return list(series[0].get("values", [])) if series else []

    def count(self, database: str, measurement: str, field: str) -> int:
        """How many values of a field there are; 0 while the server is away."""
        try:
            rows = self.query(f'SELECT count("{field}") FROM "{measurement}"', database)  # noqa: S608 - constants
        except OSError:
            return 0
        return int(str(rows[0][1])) if rows else 0

    def _answers(self) -> bool:
        try:
            self.query("SHOW DATABASES")
        except OSError:
            return False
        return True


@contextmanager
def node_red(port: int, influx: Influx, folder: Path) -> Generator[System]:
    """Node-RED with its flow, connected."""
    influx.query("DROP DATABASE nodered")
    influx.query("CREATE DATABASE nodered")
    shutil.copy(FOLDER / "flows.json", folder / "flows.json")
    environment = {**os.environ, "MQTT_PORT": str(port), "INFLUX_PORT": str(influx.port)}
    environment |= {"NODE_RED_FOLDER": str(folder), "UI_PORT": str(free_port())}
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "package.json").write_text('{"name": "flow", "dependencies": {"node-red-contrib-influxdb": "*"}}')
    command = ["node", str(FOLDER / "node_modules/node-red/red.js"), "--settings", str(FOLDER / "settings.js")]
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (folder / "node-red.log").open("ab") as log:
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True))
        # It says nothing when the flow runs: a message that comes out at the other end does.
        before = count()

        def through() -> bool:
            with connect(port, "probe") as link:
                topic, payload = message("Node-RED", 0, 86_400_000 + time.time_ns() // 1_000_000)
                publish(link, [packet(topic, payload, 1)], None, 0)
            return count() > before

        _wait(through, 60, "Node-RED stores a message")

    def kill() -> None:
        os.killpg(running[-1].pid, signal.SIGKILL)
        running[-1].wait()

    def count() -> int:
        return influx.count("nodered", "meter", VALUES[0])

    start()
    try:
        yield System("Node-RED", count, start, kill)
    finally:
        kill()


@contextmanager
def hub(port: int, influx: Influx, folder: Path) -> Generator[System]:
    """The hub's parts on the way of a reading, connected."""
    influx.query("DROP DATABASE keng")
    command = [sys.executable, "-m", "benchmarks.receivers", "hub", "--port", str(port), "--folder", str(folder)]
    command += ["--influx", f"http://127.0.0.1:{influx.port}"]
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        running.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        wait_ready(running[-1])

    def kill() -> None:
        running[-1].kill()
        running[-1].wait()

    def count() -> int:
        return influx.count("keng", "reading", "value") // len(VALUES)

    start()
    try:
        yield System("hub", count, start, kill)
    finally:
        kill()


SYSTEMS = {"Node-RED": node_red, "hub": hub}


def sustained(name: str, influx: Influx, folder: Path) -> tuple[int, list[dict[str, float]]]:
    """The highest rate at which everything arrives within a second of the last message, twice in a row."""
    best, steps = 0, list[dict[str, float]]()
    for rate in RATES[name]:
        for attempt in ("a", "b"):
            step = _at_rate(name, rate, influx, folder / f"{name}-{rate}{attempt}")
            steps.append(step)
            print(f"  {name} at {rate:,}/s: {step['lost']:.0f} lost, drained in {step['drained']:.2f} s", flush=True)
            if step["lost"] == 0 and step["drained"] <= DRAIN_S:
                best = rate
                break
        else:
            return best, steps
    return best, steps


def _at_rate(name: str, rate: int, influx: Influx, folder: Path) -> dict[str, float]:
    folder.mkdir()
    with broker(folder) as port, SYSTEMS[name](port, influx, folder) as system:
        before, total = system.count(), rate * SECONDS
        command = [sys.executable, "-m", "benchmarks.nodered", "--publish", name, str(port), str(rate), str(total)]
        with process(command) as publishing:
            wait_ready(publishing)
            assert publishing.stdin is not None
            publishing.stdin.write(b"go\n")
            publishing.stdin.flush()
            publishing.wait(SECONDS * 4)
        ended, stored, last_change = time.monotonic(), -1, time.monotonic()
        while stored < total and time.monotonic() - last_change < 8:
            now = system.count() - before
            if now != stored:
                stored, last_change = now, time.monotonic()
            time.sleep(0.05)
        return {"rate": rate, "lost": max(0, total - stored), "drained": last_change - ended}


def fall(name: str, what: str, influx: Influx, folder: Path) -> int:
    """Messages lost when the receiver or the store is killed in the middle and comes back."""
    folder.mkdir()
    with broker(folder) as port, SYSTEMS[name](port, influx, folder) as system:
        before, total = system.count(), FALL_RATE * FALL_SECONDS
        sender = Node(port, name, total)
        sender.start()
        time.sleep(FALL_SECONDS / 3)
        if what == "receiver":
            system.kill()
            time.sleep(1)
            system.start()
        else:
            influx.kill()
            time.sleep(3)
            influx.start()
        sender.join()
        stored, last_change = -1, time.monotonic()
        while stored < total and time.monotonic() - last_change < 15:
            now = system.count() - before
            if now != stored:
                stored, last_change = now, time.monotonic()
            time.sleep(0.1)
        return max(0, total - stored)


class Node(threading.Thread):
    """Publishes at the rate of a fall, with QoS 1. To the hub it keeps the promise of a node: what is not acknowledged
    by the hub is sent again. Node-RED has no such answer; the broker's acknowledgement is all that a sender gets."""

    def __init__(self, port: int, name: str, total: int) -> None:
        super().__init__(name="sender")
        self._name, self._total, self._at = name, total, time.time_ns() // 1_000_000
        self._acknowledged = {node(n): 0 for n in range(NODES)}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "sender")
        self._client.max_inflight_messages_set(200)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("keng/v1/+/down/ack")
        self._client.connect("127.0.0.1", port)

    def run(self) -> None:
        """Send everything once in time, then again what the hub does not acknowledge."""
        self._client.loop_start()
        begun = time.monotonic()
        for n in range(self._total):
            while n > (time.monotonic() - begun) * FALL_RATE:
                time.sleep(0.002)
            last = self._client.publish(*message(self._name, n, self._at), qos=1)
        last.wait_for_publish(30)
        for _ in range(10 if self._name == "hub" else 0):
            time.sleep(1)
            missing = [n for n in range(self._total) if n // NODES + 1 > self._acknowledged[node(n % NODES)]]
            if not missing:
                break
            for n in missing:
                self._client.publish(*message(self._name, n, self._at), qos=1)
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: object, _data: object, said: mqtt.MQTTMessage) -> None:
        name = said.topic.split("/")[2]
        if name in self._acknowledged:
            self._acknowledged[name] = max(self._acknowledged[name], json.loads(said.payload)["reading"])


def _publish(name: str, port: int, rate: float, total: int) -> None:
    at = time.time_ns() // 1_000_000
    packets = [packet(*message(name, n, at), n) for n in range(total)]
    print("ready", flush=True)
    sys.stdin.readline()
    with connect(port, "load") as link:
        begun, sent = time.monotonic(), 0
        while sent < total:
            due = min(total, int((time.monotonic() - begun) * rate) + 1)
            publish(link, packets[sent:due], None, 0)
            sent = due
            time.sleep(0.002)


def _wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s in vain until {what}")
        time.sleep(0.2)


def measure(folder: Path) -> list[Figure]:
    """Both systems, one after the other, on one InfluxDB."""
    influx = Influx(folder / "influx")
    try:
        rates = {name: sustained(name, influx, folder)[0] for name in SYSTEMS}
        lost = {
            (name, what): fall(name, what, influx, folder / f"fall-{name}-{what}")
            for name in SYSTEMS
            for what in ("receiver", "store")
        }
    finally:
        influx.kill()
    total = FALL_RATE * FALL_SECONDS
    ratio = rates["hub"] / rates["Node-RED"] if rates["Node-RED"] else float("inf")
    figures = [
        Figure("hub on InfluxDB 1.6.7, sustained without loss", rates["hub"], "messages/s", "≥ 5 × Node-RED",
               ratio >= 5, f"Node-RED {rates['Node-RED']:,}/s", ratio)
    ]  # fmt: skip
    for what, words in (("receiver", "the receiver is killed and started"), ("store", "InfluxDB is killed for 3 s")):
        mine, theirs = lost["hub", what], lost["Node-RED", what]
        figures.append(
            Figure(f"lost of {total:,} messages when {words}", mine, "messages", "0", mine == 0, f"Node-RED {theirs:,}")
        )
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--publish", nargs=4, metavar=("SYSTEM", "PORT", "RATE", "TOTAL"), help="the sending side")
    parsed = parser.parse_args(arguments)
    if parsed.publish:
        name, port, rate, total = parsed.publish
        _publish(name, int(port), float(rate), int(total))
        return 0
    missing = [program for program in ("influxd", "node", "npm") if shutil.which(program) is None]
    if missing:
        print(f"left out: {', '.join(missing)} not installed", file=sys.stderr)
        return 0
    if not (FOLDER / "node_modules").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True)
    with tempfile.TemporaryDirectory(prefix="keng-bench-") as name:
        report.save("nodered", measure(Path(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
