"""What residents report: a row that nothing holds back, and the incident it opens or joins.

How far a reporter is believed stands in marks, which change the order in which people read and nothing else.
"""

import re
import secrets
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.accounts import LETTERS
from keng_hub.incidents import reported
from keng_hub.incidents.normalise import path
from keng_hub.incidents.states import ENDED, HELD, State, Verdict
from keng_hub.incidents.turn import take_turn
from keng_hub.people.recipients import recipient_id
from keng_hub.tables import household, incident, resident_report
from keng_wire.alarm import Category

WINDOW_MS: Final = 10 * 60_000
FREE: Final = 3
"""Reports of one kind that a reporter may send within the window before further ones only join what is known."""
MOST: Final = 60
"""Reports of one reporter within the window; beyond, the form says whom to call."""
_CITIZEN_ID: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")


class ReportMark(StrEnum):
    """What staff should know of a report."""

    MANY = "many"
    CITIZEN_ID = "citizen_id"
    HOAX_BEFORE = "hoax_before"
    RIGHT_BEFORE = "right_before"


class ReportStatus(StrEnum):
    """How far it is, as its reporter is told."""

    RECEIVED = "received"
    WORKING = "working"
    DONE = "done"


class Report(NamedTuple):
    """One report: `form` names it for good, `reporter` tells one sender from another and says nothing about them."""

    form: str
    place: str
    category: Category
    text: str
    reporter: str
    at: int
    household: int | None = None
    inbound: int | None = None


class Taken(NamedTuple):
    """What became of it."""

    id: int
    code: str
    incident: int


def take(connection: Connection, report: Report, now: int) -> Taken:
    """Keep the report and open or join its incident; the same `form` twice is one report."""
    take_turn(connection)
    known = connection.execute(sa.select(resident_report).where(resident_report.c.form == report.form)).one_or_none()
    if known is not None:
        return Taken(known.id, known.code, known.incident)
    marks = _marks(connection, report, now)
    incident_id = _earlier(connection, report, now) if ReportMark.MANY in marks else None
    if incident_id is None:
        about = (report.place, report.category, report.text, report.at, now)
        incident_id = reported.report(connection, *about, key=report.form, household=report.household)
    code = "".join(secrets.choice(LETTERS) for _ in range(10))
    words = ", ".join(name for _, name in path(connection, report.place))[:400]
    row = sa.insert(resident_report).values(
        code=code,
        form=report.form,
        place=report.place,
        place_words=words,
        category=report.category.value,
        text=report.text,
        reporter=report.reporter,
        household=report.household,
        inbound=report.inbound,
        marks=[mark.value for mark in marks],
        incident=incident_id,
        told=ReportStatus.RECEIVED.value,
        received=now,
    )
    key = connection.execute(row.returning(resident_report.c.id)).scalar_one()
    return Taken(key, code, incident_id)


def of_message(
    connection: Connection, message: sa.Row[Any], home: int, category: Category, text: str, now: int
) -> Taken:
    """A report that came as a message of a household, which says where it is."""
    where = connection.execute(sa.select(household.c.place).where(household.c.id == home)).scalar_one()
    report = Report(
        form=f"inbound-{message.id}",
        place=where,
        category=category,
        text=text,
        reporter=recipient_id(home),
        at=min(message.at, now),
        household=home,
        inbound=message.id,
    )
    return take(connection, report, now)


def too_many(connection: Connection, reporter: str, now: int) -> bool:
    """Whether this reporter has sent so much that nobody could read more of it."""
    lately = sa.select(sa.func.count()).where(
        resident_report.c.reporter == reporter, resident_report.c.received > now - WINDOW_MS
    )
    return bool(connection.execute(lately).scalar_one() >= MOST)


def status(row: sa.Row[Any]) -> ReportStatus:
    """How far the incident `row` of a report is."""
    state = State(row.state)
    if state in ENDED:
        return ReportStatus.DONE
    return ReportStatus.WORKING if state in HELD | {State.CONTAINED} else ReportStatus.RECEIVED


def _marks(connection: Connection, report: Report, now: int) -> list[ReportMark]:
    lately = sa.select(sa.func.count()).where(
        resident_report.c.reporter == report.reporter,
        resident_report.c.category == report.category.value,
        resident_report.c.received > now - WINDOW_MS,
    )
    judged = (
        sa.select(incident.c.verdict)
        .join(resident_report, resident_report.c.incident == incident.c.id)
        .where(resident_report.c.reporter == report.reporter)
    )
    verdicts = set(connection.execute(judged).scalars())
    present = {
        ReportMark.MANY: connection.execute(lately).scalar_one() >= FREE,
        ReportMark.CITIZEN_ID: _CITIZEN_ID.search(report.text) is not None,
        ReportMark.HOAX_BEFORE: Verdict.HOAX.value in verdicts,
        ReportMark.RIGHT_BEFORE: Verdict.CONFIRMED.value in verdicts,
    }
    return [mark for mark, holds in present.items() if holds]


def _earlier(connection: Connection, report: Report, now: int) -> int | None:
    """The open incident that this reporter's earlier ones of the kind went to: one more tells nobody anew."""
    query = (
        sa.select(incident.c.id)
        .join(resident_report, resident_report.c.incident == incident.c.id)
        .where(
            resident_report.c.reporter == report.reporter,
            resident_report.c.category == report.category.value,
            resident_report.c.place == report.place,
            resident_report.c.received > now - WINDOW_MS,
            incident.c.state.not_in([state.value for state in ENDED]),
        )
        .order_by(incident.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()
