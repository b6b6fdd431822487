"""What people are asked about meters, and what they answer: rows that the steps open and people close."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.errors import HubError
from keng_hub.meterdata import dirty
from keng_hub.meterdata.flags import ANSWERS, Answer, Kind
from keng_hub.meterdata.sheet import Key, MeterId, Sheet
from keng_hub.tables import device, meter_day, meter_question, node
from keng_hub.upsert import insert

OPEN, ANSWERED, WITHDRAWN = "open", "answered", "withdrawn"


class Refused(HubError):
    """A decision or correction that cannot be taken so; `code` is "gone", "answered", "answer", "reason" or "range"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Question:
    """An open or answered question; `details` holds the numbers it is about, Wh and UTC ms."""

    id: int
    meter: MeterId
    meter_name: str
    kind: Kind
    register: str
    at: int
    details: Mapping[str, Any]
    asked: int
    state: str
    answer: Answer | None
    account: int | None
    reason: str | None
    answered: int | None

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers that fit."""
        return ANSWERS[self.kind]


def questions(
    connection: Connection, scope: sa.ColumnElement[bool], state: str = OPEN, limit: int = 200
) -> list[Question]:
    """Questions about the meters in `scope` (a condition on device joined with node), newest first."""
    meters = device.join(node, node.c.id == device.c.node)
    about = sa.and_(device.c.node == meter_question.c.node, device.c.id == meter_question.c.device)
    query = (
        sa.select(meter_question, device.c.name.label("meter_name"))
        .select_from(meter_question.join(meters, about))
        .where(scope, meter_question.c.state == state)
        .order_by(meter_question.c.asked.desc(), meter_question.c.id.desc())
        .limit(limit)
    )
    return [_question(dict(row)) for row in connection.execute(query).mappings()]


def decide(
    connection: Connection,
    scope: sa.ColumnElement[bool],
    question_id: int,
    account_id: int,
    answer: Answer,
    reason: str,
    now: int,
) -> None:
    """Answer an open question with name and reason; what it changes is judged anew. Refused when it does not fit."""
    meters = device.join(node, node.c.id == device.c.node)
    about = sa.and_(device.c.node == meter_question.c.node, device.c.id == meter_question.c.device)
    query = sa.select(meter_question).select_from(meter_question.join(meters, about))
    row = connection.execute(query.where(scope, meter_question.c.id == question_id)).one_or_none()
    if row is None:
        raise Refused("gone")
    if answer not in ANSWERS[Kind(row.kind)]:
        raise Refused("answer")
    if not reason.strip():
        raise Refused("reason")
    values = {"state": ANSWERED, "answer": answer.value, "account": account_id, "reason": reason, "answered": now}
    where = (meter_question.c.id == question_id, meter_question.c.state == OPEN)
    if connection.execute(sa.update(meter_question).where(*where).values(**values)).rowcount != 1:
        raise Refused("answered")
    meter = MeterId(row.node, row.device)
    dirty.mark(connection, meter, row.at or _beginning(connection, meter, now), now)


def answers(connection: Connection, meter: MeterId) -> dict[Key, Answer]:
    """What people have answered about a meter."""
    where = (_of(meter), meter_question.c.state == ANSWERED)
    rows = connection.execute(sa.select(meter_question).where(*where))
    return {Key(Kind(row.kind), row.register, row.at): Answer(row.answer) for row in rows}


def follow(connection: Connection, sheet: Sheet) -> None:
    """Open what the sheet asks, and withdraw open questions of its days that it asks no longer."""
    there = {
        Key(Kind(row.kind), row.register, row.at): row
        for row in connection.execute(sa.select(meter_question).where(_of(sheet.meter)))
    }
    for key, details in sheet.questions.items():
        row = there.get(key)
        if row is None:
            _ask(connection, sheet, key, details)
        elif row.state == WITHDRAWN or (row.state == OPEN and row.details != details):
            values = {"state": OPEN, "details": details}
            connection.execute(sa.update(meter_question).where(meter_question.c.id == row.id).values(**values))
    moot = [
        row.id
        for key, row in there.items()
        if row.state == OPEN and _first(sheet, key) <= key.at < sheet.end and key not in sheet.questions
    ]
    _withdraw(connection, moot)


def _first(sheet: Sheet, key: Key) -> int:
    """From when the sheet would ask: readings held back since the last accepted one stand on it, however old."""
    anchor = sheet.anchors.get(key.register)
    return sheet.start if anchor is None else min(sheet.start, anchor.at + 1)


def _ask(connection: Connection, sheet: Sheet, key: Key, details: dict[str, Any]) -> None:
    values = {**sheet.meter._asdict(), **key._asdict(), "details": details, "state": OPEN, "asked": sheet.now}
    connection.execute(insert(connection, meter_question).values(**values).on_conflict_do_nothing())


def _withdraw(connection: Connection, ids: Iterable[int]) -> None:
    for number in ids:
        where = (meter_question.c.id == number, meter_question.c.state == OPEN)
        connection.execute(sa.update(meter_question).where(*where).values(state=WITHDRAWN))


def _of(meter: MeterId) -> sa.ColumnElement[bool]:
    return sa.and_(meter_question.c.node == meter.node, meter_question.c.device == meter.device)


def _beginning(connection: Connection, meter: MeterId, now: int) -> int:
    where = (meter_day.c.node == meter.node, meter_day.c.device == meter.device)
    first: int | None = connection.execute(sa.select(sa.func.min(meter_day.c.start)).where(*where)).scalar()
    return now if first is None else first


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        id=row["id"],
        meter=MeterId(row["node"], row["device"]),
        meter_name=row["meter_name"],
        kind=Kind(row["kind"]),
        register=row["register"],
        at=row["at"],
        details=row["details"],
        asked=row["asked"],
        state=row["state"],
        answer=Answer(row["answer"]) if row["answer"] else None,
        account=row["account"],
        reason=row["reason"],
        answered=row["answered"],
    )
