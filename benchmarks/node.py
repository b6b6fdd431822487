"""The node: from a frame on its pseudo-terminal to a sounder, what its outbox takes, and what that costs the card."""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Figure, save

from keng_demo.bridge_board import BridgeBoard
from keng_edge.clock import SystemClock
from keng_edge.devices import Measured
from keng_edge.heartbeat import written_bytes
from keng_edge.outbox import Limits, Outbox
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.event import FaultCode, NodeFault
from keng_wire.topics import MessageClass

ALARMS = 1000
APPENDS = 1000
BATCHES = 200
METERS, POLLS_A_DAY = 60, 48
QUANTITIES = (
    "energy_import",
    "energy_export",
    "reactive_import",
    "power",
    "voltage_l1",
    "current_l1",
    "power_factor",
    "frequency",
)
EVENTS_A_DAY = 500
"""The stated load of a village node: 60 meters with 8 quantities each half hour, one event every three minutes."""

CONFIG = """
[node]
id = "ngo-1"
name = "Trạm đo"
data = "{folder}/data"
[uplink]
host = "127.0.0.1"
port = 1
[log]
level = "error"
"""
BOARD = """
[[devices]]
type = "bridge_board"
id = "bo-1"
name = "Bo 1"
port = "{board}"
"""
POINT = '[devices.points.k{n}]\nid = "khoi-{n}"\nname = "Khói {n}"\nkind = "smoke_detector"\nzone = "nha-{n}"\n'
ZONE = '[[zones]]\nid = "nha-{n}"\nname = "Nhà {n}"\nhouse = ["coi-{n}"]\ncancel_window_s = 60\n'
OUTPUT = '[[outputs]]\ntype = "log"\nid = "coi-{n}"\nfile = "{folder}/sounder.jsonl"\n'
POINTS = 100


