"""Sending people to an incident: who is asked, accepts, arrives, declines or is replaced, each with its time."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.ledger import Person, Step
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import desk, entries, gates, notify
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.normalise import path
from keng_hub.incidents.rows import any_row, open_row
from keng_hub.incidents.states import ENDED, WAITING
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import Say
from keng_hub.tables import account, dispatch, incident, recipient
from keng_wire.alarm import Category

ACCEPT_MS: Final = 120_000
"""Within this time somebody accepts, or somebody else is asked."""

_LIFE: Final = ("security_team", "group_head", "village_head", "police")
SENT: Final[Mapping[Category, tuple[str, ...]]] = {
    Category.FIRE: _LIFE,
    Category.MEDICAL: _LIFE,
    Category.SECURITY: _LIFE,
    Category.FAULT: ("technician", "village_head", "group_head"),
    Category.INFO: _LIFE,
}
"""Category → roles of those who can be sent."""


class TaskState(StrEnum):
    """How far somebody is who was asked to go."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


MOVES: Final[Mapping[TaskState, frozenset[TaskState]]] = {
    TaskState.ASKED: frozenset(
        {TaskState.ACCEPTED, TaskState.ARRIVED, TaskState.DECLINED, TaskState.WITHDRAWN, TaskState.DONE}
    ),
    TaskState.ACCEPTED: frozenset({TaskState.ARRIVED, TaskState.DONE, TaskState.DECLINED, TaskState.WITHDRAWN}),
    TaskState.ARRIVED: frozenset({TaskState.DONE, TaskState.WITHDRAWN}),
    TaskState.DONE: frozenset(),
    TaskState.DECLINED: frozenset(),
    TaskState.WITHDRAWN: frozenset(),
}
"""What may follow what; whoever stands there already need not have pressed a button on the way."""

OPEN: Final = (TaskState.ASKED.value, TaskState.ACCEPTED.value, TaskState.ARRIVED.value)
_STAMP: Final = {TaskState.ACCEPTED: "accepted", TaskState.ARRIVED: "arrived"}
_NEEDS_REASON: Final = frozenset({TaskState.DECLINED, TaskState.WITHDRAWN})


def send(connection: Connection, incident_id: int, by: int, assignee: int, task: str, now: int) -> int:
    """Ask an account to go there, and tell it so; gives the id of the task. Raises Refused."""
    row = open_row(connection, incident_id)
    if row.state in WAITING:
        raise Refused("not_acknowledged")
    if assignee not in [one["id"] for one in candidates(connection, Category(row.category), row.place)]:
        raise Refused("nobody_to_send")
    on_the_way = sa.select(dispatch.c.id).where(
        dispatch.c.incident == incident_id, dispatch.c.account == assignee, dispatch.c.state.in_(OPEN)
    )
    if connection.execute(on_the_way).first() is not None:
        raise Refused("sent_already")
    values: dict[str, Any] = {"incident": incident_id, "account": assignee, "by": by, "task": task.strip()}
    values |= {"state": TaskState.ASKED.value, "asked": now}
    key: int = connection.execute(sa.insert(dispatch).values(**values).returning(dispatch.c.id)).scalar_one()
    notify.send(connection, row, Say.DISPATCH, _kind(row), [_person(connection, assignee)], now)
    data = {"dispatch": key, "assignee": assignee, "state": TaskState.ASKED.value, "task": task.strip()}
    entries.write(connection, incident_id, EntryKind.DISPATCH, data, now, by)
    entries.announce(connection, incident_id, now)
    return key


def move(connection: Connection, task_id: int, by: int, state: TaskState, reason: str | None, now: int) -> None:
    """Say how far the person is, by themselves or for them; declining and withdrawing need a reason."""
    row = _task(connection, task_id)
    if state not in MOVES[TaskState(row.state)]:
        raise Refused("task_is_over")
    if state in _NEEDS_REASON:
        gates.reason(reason)
    stamp = _STAMP.get(state, "ended")
    values: dict[str, Any] = {"state": state.value, stamp: now, "reason": (reason or "").strip() or None}
    if state is not TaskState.DECLINED and row.accepted is None and state is not TaskState.WITHDRAWN:
        values["accepted"] = now
    connection.execute(sa.update(dispatch).where(dispatch.c.id == task_id).values(**values))
    data = {"dispatch": task_id, "assignee": row.account, "state": state.value, "reason": values["reason"]}
    entries.write(connection, row.incident, EntryKind.DISPATCH, data, now, by)
    if state is TaskState.DECLINED:
        desk.tell(connection, any_row(connection, row.incident), Say.NOT_ACCEPTED, now)
    entries.announce(connection, row.incident, now)


