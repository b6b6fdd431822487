"""Ingest on the embedded store, beside a bare subscriber and a loop that commits each message alone.

Every receiver gets the same load from the same publisher through a broker of its own, and all of them share the
machine. Messages count when they are committed; readings count when they are in the time-series store.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks import report
from benchmarks.load import Count, Load
from benchmarks.processes import broker, process, wait_ready
from benchmarks.receivers import KINDS
from benchmarks.report import Figure

from keng_wire.message import ReadingMessage

LONGEST_S = 180.0


@dataclass(frozen=True)
class Run:
    """What one receiver did with one load."""

    committed: float
    """Messages a second, from the first to the last that was committed."""
    stored: float
    """The same up to the store."""
    resident: list[float]
    """MiB, sampled over the run."""
    cpu: float
    """Seconds of processor for a message, in µs."""


def run(receiver: str, messages: int, kind: str, rows: int, window: int, folder: Path, pace: str = "progress") -> Run:
    """One receiver against one load that stays `window` messages ahead of what is committed, or `stored`."""
    folder.mkdir()
    with broker(folder) as port:
        command = [sys.executable, "-m", "benchmarks.receivers", receiver, "--port", str(port), "--folder", str(folder)]
        with process(command) as receiving:
            wait_ready(receiving)
            progress, stored = Count(folder / "progress"), Count(folder / "stored")
            load = [sys.executable, "-m", "benchmarks.load", "--port", str(port), "--messages", str(messages)]
            load += ["--kind", kind, "--rows", str(rows), "--window", str(window), "--progress", str(folder / pace)]
            with process(load) as publishing:
                wait_ready(publishing)
                assert publishing.stdin is not None
                publishing.stdin.write(b"go\n")
                publishing.stdin.flush()
                # Only a hub has a store; an event never gets there.
                goal = stored if receiver == "hub" and kind == "reading" else progress
                return _watch(psutil.Process(receiving.pid), progress, goal, messages)


def ceiling(messages: int, rows: int, folder: Path) -> float:
    """Messages a second that mosquitto_sub takes, the fastest client there is; 0 without it."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        return 0.0
    folder.mkdir()
    with broker(folder) as port:
        command = [program, "-p", str(port), "-q", "1", "-t", "keng/v1/+/up/reading", "-C", str(messages)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as receiving:
            time.sleep(0.3)
            load = [sys.executable, "-m", "benchmarks.load", "--port", str(port), "--messages", str(messages)]
            with process([*load, "--rows", str(rows)]) as publishing:
                wait_ready(publishing)
                started = time.monotonic()
                assert publishing.stdin is not None
                publishing.stdin.write(b"go\n")
                publishing.stdin.flush()
                receiving.wait(LONGEST_S)
                return messages / (time.monotonic() - started)


def _watch(receiver: psutil.Process, progress: Count, goal: Count, messages: int) -> Run:
    resident: list[float] = []
    started = committed = 0.0
    before = sum(receiver.cpu_times()[:2])
    deadline = time.monotonic() + LONGEST_S
    while goal.get() < messages or progress.get() < messages:
        now = time.monotonic()
        if not started and progress.get():
            started = now
        if not committed and progress.get() >= messages:
            committed = now
        if now > deadline:
            raise TimeoutError(f"{progress.get()} committed, {goal.get()} stored of {messages}")
        resident.append(receiver.memory_info().rss / 2**20)
        time.sleep(0.02)
    ended = time.monotonic()
    cpu = sum(receiver.cpu_times()[:2]) - before
    return Run(
        messages / ((committed or ended) - started), messages / (ended - started), resident, cpu / messages * 1e6
    )


def measure(messages: int, batches: int, folder: Path) -> list[Figure]:
    """All comparisons, one after the other."""
    bare = run("bare", messages, "reading", 1, 5_000, folder / "bare1")
    paho = run("paho", messages // 2, "reading", 1, 5_000, folder / "paho1")
    reader = run("reader", messages, "reading", 1, 5_000, folder / "reader1")
    hub = run("hub", messages, "reading", 1, 5_000, folder / "hub1")
    events = run("hub", messages // 4, "event", 1, 5_000, folder / "hub-events")
    naive = run("naive", messages // 4, "reading", 1, 5_000, folder / "naive1")
    bare50 = run("bare", batches // 3, "reading", 50, 5_000, folder / "bare50")
    burst50 = run("hub", batches // 6, "reading", 50, 5_000, folder / "burst50")
    hub50 = run("hub", batches, "reading", 50, 5_000, folder / "hub50", pace="stored")
    naive50 = run("naive", batches // 12, "reading", 50, 5_000, folder / "naive50")
    top = ceiling(messages, 1, folder / "ceiling")
    early, late = _ends(hub50.resident)
    check = _check_alone()
    share = hub.committed / bare.committed
    per_batch = hub50.stored * 50
    return [
        Figure("hub, messages of one reading, committed", hub.committed, "/s", "≥ 1/3 of the bare subscriber",
               share >= 1 / 3, f"bare subscriber {bare.committed:,.0f}/s", share),
        Figure("… the same beside one commit a message", hub.committed, "/s", "", None,
               f"naive loop {naive.committed:,.0f}/s", hub.committed / naive.committed),
        Figure("… the same up to the store", hub.stored, "/s"),
        Figure("hub, events through the pipeline, committed", events.committed, "/s", "", None,
               f"bare subscriber {bare.committed:,.0f}/s", events.committed / bare.committed),
        Figure("bare subscriber: gmqtt as it comes", bare.committed, "/s", "", None,
               f"paho-mqtt {paho.committed:,.0f}/s", bare.committed / paho.committed),
        Figure("bare, by the hub's own reading of packets", reader.committed, "/s", "", None,
               f"mosquitto_sub {top:,.0f}/s", reader.committed / top if top else None),
        Figure("hub, messages of one reading, beside that", hub.committed, "/s", "", None,
               f"own reading {reader.committed:,.0f}/s", hub.committed / reader.committed),
        Figure("hub, readings committed and acknowledged (50 a message)", burst50.committed * 50, "/s"),
        Figure("hub, readings in the store, sustained", per_batch, "/s", "≥ 150,000/s", per_batch >= 150_000,
               f"bare subscriber {bare50.committed * 50:,.0f}/s", hub50.stored / bare50.committed),
        Figure("… the same beside one commit a message", per_batch, "/s", "", None,
               f"naive loop, no store {naive50.committed * 50:,.0f}/s", hub50.stored / naive50.committed),
        Figure("hub, processor a message of one reading", hub.cpu, "µs", "", None, f"bare {bare.cpu:.0f} µs"),
        Figure("hub, processor a message of 50 readings", hub50.cpu, "µs", "", None, f"bare {bare50.cpu:.0f} µs"),
        Figure("checking a message of 50 readings, nothing else running", check, "µs"),
        Figure("hub, resident memory late in the run", late, "MiB", "flat", late < 1.15 * early + 5,
               f"early {early:.0f} MiB, most {max(hub50.resident):.0f} MiB", late / early),
    ]  # fmt: skip


def _check_alone() -> float:
    """How fast this machine is just now, in µs: the same machine differs by 2 from one hour to the next."""
    messages = [Load(1_000, "reading", 50, 1_790_000_000_000).message(n)[1] for n in range(1_000)]
    started = time.thread_time()
    for payload in messages:
        ReadingMessage.model_validate_json(payload)
    return (time.thread_time() - started) / len(messages) * 1e6


def _ends(resident: list[float]) -> tuple[float, float]:
    """The means of the second and of the last quarter."""
    quarter = max(1, len(resident) // 4)
    early, late = resident[quarter : 2 * quarter], resident[-quarter:]
    return sum(early) / len(early), sum(late) / len(late)


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--batches", type=int, default=60_000, help="messages of 50 readings")
    parser.add_argument("--only", choices=KINDS, help="one receiver once, for a profiler")
    parser.add_argument("--kind", choices=("reading", "event"), default="reading")
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--pace", choices=("progress", "stored"), default="progress")
    parser.add_argument("--window", type=int, default=5_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keng-bench-") as name:
        folder = Path(name)
        if arguments.only:
            load = (arguments.messages, arguments.kind, arguments.rows, arguments.window)
            one = run(arguments.only, *load, folder / "one", arguments.pace)
            early, late = _ends(one.resident)
            print(json.dumps({"committed": one.committed, "stored": one.stored, "cpu": one.cpu, "rss": [early, late]}))
            return 0
        report.save("ingest", measure(arguments.messages, arguments.batches, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
