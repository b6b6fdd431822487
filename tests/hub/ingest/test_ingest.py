"""The ingest at work: acknowledgement after the commit, a database that is away, a message that breaks all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from keng_hub.arrivals import Arrival
from keng_hub.database import Database
from keng_hub.downlink import Downlink
from keng_hub.ingest import Ingest
from keng_hub.intake import Intake
from keng_hub.lane import Lanes
from keng_hub.metrics import Metrics
from keng_hub.parcel import Parcel
from keng_hub.passing import is_passing
from keng_hub.presence import Presence
from keng_hub.tables import alarm, incident, journal, node, quarantine
from keng_hub.taken import Taken
from keng_hub.wakes import Wakes
from keng_wire.topics import MessageClass, Up
from support.hub_parts import FakePipeline, FakePublisher, add_node, numbers, rows
from support.processes import until
from support.wire_node import AT, WireNode

ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


class Hub:
    """An ingest with doubles on both sides and a real database."""

    def __init__(self, database: Database) -> None:
        add_node(database)
        self.database, self.pipeline, self.broker = database, FakePipeline(), FakePublisher()
        self.wakes, self.metrics, self.node = Wakes(), Metrics(), WireNode()
        self.downlink = Downlink(database, self.broker, self.wakes)
        self.presence = Presence(database, self.pipeline, self.wakes)
        self.lanes = Lanes(linger_s=0.01)
        self.ingest = Ingest(
            database,
            self.downlink,
            self.wakes,
            self.pipeline,
            lanes=self.lanes,
            presence=self.presence,
            metrics=self.metrics,
            sleep=self._short,
        )

    async def _short(self, seconds: float) -> None:
        await asyncio.sleep(0.002 if seconds < 10 else seconds)

    def offer(self, leaf: Up | MessageClass, *payloads: bytes) -> None:
        for payload in payloads:
            self.ingest.offer(self.node.topic(leaf), payload, AT + 50)

    async def acknowledged(self, **numbers: int | str) -> None:
        """Wait for an acknowledgement with these numbers."""
        await until(lambda: self._has(numbers), f"an acknowledgement of {numbers}")

    def _has(self, numbers: dict[str, int | str]) -> bool:
        return bool(self.broker.sent) and numbers.items() <= self.broker.last_ack("ngo-3").items()

    def metric(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Hub]:
    hub = Hub(database)
    tasks = [asyncio.create_task(hub.ingest.run()), asyncio.create_task(hub.downlink.run())]
    yield hub
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_acknowledged_is_in_the_journal(hub: Hub) -> None:
    hub.offer(ALARM, hub.node.alarm())
    hub.offer(EVENT, hub.node.event(), hub.node.event())
    hub.offer(READING, *(hub.node.reading() for _ in range(5)))
    await hub.acknowledged(stream=hub.node.stream, alarm=1, event=2, reading=5)
    assert [len(numbers(hub.database, cls)) for cls in MessageClass] == [1, 2, 5]
    assert hub.metric("keng_messages_total", message_class="reading") == 5


async def test_an_alarm_wakes_the_others_after_its_commit(hub: Hub) -> None:
    hub.offer(ALARM, hub.node.alarm())
    await asyncio.wait_for(hub.wakes.page.wait(), 5)
    assert numbers(hub.database, ALARM) == [1]


async def test_the_time_of_commit_is_noted_on_the_alarm(hub: Hub) -> None:
    def seed(connection: Connection) -> None:
        case: dict[str, Any] = {"id": 1, "code": "SC-1", "category": "fire", "severity": "critical", "cause": "smoke"}
        case |= {"state": "new", "verdict": "unverified", "condition": "active", "place_words": "Ngõ 3"}
        case |= {"happened": AT, "opened": AT, "changed": AT}
        connection.execute(incident.insert().values(case))
        one: dict[str, Any] = {"node": "ngo-3", "occurrence": "a" * 16, "incident": 1, "device": "khoi-1"}
        one |= {"category": "fire", "severity": "critical", "cause": "smoke", "evidence": "person", "phase": "raised"}
        connection.execute(alarm.insert().values(one | {"condition": "active", "frame_at": AT, "received_at": AT}))

    hub.database.write_now(seed)
    hub.offer(ALARM, hub.node.alarm("a" * 16))
    await until(lambda: rows(hub.database, alarm)[0].committed_at is not None, "the time of commit")


async def test_a_sign_of_life_reaches_the_presence(hub: Hub) -> None:
    hub.offer(Up.STATUS, hub.node.status())
    await until(lambda: bool(rows(hub.database, node)[0].online), "the node is there")
    assert hub.pipeline.returns == ["ngo-3"]


def _broken(times: int, error: Callable[[], Exception]) -> Callable[[str, Arrival], None]:
    left = times

    def breaks(_call: str, _arrival: Arrival) -> None:
        nonlocal left
        if left:
            left -= 1
            raise error()

    return breaks


@pytest.mark.expects_log("the database takes nothing from the lane of")
async def test_while_the_database_is_away_everything_waits_and_then_goes_on(hub: Hub) -> None:
    hub.pipeline.breaks = _broken(6, lambda: OperationalError("INSERT", {}, Exception("disk full")))
    hub.offer(ALARM, hub.node.alarm())
    hub.offer(EVENT, hub.node.event(), hub.node.event())
    await hub.acknowledged(alarm=1, event=2)
    assert len(rows(hub.database, journal)) == 3
    assert (await hub.ingest.health()).ok


@pytest.mark.expects_log("the database takes nothing from the lane of alarms")
async def test_health_says_that_the_database_takes_nothing_and_nothing_is_acknowledged(hub: Hub) -> None:
    hub.pipeline.breaks = _broken(10**9, lambda: OperationalError("INSERT", {}, Exception("disk full")))
    hub.offer(ALARM, hub.node.alarm())
    await until(lambda: hub.metric("keng_commit_failures_total", lane="alarms") > 0, "the first failure")
    assert "takes nothing" in (await hub.ingest.health()).detail
    assert hub.broker.sent == []


@pytest.mark.expects_log("cannot be taken")
async def test_an_event_that_breaks_its_transaction_is_found_and_set_aside(hub: Hub) -> None:
    def breaks(_call: str, arrival: Arrival) -> None:
        if arrival.message.number == 7:
            raise ZeroDivisionError("a fault of ours")

    hub.pipeline.breaks = breaks
    hub.offer(EVENT, *(hub.node.event() for _ in range(20)))
    await hub.acknowledged(event=20)
    assert numbers(hub.database, EVENT) == [n for n in range(1, 21) if n != 7]
    (row,) = rows(hub.database, quarantine)
    assert "a fault of ours" in row.reason


@pytest.mark.expects_log("cannot be taken")
async def test_an_alarm_that_breaks_its_transaction_still_alarms(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(self: Intake, connection: Connection, parcels: list[Parcel], now: int) -> Taken:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(Intake, "take", odd)
    hub.offer(ALARM, hub.node.alarm())
    await hub.acknowledged(alarm=1)
    assert len(hub.pipeline.unreadable) == 1


@pytest.mark.expects_log("broke the pipeline|cannot be taken|nor can it be set aside")
async def test_an_alarm_that_nothing_can_take_is_not_acknowledged_and_the_next_one_goes_on(hub: Hub) -> None:
    def breaks(_call: str, arrival: Arrival) -> None:
        if arrival.message.number == 1:
            raise RuntimeError("broken through and through")

    hub.pipeline.breaks = breaks
    hub.offer(ALARM, hub.node.alarm(), hub.node.alarm("b" * 16))
    await hub.acknowledged(alarm=0)
    await until(lambda: numbers(hub.database, ALARM) == [2], "the second alarm is committed")
    hub.pipeline.breaks = lambda _call, _arrival: None
    hub.offer(ALARM, hub.node.alarm(number=1))
    await hub.acknowledged(alarm=2)


async def test_an_alarm_overtakes_twenty_thousand_readings_that_wait(hub: Hub) -> None:
    reading = hub.node.reading()
    for n in range(1, 20_001):
        hub.offer(READING, reading.replace(b'"number":1,', b'"number":%d,' % n))
    assert not hub.lanes.rest.room.is_set()
    hub.offer(ALARM, hub.node.alarm())
    await hub.acknowledged(alarm=1)
    assert len(hub.lanes.rest) > 15_000


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (OperationalError("x", {}, Exception("database or disk is full")), True),
        (DBAPIError("x", {}, Exception({"C": "57P01", "M": "terminating connection"})), True),
        (DBAPIError("x", {}, Exception({"C": "40P01", "M": "deadlock detected"})), True),
        (DBAPIError("x", {}, Exception({"C": "23505", "M": "duplicate key"})), False),
        (DBAPIError("x", {}, Exception("no fields")), False),
        (OSError("network unreachable"), True),
        (ValueError("ours"), False),
    ],
)
def test_only_errors_of_the_database_itself_are_waited_out(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing
