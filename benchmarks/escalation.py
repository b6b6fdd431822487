"""2,000 incidents that wait for their next step at the same time: by how much each step is late, and what it costs.

The part of the hub that does the steps runs as it is, on a database of its own, with the real clock.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from benchmarks import report
from benchmarks.report import Figure
from sqlalchemy.engine import Connection

from keng_hub import migrations
from keng_hub.clock import now_ms
from keng_hub.database import Database
from keng_hub.incidents import stages
from keng_hub.incidents.escalation import Escalation
from keng_hub.incidents.findings import of_hub
from keng_hub.tables import incident, incident_entry, node, recipient
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category, Severity

WAITING = 2_000
OVER_S = 30
"""The steps are due evenly over so long: 67 a second, as when a storm woke the whole commune half a minute ago."""
BEFORE_S = 3
LOOK_S = 0.05
"""How often is looked which steps are committed: the error of each figure."""


def fill(connection: Connection, count: int) -> None:
    """Incidents of fires, each in a house of its own, and the two people who are told of them."""
    at = now_ms()
    connection.execute(sa.insert(node).values(id="tram-1", name="Trạm 1", added=at))
    for key, tier in (("truc-ban", 1), ("truong-thon", 2)):
        ladder = [{"channel": "webhook", "address": "https://noi-nhan.example/keng"}]
        values = {"id": key, "name": key, "tier": tier, "categories": [], "ladder": ladder}
        connection.execute(sa.insert(recipient).values(**values))
    for n in range(count):
        finding = of_hub(f"khoi-{n}", "smoke", Severity.CRITICAL, at, at, node="tram-1")
        stages.run(connection, replace(finding, category=Category.FIRE, zone=f"nha-{n}"), at)


def spread(connection: Connection, begin: int, over_ms: int) -> dict[int, int]:
    """Make the steps due one after the other from `begin` on; gives when, by incident."""
    keys = list(connection.execute(sa.select(incident.c.id).order_by(incident.c.id)).scalars())
    due = {key: begin + n * over_ms // len(keys) for n, key in enumerate(keys)}
    rows = [{"key": key, "at": at} for key, at in due.items()]
    change = sa.update(incident).where(incident.c.id == sa.bindparam("key")).values(escalate_at=sa.bindparam("at"))
    connection.execute(change, rows)
    return due


def done(connection: Connection) -> set[int]:
    """The incidents whose first step is committed."""
    query = sa.select(incident_entry.c.incident).where(incident_entry.c.kind == "escalate")
    return set(connection.execute(query).scalars())


async def main(count: int) -> None:
    """Measure and save."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER")) as folder:
        database = Database(f"sqlite:///{Path(folder) / 'keng.db'}")
        migrations.upgrade(database)
        await database.write(fill, count)
        due = await database.write(spread, now_ms() + BEFORE_S * 1000, OVER_S * 1000)
        used = time.process_time()
        part = asyncio.create_task(Escalation(database, Wakes()).run())
        steps: dict[int, int] = {}
        while len(steps) < count:
            await asyncio.sleep(LOOK_S)
            steps |= dict.fromkeys(await database.read(done) - steps.keys(), now_ms())
        used = time.process_time() - used
        part.cancel()
        await asyncio.gather(part, return_exceptions=True)
        database.close()
    late = sorted(steps[key] - at for key, at in due.items())
    early = sum(one < 0 for one in late)
    what = f"{count:,} waiting steps in {OVER_S} s"
    report.save(
        "escalation",
        [
            Figure(f"{what}: late by, p50", statistics.median(late), "ms"),
            Figure(f"{what}: late by, p99", late[int(len(late) * 0.99)], "ms"),
            Figure(f"{what}: late by, worst", late[-1], "ms"),
            Figure("steps done too early", early, "", "0", early == 0),
            Figure("processor for one step", 1000 * used / count, "ms"),
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=WAITING)
    asyncio.run(main(parser.parse_args().count))