def main() -> None:
    """Measure everything and save it."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER")) as folder:
        figures = asyncio.run(ring(Path(folder) / "ring"))
        figures += asyncio.run(append(Path(folder) / "outbox"))
    save("node", figures)


async def ring(folder: Path) -> list[Figure]:
    """Frames of 100 detectors in 100 houses, one after the other; each round the node is started on an empty card."""
    times: list[float] = []
    for number in range(ALARMS // POINTS):
        (folder / str(number)).mkdir(parents=True)
        times += await _ring_round(folder / str(number))
    times.sort()
    p50, p99, most = statistics.median(times), times[int(len(times) * 0.99)], times[-1]
    what = f"frame at the pty → sounder switched, no broker, {len(times)} alarms"
    return [
        Figure(f"{what}: p50", p50, "ms"),
        Figure(f"{what}: p99", p99, "ms", "≤ 50 ms", p99 <= 50),
        Figure(f"{what}: worst", most, "ms", "≤ 3,000 ms (promise 1)", most <= 3000),
    ]


async def _ring_round(folder: Path) -> list[float]:
    points = {f"k{n}": "smoke" for n in range(POINTS)}
    async with BridgeBoard(points, own_sounder=False) as board:
        text = CONFIG.format(folder=folder)
        text += "".join(ZONE.format(n=n) for n in range(POINTS))
        text += "".join(OUTPUT.format(n=n, folder=folder) for n in range(POINTS))
        text += BOARD.format(board=board.path)
        text += "".join(POINT.format(n=n) for n in range(POINTS))
        (folder / "edge.toml").write_text(text)
        command = [sys.executable, "-m", "keng_edge", "run", "--config", str(folder / "edge.toml")]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        try:
            link = folder / "data/bo-1/link.json"  # written soon after the first snapshot
            while not link.exists():
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)
            begun: dict[str, float] = {}
            for n in range(POINTS):
                begun[f"coi-{n}"] = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
                board.do("alarm", f"k{n}")
                await asyncio.sleep(0.04)
            await asyncio.sleep(0.3)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
    rang: dict[str, float] = {}
    for line in map(json.loads, (folder / "sounder.jsonl").read_text().splitlines()):
        if line["on"]:
            rang.setdefault(line["output"], line["up"])
    missing = sorted(set(begun) - set(rang))
    if missing:
        raise RuntimeError(f"these never rang: {missing}")
    return [max(0.0, rang[output] - start) for output, start in begun.items()]


async def append(folder: Path) -> list[Figure]:
    """Each class appended as the node does it, beside a bare write + fsync of as many bytes."""
    clock = SystemClock()
    figures: list[Figure] = []
    async with Outbox(folder, "ngo-1", clock, Limits(reserve_bytes=0)) as outbox:
        alarm = Alarm(
            occurrence="0" * 16,
            phase=Phase.RAISED,
            category=Category.FIRE,
            severity=Severity.CRITICAL,
            cause=Cause.SMOKE,
            evidence=Evidence.SINGLE_DETECTOR,
            device="khoi-1",
        )
        event = NodeFault(code=FaultCode.DISK, active=True)
        bare = bare_rate(folder, 400)
        for cls, body in ((MessageClass.ALARM, alarm), (MessageClass.EVENT, event)):
            before, begun = written_bytes() or 0, time.perf_counter()
            for _ in range(APPENDS):
                await outbox.append(cls, body)
            rate = APPENDS / (time.perf_counter() - begun)
            cost = ((written_bytes() or 0) - before) / APPENDS
            figures.append(
                Figure(
                    f"outbox, {cls} appended and on disk",
                    rate,
                    "/s",
                    beside=f"bare fsync {bare:,.0f}/s",
                    ratio=rate / bare,
                )
            )
            figures.append(Figure(f"outbox, bytes to the card per {cls}", cost, "B"))
        event_cost = figures[-1].value
        reading_cost, rate = await _readings(outbox, clock)
        figures.append(Figure("outbox, readings staged and on disk", rate, "/s"))
        figures.append(Figure("outbox, bytes to the card per reading (batches of 500)", reading_cost, "B"))
        small = await _small_batches(outbox, clock)
        figures.append(
            Figure(f"outbox, bytes to the card per reading (one poll of {METERS} meters a batch)", small, "B")
        )
    readings = METERS * len(QUANTITIES) * POLLS_A_DAY
    daily = readings * small + EVENTS_A_DAY * event_cost
    load = f"{readings:,} readings and {EVENTS_A_DAY} events a day"
    figures.append(Figure(f"card, a day of a village node ({load})", daily / 1e6, "MB"))
    return figures


async def _readings(outbox: Outbox, clock: SystemClock) -> tuple[float, float]:
    before, begun = written_bytes() or 0, time.perf_counter()
    for batch in range(BATCHES):
        up = clock.up_ms()
        await outbox.stage([Measured(f"ct-{n % 60}", "energy_import", 1e6 + batch * 500 + n, up) for n in range(500)])
    seconds = time.perf_counter() - begun
    count = BATCHES * 500
    return ((written_bytes() or 0) - before) / count, count / seconds


async def _small_batches(outbox: Outbox, clock: SystemClock) -> float:
    """One poll of all meters, each time acknowledged before the next as on a good day."""
    before = written_bytes() or 0
    for poll in range(POLLS_A_DAY):
        up = clock.up_ms()
        rows = [
            Measured(f"ct-{m}", quantity, 1000.0 * m + poll + n / 7, up)
            for m in range(METERS)
            for n, quantity in enumerate(QUANTITIES)
        ]
        await outbox.stage(rows)
        await outbox.flush()
        await outbox.acknowledge(MessageClass.READING, outbox.backlog(MessageClass.READING).highest)
    return ((written_bytes() or 0) - before) / (POLLS_A_DAY * METERS * len(QUANTITIES))


def bare_rate(folder: Path, size: int) -> float:
    """Appends of `size` bytes with fsync a second, the ceiling of this disk."""
    with (folder / "bare").open("ab", buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(APPENDS):
            file.write(bytes(size))
            os.fsync(file.fileno())
        return APPENDS / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
