"""The duty desk with 500 open incidents and 50 screens: from the event to the row each of them has, and what it costs.

Real programs as in `benchmarks.alarm`. 49 screens do what the script of a page does, over a WebSocket each; one is a
Chromium, which says when the row stands in its document. Every clock is the same one.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import psutil
from benchmarks import report
from benchmarks.alarm import now
from benchmarks.alarm_village import NODE, POINTS, Village, prepare, running
from benchmarks.report import Figure
from playwright.async_api import Page, async_playwright
from sqlalchemy.engine import Connection

from keng_demo.bridge_board import BridgeBoard
from keng_hub.database import Database
from keng_hub.incidents import stages
from keng_hub.incidents.findings import of_hub
from keng_wire.alarm import Category, Severity

OPEN, SCREENS = 500, 50
EVERY_S = 2.0
WATCH = """() => { window.seen = {}; new MutationObserver(() => {
  for (const row of document.querySelectorAll('[id^=desk-]')) window.seen[row.id.slice(5)] ??= Date.now();
}).observe(document.body, { childList: true, subtree: true }); }"""


@dataclass
class Seen:
    """UTC ms: when the hub told of an incident first, and when each screen had its row."""

    told: dict[int, float] = field(default_factory=dict[int, float])
    shown: dict[int, list[float]] = field(default_factory=dict[int, list[float]])


def fill(connection: Connection, count: int) -> None:
    """Open incidents that nobody has acknowledged, each of a zone of its own."""
    at = int(now())
    for n in range(count):
        finding = of_hub(f"cua-{n}", "contact", Severity.MEDIUM, at, at, node=NODE)
        stages.run(connection, replace(finding, category=Category.SECURITY, zone=f"nha-{1000 + n}"), at)


@asynccontextmanager
async def logged_in(village: Village) -> AsyncGenerator[aiohttp.ClientSession]:
    """A session of the duty officer."""
    url = f"http://127.0.0.1:{village.web}"
    jar, limit = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, cookie_jar=jar, connector=limit, headers={"Origin": url}) as client:
        async with client.post("/login", data={"username": "do", "password": village.password}) as answer:
            answer.raise_for_status()
        yield client


async def screen(client: aiohttp.ClientSession, seen: Seen, ready: asyncio.Event) -> None:
    """What a page does: at each event it fetches the desk, once more when something came meanwhile."""
    stale, wanted = asyncio.Event(), set[int]()

    async def fetch() -> None:
        while True:
            await stale.wait()
            stale.clear()
            async with client.get("/desk", headers={"HX-Request": "true"}) as answer:
                text = await answer.text()
            for incident in [one for one in wanted if f'id="desk-{one}"' in text]:
                wanted.discard(incident)
                seen.shown.setdefault(incident, []).append(now())

    fetching = asyncio.create_task(fetch())
    try:
        async with client.ws_connect("/live") as socket:
            async for message in socket:
                _, name, data = json.loads(message.data)
                if name == "incidents":
                    seen.told.setdefault(data["incident"], now())
                    wanted.add(data["incident"])
                if name in ("incidents", "incident", "sync"):
                    stale.set()
                ready.set()
    finally:
        fetching.cancel()


@asynccontextmanager
async def chromium(village: Village) -> AsyncGenerator[Page]:
    """One real page, which notes when a row came."""
    url = f"http://127.0.0.1:{village.web}"
    async with async_playwright() as playwright:
        arguments = ["--disable-gpu", "--disable-dev-shm-usage"]
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", chromium_sandbox=False, args=arguments
        )
        page = await browser.new_page()
        await page.goto(url + "/login")
        await page.fill("input[name=username]", "do")
        await page.fill("input[name=password]", village.password)
        await page.click("main button.main")
        await page.goto(url + "/desk")
        await page.evaluate(WATCH)
        yield page
        await browser.close()


def hub_process() -> psutil.Process:
    """The hub among our children."""
    return next(one for one in psutil.Process().children() if "keng_hub" in one.cmdline() and "run" in one.cmdline())


async def main(alarms: int) -> None:
    """Measure and save."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER"))))
        village = prepare(folder)
        database = Database(village.database)
        database.write_now(fill, OPEN)
        database.close()
        board = await stack.enter_async_context(
            BridgeBoard({f"p{n}": "smoke" for n in range(POINTS)}, link=folder / "board")
        )
        stack.enter_context(running(village))
        client = await stack.enter_async_context(logged_in(village))
        page = await stack.enter_async_context(chromium(village))
        seen = Seen()
        readies = [asyncio.Event() for _ in range(SCREENS - 1)]
        screens = [asyncio.create_task(screen(client, seen, ready)) for ready in readies]
        await asyncio.gather(*(ready.wait() for ready in readies))
        await asyncio.sleep(5)
        idle = await _share(hub_process(), 10)
        busy = await _raise(board, alarms)
        in_document: dict[str, float] = await page.evaluate("window.seen")
        for one in screens:
            one.cancel()
        await asyncio.gather(*screens, return_exceptions=True)
    _save(seen, in_document, idle, busy)


async def _raise(board: BridgeBoard, alarms: int) -> float:
    hub = hub_process()
    used = sum(hub.cpu_times()[:2])
    for n in range(alarms):
        board.do("alarm", f"p{n}")
        await asyncio.sleep(EVERY_S)
    await asyncio.sleep(3)
    return (sum(hub.cpu_times()[:2]) - used) / alarms


async def _share(process: psutil.Process, seconds: float) -> float:
    used = sum(process.cpu_times()[:2])
    await asyncio.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - used) / seconds


def _save(seen: Seen, in_document: dict[str, float], idle: float, busy: float) -> None:
    waits = sorted(at - seen.told[incident] for incident, times in seen.shown.items() for at in times)
    real = sorted(in_document[str(one)] - at for one, at in seen.told.items() if str(one) in in_document)
    missing = len(seen.told) * (SCREENS - 1) - len(waits)
    what = f"{OPEN} open incidents, {SCREENS} screens"
    report.save(
        "desk",
        [
            Figure(f"{what}: event → row at a screen, p50", statistics.median(waits), "ms"),
            Figure(f"{what}: event → row at a screen, p99", waits[int(len(waits) * 0.99)], "ms"),
            Figure(f"{what}: event → row in Chromium, worst of {len(real)}", real[-1], "ms"),
            Figure("rows that a screen did not get", missing, "", "0", missing == 0),
            Figure(
                "the hub's processor while people are told of the 500, all screens open", 100 * idle, "% of one core"
            ),
            Figure("the hub's processor for one incident, all screens", 1000 * busy, "ms"),
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=30)
    asyncio.run(main(parser.parse_args().alarms))
