"""The embedded time-series store at 5 million readings, beside bare SQLite loops of this run.

5,000 meters are read every 30 minutes and arrive shuffled. Everything goes through the calls the hub uses:
`await store.write(points)` as the forwarder does it, and the questions of the pages. Making the points is not counted.
"""

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from benchmarks import report
from benchmarks.report import Figure

from keng_hub.store import Point, Series
from keng_hub.store.sqlite import SqliteStore

START = 1_788_195_600_000  # 2026-09-01 00:00 in Vietnam
HALF_HOUR, HOUR, DAY = 1_800_000, 3_600_000, 86_400_000
METERS = [Series(f"ngo-{n // 50}", f"cong-to-{n % 50}", "energy_import") for n in range(5_000)]
MONTH = 30 * 48 * len(METERS)
BATCH = 1_000

TABLES = {
    "hour": "CREATE TABLE raw (hour, series, ms, value, quality, PRIMARY KEY (hour, series, ms)) WITHOUT ROWID",
    "series": "CREATE TABLE raw (unused, series, ts, value, quality, PRIMARY KEY (series, ts)) WITHOUT ROWID",
}


def readings() -> Iterator[Point]:
    """Registers that grow, tick by tick, shuffled within the tick and up to a minute late."""
    dice = random.Random(3)
    order = list(range(len(METERS)))
    registers = [dice.randrange(10**7) for _ in METERS]
    ts = START
    while True:
        dice.shuffle(order)
        for n in order:
            registers[n] += dice.randrange(900)  # Wh, whole as most meters say them
            yield Point(*METERS[n], ts + dice.randrange(60_000), registers[n])
        ts += HALF_HOUR


class Load(NamedTuple):
    """What writing cost."""

    rate: float
    """Readings a second."""
    cpu: float
    """Microseconds of processor a reading; the figure to trust on a machine that does other things as well."""
    p10: float
    """Milliseconds of a batch that nothing came between: one batch in ten is faster."""
    p99: float


def cost(batches: Sequence[tuple[float, float]], batch: int) -> Load:
    """Add up seconds by the clock and of the processor of each batch."""
    seconds, cpu = sum(s for s, _ in batches), sum(c for _, c in batches)
    count = batch * len(batches)
    quantiles = statistics.quantiles((s * 1000 for s, _ in batches), n=100)
    return Load(count / seconds, cpu / count * 1e6, quantiles[9], quantiles[98])


