"""What people ask about their own data, and until when they have to be answered (Decree 356/2025/NĐ-CP, Article 5)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.wording import VIETNAM
from keng_hub.people.errors import Refused
from keng_hub.rosters import shifts
from keng_hub.rosters.calendar import is_off
from keng_hub.tables import account, data_request


class DataRequestKind(StrEnum):
    """What is asked."""

    VIEW = "view"
    CORRECT = "correct"
    COPY = "copy"
    WITHDRAW = "withdraw"
    RESTRICT = "restrict"
    OBJECT = "object"
    DELETE = "delete"
    PROTECT = "protect"


ANSWER_DAYS: Final = {
    DataRequestKind.VIEW: 10,
    DataRequestKind.CORRECT: 10,
    DataRequestKind.COPY: 10,
    DataRequestKind.WITHDRAW: 15,
    DataRequestKind.RESTRICT: 15,
    DataRequestKind.OBJECT: 15,
    DataRequestKind.DELETE: 20,
    DataRequestKind.PROTECT: 15,
}
"""Days until an answer; it may be put off once, by as many again."""
ACKNOWLEDGE_DAYS: Final = 2
"""Working days until an acknowledgement."""
DAY: Final = timedelta(days=1)
Decided = Mapping[date, bool]
"""Days that were decided to be off (true) or worked (false)."""


class Due(NamedTuple):
    """Until when, UTC ms: the end of the last day."""

    acknowledge: int
    answer: int


def due(kind: DataRequestKind, received: int, decided: Decided) -> Due:
    """The last moments for a request of `received` (UTC ms); the day on which it came does not count."""
    came = datetime.fromtimestamp(received / 1000, UTC).astimezone(VIETNAM).date()
    day, left = came, ACKNOWLEDGE_DAYS
    while left:
        day += DAY
        left -= not is_off(day, decided)
    return Due(_end(day), _end(came + ANSWER_DAYS[kind] * DAY))


def receive(connection: Connection, kind: DataRequestKind, requester: str, account_id: int, now: int) -> int:
    """Write a request down; its id. `requester` says who asks and how they are answered."""
    last = due(kind, now, shifts.decided(connection))
    made = sa.insert(data_request).values(
        kind=kind.value,
        requester=requester,
        received=now,
        acknowledge_by=last.acknowledge,
        answer_by=last.answer,
        extended=False,
        account=account_id,
    )
    return int(connection.execute(made.returning(data_request.c.id)).scalar_one())


def acknowledge(connection: Connection, request_id: int, now: int) -> None:
    """The person was told that the request arrived. Refused("done") the second time."""
    _once(connection, request_id, data_request.c.acknowledged.is_(None), {"acknowledged": now})


def extend(connection: Connection, request_id: int) -> None:
    """Put the answer off, once. Refused("done") the second time."""
    row = connection.execute(sa.select(data_request).where(data_request.c.id == request_id)).one_or_none()
    if row is None:
        raise Refused("gone")
    later = row.answer_by + ANSWER_DAYS[DataRequestKind(row.kind)] * 86_400_000
    _once(connection, request_id, sa.not_(data_request.c.extended), {"extended": True, "answer_by": later})


def answer(connection: Connection, request_id: int, text: str, now: int) -> None:
    """What was done. Refused("done") the second time."""
    answered = {"answered": now, "answer": text, "acknowledged": sa.func.coalesce(data_request.c.acknowledged, now)}
    _once(connection, request_id, sa.true(), answered)


def listed(connection: Connection, now: int, most: int = 200) -> list[dict[str, Any]]:
    """Open ones first, the most urgent on top, each with `late`: whether a last moment is past."""
    open_ = data_request.c.answered.is_(None)
    query = (
        sa.select(data_request, account.c.full_name)
        .join(account, account.c.id == data_request.c.account)
        .order_by(sa.not_(open_), sa.case((open_, data_request.c.answer_by), else_=0), data_request.c.id.desc())
        .limit(most)
    )
    return [dict(row) | {"late": _late(dict(row), now)} for row in connection.execute(query).mappings()]


def _late(row: dict[str, Any], now: int) -> bool:
    if row["answered"] is not None:
        return bool(row["answered"] > row["answer_by"])
    return bool(now > row["answer_by"] or (row["acknowledged"] is None and now > row["acknowledge_by"]))


def _once(connection: Connection, request_id: int, still: sa.ColumnElement[bool], values: Mapping[str, Any]) -> None:
    mine = sa.and_(data_request.c.id == request_id, data_request.c.answered.is_(None), still)
    if connection.execute(sa.update(data_request).where(mine).values(**values)).rowcount != 1:
        raise Refused("done")


def _end(day: date) -> int:
    midnight = datetime.combine(day + DAY, datetime.min.time(), VIETNAM)
    return int(midnight.timestamp() * 1000) - 1
