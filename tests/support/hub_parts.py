"""Doubles around the ingest: a pipeline that writes down its calls, a broker that keeps what is said."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.database import Database
from keng_hub.tables import device, journal, node, progress, quarantine
from keng_wire.alarm import Alarm
from keng_wire.message import AlarmMessage
from keng_wire.topics import MessageClass


class FakePipeline:
    """Remembers what it was given; `breaks` may raise inside a call, given the arrival."""

    def __init__(self) -> None:
        self.alarms: list[Arrival] = []
        self.events: list[Arrival] = []
        self.unreadable: list[tuple[Arrival, Exception]] = []
        self.silences: list[tuple[str, int]] = []
        self.returns: list[str] = []
        self.breaks: Callable[[str, Arrival], None] = lambda _call, _arrival: None

    def take_alarm(self, connection: Connection, arrival: Arrival, now: int) -> None:
        self.breaks("alarm", arrival)
        self.alarms.append(arrival)

    def take_event(self, connection: Connection, arrival: Arrival, now: int) -> None:
        self.breaks("event", arrival)
        self.events.append(arrival)

    def take_unreadable(self, connection: Connection, arrival: Arrival, error: Exception, now: int) -> None:
        self.breaks("unreadable", arrival)
        self.unreadable.append((arrival, error))

    def take_silence(self, connection: Connection, node: str, since: int, now: int) -> None:
        self.silences.append((node, since))

    def take_return(self, connection: Connection, node: str, now: int) -> None:
        self.returns.append(node)


class FakePublisher:
    """Remembers what was published; `up` is the connection."""

    def __init__(self) -> None:
        self.up = True
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.retained: list[str] = []

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        if self.up:
            self.sent.append((topic, json.loads(payload)))
            if retain:
                self.retained.append(topic)
        return self.up

    def last_ack(self, name: str) -> dict[str, Any]:
        """The newest acknowledgement to a node."""
        return [body for topic, body in self.sent if topic == f"keng/v1/{name}/down/ack"][-1]


def body(arrival: Arrival) -> Alarm:
    """What an alarm says."""
    assert isinstance(arrival.message, AlarmMessage)
    assert isinstance(arrival.message.body, Alarm)
    return arrival.message.body


def add_node(database: Database, name: str = "ngo-3", **values: Any) -> None:
    """Put a node into the register."""
    row: dict[str, Any] = {"id": name, "name": name, "added": 0} | values
    database.write_now(lambda connection: connection.execute(sa.insert(node).values(**row)))


def add_device(database: Database, name: str, node_id: str = "ngo-3", **values: Any) -> None:
    """Put a device into the register."""
    row: dict[str, Any] = {"node": node_id, "id": name, "kind": "smoke_detector", "name": name}
    row |= {"marks": []} | values
    database.write_now(lambda connection: connection.execute(sa.insert(device).values(**row)))


def rows(database: Database, table: sa.Table) -> list[Any]:
    """Everything in a table."""
    return database.read_now(lambda connection: list(connection.execute(sa.select(table)).all()))


def numbers(database: Database, cls: MessageClass) -> list[int]:
    """The numbers of a class in the journal, sorted."""
    return sorted(row.number for row in rows(database, journal) if row.message_class == cls)


def high(database: Database, cls: MessageClass) -> int:
    """How far a class is committed; the test has one stream."""
    return next((row.high for row in rows(database, progress) if row.message_class == cls), 0)


def reasons(database: Database) -> list[str]:
    """Why things are in quarantine."""
    return [row.reason for row in rows(database, quarantine)]
