"""A notice to 5,000 households on two channels, providers as slow as real ones, and a fire raised in the middle of it.

Everything is real but the providers: database, ledger, worker, pipeline. A provider answers after 200 ms with a tail,
and 2 % of its answers are errors that pass.
"""

import argparse
import asyncio
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from benchmarks import report
from benchmarks.report import Figure
from sqlalchemy.engine import Connection

from keng_hub import migrations
from keng_hub.arrivals import Arrival
from keng_hub.channels.channel import ErrorClass, Outcome, Outgoing
from keng_hub.clock import now_ms
from keng_hub.database import Database
from keng_hub.deliveries import ledger
from keng_hub.deliveries.budgets import Limits
from keng_hub.deliveries.ledger import Letter, Person, Step, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.deliveries.worker import Deliveries
from keng_hub.incidents import pipeline
from keng_hub.tables import device, node, place, recipient
from keng_hub.wakes import Wakes
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.message import AlarmMessage, Sent

HOUSEHOLDS, LATENCY_S, TAIL, ERRORS = 5_000, 0.2, 0.35, 0.02
CHANNELS = ("zalo_bot", "sms")
FIRE_AIM_S = 1.0


class Provider:
    """A channel whose provider takes its time; notes when each message was tried first and claimed, and the fire."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.first: dict[str, tuple[float, int]] = {}
        self.fire: float | None = None

    async def send(self, message: Outgoing) -> Outcome:
        """Answer after a while, now and then with an error that passes."""
        now = time.monotonic()
        self.first.setdefault(message.key, (now, message.sent))
        if message.category == Category.FIRE.value and self.fire is None:
            self.fire = now
        await asyncio.sleep(LATENCY_S * self._random.lognormvariate(0, TAIL))
        if self._random.random() < ERRORS:
            return Outcome.refused(ErrorClass.TRANSIENT, "503")
        return Outcome.accepted()

    async def close(self) -> None:
        """Nothing to give back."""


async def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=HOUSEHOLDS)
    parser.add_argument("--slots", type=int, nargs="+", default=[12, 60])
    parser.add_argument("--dry", action="store_true", help="do not save")
    options = parser.parse_args()
    figures: list[Figure] = []
    for slots in options.slots:
        figures += await measure(options.households, slots)
    if options.dry:
        print(report.table(figures))
    else:
        report.save("notices", figures)


async def measure(households: int, slots: int) -> list[Figure]:
    """The figures of one run, with so many messages under way in each channel."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER")) as folder:
        database, wakes = Database(f"sqlite:///{Path(folder)}/keng.db"), Wakes()
        migrations.upgrade(database)
        database.write_now(_settle, households)
        providers = {name: Provider(n) for n, name in enumerate(CHANNELS)}
        worker = Deliveries(database, providers, wakes, limits={name: Limits(slots=slots) for name in CHANNELS})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        working = asyncio.create_task(worker.run())
        try:
            found = await _told(database, wakes, providers, households)
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            database.close()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return _figures(found, households, slots, grown)


async def _told(database: Database, wakes: Wakes, providers: dict[str, Provider], households: int) -> dict[str, float]:
    """Seconds until the notice was written, until 99 % of it was tried, and until the fire was."""
    begun, wanted = time.monotonic(), int(0.99 * households * len(CHANNELS))
    await database.write(_notice, households)
    wakes.after_commit()
    written = time.monotonic() - begun
    await _until(lambda: _tried(providers) >= wanted // 2)
    await database.write_urgently(pipeline.take_alarm, _fire(), now_ms())
    wakes.after_commit()
    raised, committed = time.monotonic(), now_ms()
    await _until(lambda: any(one.fire for one in providers.values()))
    fire = min(one.fire for one in providers.values() if one.fire)
    begun_between = [claimed for one in providers.values() for at, claimed in one.first.values() if raised < at < fire]
    between = sum(claimed > committed for claimed in begun_between)
    await _until(lambda: _tried(providers) >= wanted)
    return {"written": written, "fire": fire - raised, "between": between, "took": time.monotonic() - begun}


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def _tried(providers: dict[str, Provider]) -> int:
    return sum(len(one.first) for one in providers.values())


def _settle(connection: Connection, households: int) -> None:
    """A place, a node with a smoke head, the duty officer, and the households as recipients."""
    connection.execute(sa.insert(place).values(id="ngo-3", kind="alley", name="Ngõ 3", aliases=[]))
    connection.execute(sa.insert(node).values(id="ngo-3", name="Trạm ngõ 3", place="ngo-3", added=0))
    head = {"node": "ngo-3", "id": "khoi-1", "kind": "smoke_detector", "name": "Đầu báo", "place": "ngo-3"}
    connection.execute(sa.insert(device).values(**head, marks=list[str]()))
    ladder = [{"channel": name, "address": "truc"} for name in CHANNELS]
    duty = {"id": "truc-ban", "name": "Trực ban", "tier": 1, "ladder": ladder}
    rows = [duty] + [{"id": f"ho-{n}", "name": f"Nhà {n}", "tier": 0, "ladder": []} for n in range(households)]
    connection.execute(sa.insert(recipient), [row | {"categories": [], "active": True} for row in rows])


def _notice(connection: Connection, households: int) -> None:
    """One message for each household on each channel; by any hour, for a benchmark may run by night."""
    text = Text(
        "Ngày mai mất điện từ 7 giờ đến 11 giờ.", "Ngay mai mat dien tu 7 gio den 11 gio.", "No power tomorrow."
    )
    letter = Letter(None, "TB-0001", DeliveryKind.NOTICE, Category.INFO, False, text, any_hour=True)
    for channel in CHANNELS:
        people = [Person(f"ho-{n}", [Step(channel, str(n))]) for n in range(households)]
        ledger.enqueue(connection, letter, people, now_ms())


def _fire() -> Arrival:
    """A smoke head that alarmed just now, as it comes from its node."""
    at = now_ms()
    body = Alarm(
        occurrence=f"{at:016x}",
        phase=Phase.RAISED,
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        cause=Cause.SMOKE,
        evidence=Evidence.SINGLE_DETECTOR,
        device="khoi-1",
    )
    stamps = {"boot": "0badb007", "at": at, "clock": ClockQuality.SYNCED, "up": 5_000_000}
    sent = Sent(boot="0badb007", up=5_000_010, at=at + 10, clock=ClockQuality.SYNCED)
    envelope = {"node": "ngo-3", "stream": "00000001", "number": 1, "class": "alarm", "sent": sent, "body": body}
    return Arrival("ngo-3", AlarmMessage.model_validate(envelope | stamps), at, False, at + 20)


def _figures(found: dict[str, float], households: int, slots: int, grown: float) -> list[Figure]:
    what = f"{households:,} households × {len(CHANNELS)} channels, {slots} slots"
    return [
        Figure(f"{what}: written", found["written"], "s"),
        Figure(f"{what}: 99 % attempted", found["took"], "s"),
        Figure("fire in the middle: first attempt after", found["fire"], "s", "≤ 1 s", found["fire"] <= FIRE_AIM_S),
        Figure("bulk messages claimed after it and begun before it", found["between"], "", "0", found["between"] == 0),
        Figure("memory grown by", grown, "MiB"),
    ]


if __name__ == "__main__":
    asyncio.run(main())