class Bare:
    """sqlite3 alone: rows ready, one executemany and one commit a batch, its key beginning with `first`."""

    def __init__(self, folder: Path, first: str) -> None:
        self.first = first
        self.batches: list[tuple[float, float]] = []
        self._ids = {series: n for n, series in enumerate(METERS)}
        self._connection = sqlite3.connect(folder / f"bare-{first}.db", isolation_level=None)
        for pragma in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-32000"):
            self._connection.execute(pragma)
        self._connection.execute(TABLES[first])

    def write(self, points: Sequence[Point]) -> None:
        """One batch; making the rows is not counted."""
        if self.first == "hour":
            rows = [(p.ts // HOUR, self._ids[p.series], p.ts % HOUR, p.value, p.quality) for p in points]
        else:
            rows = [(0, self._ids[p.series], p.ts, p.value, p.quality) for p in points]
        began, cpu = time.perf_counter(), time.process_time()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR REPLACE INTO raw VALUES (?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")
        self.batches.append((time.perf_counter() - began, time.process_time() - cpu))


Batches = list[tuple[float, float]]


async def load(
    store: SqliteStore, source: Iterator[Point], count: int, batch: int, beside: Sequence[Bare] = ()
) -> Batches:
    """Write `count` readings, each batch after that `beside`: whatever else the machine does, all feel it alike."""
    batches: Batches = []
    for _ in range(count // batch):
        points = list(islice(source, batch))
        began, cpu = time.perf_counter(), time.process_time()
        await store.write(points)
        batches.append((time.perf_counter() - began, time.process_time() - cpu))
        for bare in beside:
            bare.write(points)
    return batches


async def timed(times: int, ask: Callable[[int], Awaitable[object]]) -> list[float]:
    """Milliseconds of each of `times` calls, the first one left out."""
    spent: list[float] = []
    for n in range(times + 1):
        began = time.perf_counter()
        await ask(n)
        spent.append((time.perf_counter() - began) * 1000)
    return spent[1:]


async def reads(store: SqliteStore) -> dict[str, float]:
    """Medians in ms of what the pages ask while nobody writes."""

    async def month(n: int) -> None:
        found = await store.range(METERS[n * 97 % len(METERS)], START, START + 30 * DAY)
        assert len(found) == 1440, len(found)

    return {
        "latest": statistics.median(await timed(20, lambda n: store.latest())),
        "month": statistics.median(await timed(40, month)),
    }


async def reads_while_writing(store: SqliteStore, source: Iterator[Point], count: int) -> tuple[float, float, float]:
    """Readings a second while a reader asks without a pause (latest, then a month); the month's p50 and p99, ms."""
    asked: list[float] = []

    async def ask() -> None:
        for n in range(1_000_000):
            await store.latest()
            began = time.perf_counter()
            await store.range(METERS[n * 97 % len(METERS)], START, START + 30 * DAY)
            asked.append((time.perf_counter() - began) * 1000)

    reader = asyncio.create_task(ask())
    written = cost(await load(store, source, count, BATCH), BATCH)
    reader.cancel()
    quantiles = statistics.quantiles(asked, n=100)
    return written.rate, quantiles[49], quantiles[98]


YEAR = (
    """INSERT OR IGNORE INTO day (day, series, count, minimum, maximum, total, first, last)
    SELECT day - ?1, series, count, minimum, maximum, total, first, last FROM day WHERE day >= ?2""",
    """INSERT OR IGNORE INTO day_total (day, quantity, node, series, count, minimum, maximum, total, first, last)
    SELECT day - ?1, quantity, node, series, count, minimum, maximum, total, first, last FROM day_total
    WHERE day >= ?2""",
)


def fill_year(file: Path) -> None:
    """Copy the month's summed up days twelve times back, as if the village had run for a year."""
    connection = sqlite3.connect(file)
    for copy in YEAR:
        for month in range(1, 13):
            connection.execute(copy, (30 * month, (START + 7 * HOUR) // DAY))
    connection.commit()
    connection.close()


def written() -> int:
    """Bytes this process has sent to the disk."""
    text = Path("/proc/self/io").read_text(encoding="ascii")
    return int(text.split("write_bytes: ")[1].split()[0])


async def run(folder: Path, count: int, peers: int) -> list[Figure]:
    """All of it."""
    file = folder / "readings.db"
    bare = [Bare(folder, first) for first in TABLES]
    source = readings()
    async with SqliteStore(file) as store:
        batches = await load(store, source, peers, BATCH, bare)
        together, same, obvious = cost(batches, BATCH), cost(bare[0].batches, BATCH), cost(bare[1].batches, BATCH)
        before = written()
        batches += await load(store, source, count - peers, BATCH)
        per_reading = (written() - before) / (count - peers)
        small = cost(batches, BATCH)
    size = file.stat().st_size / count  # closed, so all of it is in this file
    async with SqliteStore(file) as store:
        rest = (MONTH - count) // 2
        large = cost(await load(store, source, rest, 10_000), 10_000)
        while_read, p50, p99 = await reads_while_writing(store, source, rest)
        asked = await reads(store)
        days: list[float] = []
        while True:
            began = time.perf_counter()
            if not await store.roll_up(START + 30 * DAY):
                break
            days.append((time.perf_counter() - began) * 1000)
    fill_year(file)
    began = time.perf_counter()
    async with SqliteStore(file) as store:
        opened = (time.perf_counter() - began) * 1000
        end = START + 30 * DAY
        year = statistics.median(await timed(10, lambda n: store.totals(end - 365 * DAY, end)))
        one = METERS[4_711]
        meter_year = statistics.median(
            await timed(10, lambda n: store.buckets("day", end - 365 * DAY, end, one.node, one.device, one.quantity))
        )
        assert len(await store.totals(end - 365 * DAY, end)) == 365
    return [
        Figure("inserts, batches of 1,000", small.rate, "/s", "≥ 250,000/s", small.rate >= 250_000),
        Figure("processor for it", small.cpu, "µs a reading", "", None, "bare loop, same key", together.cpu / same.cpu),
        Figure("bare loop, same key", same.rate, "/s", "", None, "key (series, time)", same.rate / obvious.rate),
        Figure("batch of 1,000, p10", small.p10, "ms"),
        Figure("batch of 1,000, p99", small.p99, "ms"),
        Figure("inserts, batches of 10,000", large.rate, "/s", "", None, "1,000", large.rate / small.rate),
        Figure("processor for it", large.cpu, "µs a reading", "", None, "1,000", large.cpu / small.cpu),
        Figure("bytes a reading in the file", size, "B", "≤ 25 B", size <= 25),
        Figure("bytes written a reading, batches of 1,000", per_reading, "B", "≤ 307 B", per_reading <= 307),
        Figure("latest value of 5,000 meters", asked["latest"], "ms", "≤ 15 ms", asked["latest"] <= 15),
        Figure("one meter's month, 1,440 readings", asked["month"], "ms", "≤ 5 ms", asked["month"] <= 5),
        Figure("the village's days of a year", year, "ms", "≤ 300 ms", year <= 300),
        Figure("one meter's days of a year", meter_year, "ms"),
        Figure(
            "inserts while a reader asks without pause", while_read, "/s", "", None, "alone", while_read / small.rate
        ),
        Figure("that reader's month, p50", p50, "ms"),
        Figure("that reader's month, p99", p99, "ms"),
        Figure("summing up one day, 240,000 readings", statistics.median(days), "ms"),
        Figure("opening the file", opened, "ms"),
    ]


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=5_000_000, help="below 7.2 million, the month of the meters")
    parser.add_argument("--peers", type=int, default=500_000, help="readings that the bare loops write as well")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure, instead of the temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        report.save("store", asyncio.run(run(Path(folder), arguments.readings, arguments.peers)))


if __name__ == "__main__":
    main()
