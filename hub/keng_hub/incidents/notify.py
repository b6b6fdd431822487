"""Last stage: write the messages, start the clock of escalation, tell the pages. All of it rows of one transaction."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import entries, hint_notes, wording
from keng_hub.incidents.case import TOLD, Case, Change
from keng_hub.incidents.deadlines import rule
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.route import SCREEN
from keng_hub.incidents.states import WAITING
from keng_hub.incidents.wording import Facts, Say
from keng_hub.rosters import mutes
from keng_hub.tables import alarm, incident
from keng_wire.alarm import Category, Evidence

_SAY: dict[Change, Say] = {Change.OPENED: Say.ALARM, Change.WORSE: Say.WORSE, Change.LOST: Say.LOST}


def notify(connection: Connection, case: Case) -> None:
    """Write deliveries for `people`, if there is something to tell, and the event for the pages."""
    if case.change is Change.REPEATED:
        return
    if case.change in TOLD:
        row = connection.execute(sa.select(incident).where(incident.c.id == case.incident)).one()
        kind = kind_of(row, first=case.change is Change.OPENED)
        tell(connection, row, _SAY[case.change], kind, case.people, case.now)
        start_escalation(connection, row, case.now)
    entries.announce(connection, case.incident, case.now, opened=case.change is Change.OPENED)


def kind_of(row: sa.Row[Any], *, first: bool) -> DeliveryKind:
    """What a message about this incident is called in the ledger."""
    if row.drill:
        return DeliveryKind.DRILL
    if row.category == Category.FAULT.value:
        return DeliveryKind.FAULT
    if row.category == Category.INFO.value:
        return DeliveryKind.NOTICE
    return DeliveryKind.ALARM if first else DeliveryKind.UPDATE


def tell(connection: Connection, row: sa.Row[Any], say: Say, kind: DeliveryKind, people: list[Person], now: int) -> int:
    """Write one message about the incident `row` for each of `people`; says how many.

    While it is muted, the duty screen alone has it; an all-clear goes to whoever was alarmed in any case.
    """
    if kind is not DeliveryKind.ALL_CLEAR and (held := mutes.over(connection, row, now)) is not None:
        data = {"mute": held.id, "until": held.ends, "reason": held.reason}
        entries.write_once(connection, row.id, EntryKind.MUTED, data, now)
        people = [person for person in people if person.id == SCREEN]
    return send(connection, row, say, kind, people, now)


def send(connection: Connection, row: sa.Row[Any], say: Say, kind: DeliveryKind, people: list[Person], now: int) -> int:
    """As `tell`, whatever is muted: for what one person asks of another about the incident."""
    letter = Letter(
        incident=row.id,
        short_code=wording.short_code(row.code),
        kind=kind,
        category=Category(row.category),
        drill=bool(row.drill or row.test),
        text=wording.compose(say, facts(connection, row, now)),
    )
    return ledger.enqueue(connection, letter, people, now)


def facts(connection: Connection, row: sa.Row[Any], now: int) -> Facts:
    """What texts may tell of the incident `row`."""
    readable = sa.select(alarm.c.id).where(alarm.c.incident == row.id, sa.not_(alarm.c.rescued)).limit(1)
    return Facts(
        code=row.code,
        category=Category(row.category),
        cause=row.cause,
        evidence=Evidence(row.evidence),
        verdict=row.verdict,
        place_words=row.place_words,
        happened=row.happened,
        late=row.late,
        drill=row.drill,
        test=row.test,
        isolated=row.isolated,
        rescued=connection.execute(readable).first() is None,
        clock_doubt=row.clock_doubt,
        waiting_ms=now - row.opened,
        hinted=hint_notes.stands(connection, row.id),
    )


def start_escalation(connection: Connection, row: sa.Row[Any], now: int) -> None:
    """Set when the next tier is told, unless somebody has it or the clock runs already."""
    times = rule(connection, row.category, row.place)
    if times is None or row.state not in WAITING or row.escalate_at is not None:
        return
    connection.execute(
        sa.update(incident).where(incident.c.id == row.id).values(escalate_at=now + times.first_ms, escalations=0)
    )
