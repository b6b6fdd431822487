"""A small made-up village as rows, and arrivals of its node, for tests of incidents and messages."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.arrivals import Arrival
from keng_hub.database import Database
from keng_hub.incidents import pipeline
from keng_hub.incidents.outcome import CauseCode, FalseAlarmCause, Outcome
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.event import Event
from keng_wire.message import AlarmMessage, EventMessage, Sent

START = 1_795_000_000_000
"""18 November 2026, 18:06 at the commune, UTC ms."""

DUTY = 1
HEAD = 2

EXPLAINED = Outcome(cause=CauseCode.OTHER, false_alarm_cause=FalseAlarmCause.OTHER)
"""What closing asks for, whatever it turned out to be."""


def settle_village(connection: Connection) -> None:
    """Places, one node with devices, two accounts, a duty officer told at once and a head told second."""
    places = [
        ("xa-mau", "commune", None, "Xã Mẫu"),
        ("thon-mau", "village", "xa-mau", "Thôn Mẫu"),
        ("ngo-3", "alley", "thon-mau", "Ngõ 3"),
        ("so-5", "premises", "ngo-3", "Số 5"),
        ("so-7", "premises", "ngo-3", "Số 7"),
        ("thon-khac", "village", "xa-mau", "Thôn Khác"),
    ]
    for key, kind, parent, name in places:
        connection.execute(sa.insert(tables.place).values(id=key, kind=kind, parent=parent, name=name, aliases=[]))
    node = {"id": "ngo-3", "name": "Trạm Ngõ 3", "place": "ngo-3", "added": START}
    connection.execute(sa.insert(tables.node).values(**node))
    for key, kind, home, simulated in [
        ("khoi-5a", "smoke_detector", "so-5", False),
        ("khoi-5b", "smoke_detector", "so-5", False),
        ("nut-5", "manual_call_point", "so-5", False),
        ("khoi-7", "smoke_detector", "so-7", False),
        ("khoi-gia", "smoke_detector", "so-5", True),
    ]:
        connection.execute(
            sa.insert(tables.device).values(
                node="ngo-3", id=key, kind=kind, name="Đầu báo nhà ông Nguyễn Văn Mẫu", place=home, simulated=simulated,
                marks=[],
            )
        )  # fmt: skip
    for account, username in ((DUTY, "truc"), (HEAD, "truong-thon")):
        connection.execute(
            sa.insert(tables.account).values(
                id=account, username=username, full_name="Nguyễn Văn Mẫu", role="duty", password="-", created=START
            )
        )
    add_recipient(connection, "truc-ban", [{"channel": "webhook", "address": "https://truc.example/keng"}])
    add_recipient(connection, "truong-thon", [{"channel": "email", "address": "truong@thon.example"}], tier=2)


def add_recipient(connection: Connection, key: str, ladder: list[dict[str, Any]], **more: Any) -> None:
    """Another person to tell."""
    values: dict[str, Any] = {"id": key, "name": key, "tier": 1, "categories": [], "place": None, "active": True}
    connection.execute(sa.insert(tables.recipient).values(**values | more, ladder=ladder))


def _execute(connection: Connection, statement: sa.Executable) -> None:
    connection.execute(statement)


@dataclass
class Village:
    """The village in a database, with a clock that stands still until it is moved."""

    database: Database
    now: int = START
    _number: int = field(default=0)

    def __post_init__(self) -> None:
        self.database.write_now(settle_village)

    def do(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """Run `function(connection, ...)` in a transaction."""
        return self.database.write_now(function, *arguments, **named)

    def execute(self, statement: sa.Executable) -> None:
        """Change rows behind everybody's back."""
        self.do(_execute, statement)

    def act(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """Run an act of `incidents.actions`, whose last argument is the time."""
        return self.do(function, *arguments, self.now, **named)

    def clock(self) -> int:
        """The standing clock."""
        return self.now

    def wait(self, seconds: float) -> int:
        """Move the clock on; gives the new time."""
        self.now += int(seconds * 1000)
        return self.now

    def alarm(self, occurrence: str = "a", phase: Phase = Phase.RAISED, **body: Any) -> int:
        """An alarm reaches the hub now and goes through the stages; gives the incident's id."""
        incident_id: int = self.do(pipeline.take_alarm, self.arrival(occurrence, phase, **body), self.now)
        return incident_id

    def arrival(
        self,
        occurrence: str = "a",
        phase: Phase = Phase.RAISED,
        *,
        happened: int | None = None,
        number: int | None = None,
        clock: ClockQuality = ClockQuality.SYNCED,
        repaired: bool = False,
        rescued: bool = False,
        **body: Any,
    ) -> Arrival:
        """An alarm that happened 100 ms ago, of a smoke head in number 5 unless `body` says otherwise."""
        known: dict[str, Any] = {
            "category": Category.FIRE,
            "severity": Severity.CRITICAL,
            "cause": Cause.SMOKE,
            "evidence": Evidence.SINGLE_DETECTOR,
            "device": "khoi-5a",
        }
        at = self.now - 100 if happened is None else happened
        message = AlarmMessage.model_validate(
            self._envelope(at, clock, number)
            | {"body": Alarm(occurrence=occurrence.encode().hex().rjust(16, "0"), phase=phase, **known | body)}
        )
        return Arrival("ngo-3", message, at, repaired, self.now, rescued)

    def event(self, body: Event, happened: int | None = None) -> None:
        """An event reaches the hub now."""
        self.do(pipeline.take_event, self.event_arrival(body, happened), self.now)

    def event_arrival(self, body: Event, happened: int | None = None) -> Arrival:
        """An event as it arrives."""
        at = self.now - 100 if happened is None else happened
        message = EventMessage.model_validate(self._envelope(at, ClockQuality.SYNCED, None) | {"body": body})
        return Arrival("ngo-3", message, at, False, self.now)

    def _envelope(self, at: int, clock: ClockQuality, number: int | None) -> dict[str, Any]:
        self._number += 1
        up = at - START + 1_000_000_000
        sent = Sent(boot="b" * 8, up=up + 40, at=at + 40, clock=clock)
        return {
            "node": "ngo-3", "stream": "5" * 8, "number": number or self._number, "boot": "b" * 8, "at": at,
            "clock": clock, "up": up, "sent": sent,
        }  # fmt: skip

    def row(self, table: sa.Table, key: int) -> sa.Row[Any]:
        """The row of `table` with this id."""
        return self.rows(table, table.c.id == key)[0]

    def rows(self, table: sa.Table, *where: Any) -> list[sa.Row[Any]]:
        """The rows of `table`, in their order."""
        query = sa.select(table).where(*where).order_by(*table.primary_key.columns)
        return list(self.database.read_now(lambda connection: connection.execute(query).all()))

    def entries(self, incident_id: int, kind: str) -> list[dict[str, Any]]:
        """The data of an incident's entries of one kind."""
        entry = tables.incident_entry
        return [row.data for row in self.rows(entry, entry.c.incident == incident_id, entry.c.kind == kind)]

    def letters(self, incident_id: int, recipient: str = "truc-ban") -> list[sa.Row[Any]]:
        """The messages about an incident to one person."""
        table = tables.delivery
        return self.rows(table, table.c.incident == incident_id, table.c.recipient == recipient)

    def set_attempts(self, incident_id: int, state: str, **values: Any) -> None:
        """Pretend that the worker did something with all attempts about an incident."""
        of_incident = sa.select(tables.delivery.c.id).where(tables.delivery.c.incident == incident_id)
        self.execute(
            sa.update(tables.attempt).where(tables.attempt.c.delivery.in_(of_incident)).values(state=state, **values)
        )


@contextmanager
def opened(url: str) -> Generator[Village]:
    """A fresh village in an empty database, which is closed at the end."""
    database = Database(url)
    try:
        yield Village(database)
    finally:
        database.close()
