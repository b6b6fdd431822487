"""An alarm from the frame at the node's pty to a committed row and to a page, idle and while the ingest is saturated.

Real programs: a simulated board behind a pseudo-terminal, `keng-edge`, Mosquitto with TLS, `keng-hub`, and a WebSocket
client logged in as a page is. All clocks are the same one.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from benchmarks import report
from benchmarks.alarm_village import NODE, POINTS, Village, prepare, running
from benchmarks.load import Count
from benchmarks.processes import process, wait_ready
from benchmarks.report import Figure

from keng_demo.bridge_board import BridgeBoard
from keng_hub.database import Database
from keng_hub.tables import alarm, page_event

WINDOW = 5_000
"""Reading messages that always wait for the hub while it is saturated."""
ROWS = 50


@dataclass
class Seen:
    """What a run saw: the frames by detector, page events by number; times in ms of UTC, with fractions."""

    frames: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    pages: dict[int, float] = field(default_factory=dict[int, float])


@dataclass(frozen=True)
class Hops:
    """Milliseconds from the frame, sorted."""

    committed: list[float]
    shown: list[float]
    lost: int


def now() -> float:
    """UTC in ms."""
    return time.time_ns() / 1e6


async def raise_alarms(village: Village, board: BridgeBoard, count: int, every_s: float) -> Hops:
    """Raise `count` alarms one after the other, ending them when every detector had its turn."""
    seen = Seen()
    async with page(village, seen):
        began = now()
        for n in range(count):
            point = n % POINTS
            seen.frames.setdefault(f"khoi-{point}", []).append(now())
            board.do("alarm", f"p{point}")
            await asyncio.sleep(every_s)
            if point == POINTS - 1 or n == count - 1:
                await end_alarms(village, board)
    return hops(village, seen, began)


async def end_alarms(village: Village, board: BridgeBoard) -> None:
    """All detectors go back to normal, and a person resets the node."""
    for point in range(POINTS):
        board.do("normal", f"p{point}")
        await asyncio.sleep(0.01)
    while board.firmware.waiting:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    while await asyncio.to_thread(_active, village):
        await asyncio.to_thread(village.reset_all)
        await asyncio.sleep(1)


@asynccontextmanager
async def page(village: Village, seen: Seen) -> AsyncGenerator[None]:
    """A page that is open: it notes when each numbered event came first."""
    url = f"http://127.0.0.1:{village.web}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": url}) as client:
        form = {"username": "do", "password": village.password}
        async with client.post(f"{url}/login", data=form) as answer:
            answer.raise_for_status()
        ready = asyncio.Event()

        async def note() -> None:
            newest = ""
            while True:  # as a page does: after a loss it comes back and asks for what it missed
                async with client.ws_connect(f"{url}/live", params={"since": newest}) as socket:
                    async for message in socket:
                        n, name, _ = json.loads(message.data)
                        newest = str(n or newest)
                        ready.set()
                        if name in ("incident", "incidents"):
                            seen.pages.setdefault(n, now())

        noting = asyncio.create_task(note())
        await ready.wait()
        yield
        await asyncio.sleep(1)
        noting.cancel()


def hops(village: Village, seen: Seen, began: float) -> Hops:
    """Join what was seen with the hub's rows: the n-th alarm of a detector is its n-th frame."""
    database = Database(village.database)
    alarms, events = database.read_now(_rows, int(began) - 1_000)
    database.close()
    committed: list[float] = []
    shown: list[float] = []
    for name, frames in seen.frames.items():
        of_device = [row for row in alarms if row.device == name]
        for frame, row in zip(frames, of_device, strict=False):
            committed.append(row.committed_at - frame)
            mine = (event.n for event in events[row.incident] if event.at >= row.received_at)
            at = seen.pages.get(next(mine, 0))
            if at is not None:
                shown.append(at - frame)
    expected = sum(map(len, seen.frames.values()))
    return Hops(sorted(committed), sorted(shown), 2 * expected - len(committed) - len(shown))


def figures(name: str, hops: Hops, aim_ms: float) -> list[Figure]:
    """p50, p99 and the worst of both hops."""
    made: list[Figure] = []
    for what, values in (("committed", hops.committed), ("on a page", hops.shown)):
        p50, p99, worst = (values[min(len(values) - 1, int(len(values) * share))] for share in (0.5, 0.99, 1.0))
        beside = f"p50 {p50:.0f} ms, worst {worst:.0f} ms, {len(values)} alarms, {hops.lost} not found"
        made.append(Figure(f"frame → {what}, {name}, p99", p99, "ms", f"≤ {aim_ms:.0f} ms", p99 <= aim_ms, beside))
    return made


async def measure(count: int, every_s: float, folder: Path) -> list[Figure]:
    """Idle first, then with a queue of readings that never gets empty."""
    village = prepare(folder)
    async with BridgeBoard({f"p{n}": "smoke" for n in range(POINTS)}, link=folder / "board") as board:
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, running(village))
            async with asyncio.timeout(60):
                while await asyncio.to_thread(village.devices_heard) < POINTS:
                    await asyncio.sleep(0.2)
            made = figures("idle", await raise_alarms(village, board, count, every_s), 250)
            async with saturated(village, folder) as rate:
                found = await raise_alarms(village, board, count, every_s)
                rates = rate()
            made += figures("ingest saturated", found, 1_000)
            made.append(Figure("readings committed meanwhile", rates * ROWS, "/s"))
            return made


@asynccontextmanager
async def saturated(village: Village, folder: Path) -> AsyncGenerator[Any]:
    """Readings that are always WINDOW messages ahead of the hub; gives a function for their rate so far."""
    progress = Count(folder / "progress")
    before, began = village.committed(), time.monotonic()
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(village.plain), "--messages", "10000000"]
    command += ["--rows", str(ROWS), "--window", str(WINDOW), "--progress", str(folder / "progress")]
    with process(command) as load:
        wait_ready(load)
        assert load.stdin is not None
        load.stdin.write(b"go\n")
        load.stdin.flush()

        async def follow() -> None:
            while True:
                progress.set(await asyncio.to_thread(village.committed) - before)
                await asyncio.sleep(0.1)

        following = asyncio.create_task(follow())
        await asyncio.sleep(3)
        yield lambda: progress.get() / (time.monotonic() - began)
        following.cancel()


def _active(village: Village) -> int:
    database = Database(village.database)
    query = sa.select(sa.func.count()).where(alarm.c.node == NODE, alarm.c.condition != "reset")
    try:
        return database.read_now(lambda connection: connection.execute(query).scalar_one())
    finally:
        database.close()


def _rows(connection: sa.Connection, since: int) -> tuple[list[Any], dict[int, list[Any]]]:
    mine = sa.select(alarm).where(alarm.c.node == NODE, alarm.c.received_at >= since).order_by(alarm.c.received_at)
    events: dict[int, list[Any]] = {}
    for row in connection.execute(sa.select(page_event).where(page_event.c.at >= since).order_by(page_event.c.n)):
        if row.name in ("incident", "incidents") and "incident" in row.data:
            events.setdefault(row.data["incident"], []).append(row)
    return list(connection.execute(mine).all()), events


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=1_000)
    parser.add_argument("--every", type=float, default=0.06, help="seconds between two alarms")
    parser.add_argument("--folder", type=Path, help="keep everything here instead of a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keng-alarm-") as name:
        folder = arguments.folder or Path(name)
        folder.mkdir(exist_ok=True)
        report.save("alarm", asyncio.run(measure(arguments.alarms, arguments.every, folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