def replace(connection: Connection, task_id: int, by: int, assignee: int, reason: str, now: int) -> int:
    """Send somebody else instead, in one act; gives the id of the new task."""
    row = _task(connection, task_id)
    move(connection, task_id, by, TaskState.WITHDRAWN, reason, now)
    return send(connection, row.incident, by, assignee, row.task, now)


def candidates(connection: Connection, category: Category, place: str | None) -> list[sa.RowMapping]:
    """The accounts that can be sent to an incident: of the roles for its kind, who look after its place."""
    around = [key for key, _ in path(connection, place)]
    roles = SENT[category]
    query = (
        sa.select(account.c.id, account.c.username, account.c.full_name, account.c.role, account.c.place)
        .where(sa.not_(account.c.disabled), account.c.role.in_(roles))
        .where(sa.or_(account.c.place.is_(None), account.c.place.in_(around)))
    )
    order = {role: n for n, role in enumerate(roles)}
    found = connection.execute(query.order_by(account.c.full_name, account.c.id)).mappings().all()
    return sorted(found, key=lambda one: order[one["role"]])


def of_incident(connection: Connection, incident_id: int) -> list[dict[str, Any]]:
    """Its tasks with the names of who was sent, oldest first."""
    query = (
        sa.select(dispatch, account.c.full_name.label("name"), account.c.role)
        .join(account, account.c.id == dispatch.c.account)
        .where(dispatch.c.incident == incident_id)
        .order_by(dispatch.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def tell_overdue(connection: Connection, now: int) -> int:
    """Tell the duty desk, once, of each task that nobody accepted in time; says how many."""
    late = connection.execute(_overdue(now)).all()
    for row in late:
        connection.execute(sa.update(dispatch).where(dispatch.c.id == row.id).values(overdue_told=now))
        data = {"dispatch": row.id, "assignee": row.account, "state": row.state, "overdue": True}
        entries.write(connection, row.incident, EntryKind.DISPATCH, data, now)
        desk.tell(connection, any_row(connection, row.incident), Say.NOT_ACCEPTED, now)
        entries.announce(connection, row.incident, now)
    return len(late)


def due_now(connection: Connection, now: int) -> int:
    """How many tasks nobody accepted in time, and nobody was told so."""
    return len(connection.execute(_overdue(now)).all())


def _overdue(now: int) -> "sa.Select[Any]":
    ended = [state.value for state in ENDED]
    return (
        sa.select(dispatch)
        .join(incident, incident.c.id == dispatch.c.incident)
        .where(dispatch.c.state == TaskState.ASKED.value, dispatch.c.asked <= now - ACCEPT_MS)
        .where(dispatch.c.overdue_told.is_(None), incident.c.state.not_in(ended))
        .order_by(dispatch.c.id)
    )


def _person(connection: Connection, assignee: int) -> Person:
    """The ladder of the recipient whose `account` this is; where there is none, the page alone."""
    who = connection.execute(sa.select(account).where(account.c.id == assignee)).one()
    theirs = sa.select(recipient).where(recipient.c.account == who.username, recipient.c.active)
    known = connection.execute(theirs.order_by(recipient.c.tier, recipient.c.id)).first()
    if known is not None:
        return Person(known.id, [Step(one["channel"], one.get("address", ""), 0) for one in known.ladder])
    key, step = f"tk-{assignee}", Step("page", who.username)
    if connection.execute(sa.select(recipient.c.id).where(recipient.c.id == key)).first() is None:
        values: dict[str, Any] = {"id": key, "name": who.full_name, "tier": 1, "categories": [], "active": False}
        connection.execute(sa.insert(recipient).values(**values, place=who.place, ladder=[step._asdict()]))
    return Person(key, [step])


def _kind(row: sa.Row[Any]) -> DeliveryKind:
    return DeliveryKind.DRILL if row.drill else DeliveryKind.UPDATE


def _task(connection: Connection, task_id: int) -> sa.Row[Any]:
    take_turn(connection)
    row = connection.execute(sa.select(dispatch).where(dispatch.c.id == task_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("no_task")
    return row
