"""Writing and stopping messages, always inside the transaction of what caused them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.quiet import may_wake, morning
from keng_hub.deliveries.states import (
    ALARMING,
    DRILL_PRIORITY,
    LIFE_MS,
    PENDING,
    PRIORITY,
    REACHED,
    RESIDENTS,
    AttemptState,
    DeliveryKind,
)
from keng_hub.tables import attempt, delivery, recipient
from keng_wire.alarm import Category


class Step(NamedTuple):
    """One rung of a ladder: this channel, `after_s` seconds after the message was made."""

    channel: str
    address: str
    after_s: int = 0


class Person(NamedTuple):
    """Whom to tell and how: the id of a `recipient` row and a ladder."""

    id: str
    ladder: Sequence[Step]


class Text(NamedTuple):
    """One message in three spellings: Vietnamese (NFC), the same without marks, English."""

    vi: str
    ascii: str
    en: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be told about an incident, or, without one, beside them."""

    incident: int | None
    short_code: str
    kind: DeliveryKind
    category: Category
    drill: bool
    text: Text
    life_ms: int | None = None
    """How long it is worth sending, when that is not its category's time."""
    priority: int | None = None
    """Its place in the queue, when that is not its category's."""
    any_hour: bool = False
    """Residents get it by night too, although it is no alarm: a storm that comes before the morning."""
    notice: int | None = None
    """The notice it belongs to."""


def enqueue(connection: Connection, letter: Letter, people: Iterable[Person], now: int) -> int:
    """Write a delivery for each person and an attempt for each step of their ladder; says how many deliveries.

    For fire all steps are due at once; otherwise each waits its `after_s`, and whoever answers stops the rest. What
    need not wake a resident begins in the morning.
    """
    return len(post(connection, [(letter, person) for person in people], now))


def post(connection: Connection, letters: Sequence[tuple[Letter, Person]], now: int) -> list[int]:
    """As `enqueue`, each person with a letter of their own; gives the ids of the deliveries in the same order."""
    asleep = _residents(connection) if any(_can_wait(letter) for letter, _ in letters) else set[str]()
    rows = [_delivery(letter, person, _can_wait(letter) and person.id in asleep, now) for letter, person in letters]
    if not rows:
        return []
    written = sa.insert(delivery).returning(delivery.c.id, sort_by_parameter_order=True)
    keys = list(connection.execute(written, rows).scalars())
    steps = [step for key, row in zip(keys, rows, strict=True) for step in _attempts(key, row, now)]
    if steps:
        connection.execute(sa.insert(attempt), steps)
    return keys


def _can_wait(letter: Letter) -> bool:
    """Whether a resident who sleeps is not woken for it: there is no danger."""
    return not (letter.any_hour or may_wake(letter.category, drill=letter.drill))


def _residents(connection: Connection) -> set[str]:
    return set(connection.execute(sa.select(recipient.c.id).where(recipient.c.tier == RESIDENTS)).scalars())


def _delivery(letter: Letter, person: Person, quiet: bool, now: int) -> dict[str, Any]:
    parallel = letter.category is Category.FIRE or letter.kind is DeliveryKind.ALL_CLEAR
    usual = DRILL_PRIORITY if letter.drill else PRIORITY[letter.category]
    begin = morning(now) if quiet else now
    held_s = (begin - now) // 1000
    ladder = [step._asdict() | {"after_s": held_s + (0 if parallel else step.after_s)} for step in person.ladder]
    return {
        "incident": letter.incident,
        "notice": letter.notice,
        "kind": letter.kind.value,
        "recipient": person.id,
        "category": letter.category.value,
        "priority": usual if letter.priority is None else letter.priority,
        "body_vi": letter.text.vi,
        "body_ascii": letter.text.ascii,
        "body_en": letter.text.en,
        "short_code": letter.short_code,
        "ladder": ladder,
        "stopped": False,
        "quiet": quiet,
        "created": now,
        "expires": begin + (letter.life_ms or LIFE_MS[letter.category]),
    }


def _attempts(key: int, row: dict[str, Any], now: int) -> list[dict[str, Any]]:
    return [
        {
            "delivery": key,
            "channel": step["channel"],
            "address": step["address"],
            "n": n,
            "state": AttemptState.QUEUED.value,
            "priority": row["priority"],
            "due": now + step["after_s"] * 1000,
            "tries": 0,
            "uncertain": False,
            "stamps": {AttemptState.QUEUED.value: now},
        }
        for n, step in enumerate(row["ladder"], 1)
    ]


def stop(connection: Connection, incident_id: int, now: int, *, first_calls_of_fire: bool) -> None:
    """Stop what is still queued about an incident, but for all-clears.

    With `first_calls_of_fire` also what nobody has tried yet; without it a fire's first call to each person still goes
    out, because an acknowledgement within the first second must not keep the others from hearing of a fire; what
    residents are told goes on, for nobody of them acknowledged anything.
    """
    concerned = [delivery.c.incident == incident_id, delivery.c.kind != DeliveryKind.ALL_CLEAR.value]
    if not first_calls_of_fire:
        concerned.append(delivery.c.notice.is_(None))
    query = (
        sa.select(attempt.c.id, attempt.c.stamps)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(*concerned, attempt.c.state == AttemptState.QUEUED.value)
    )
    if not first_calls_of_fire:
        query = query.where(
            sa.or_(
                delivery.c.category != Category.FIRE.value,
                attempt.c.tries > 0,
                attempt.c.due > now,
            )
        )
    _stop(connection, query, now)
    connection.execute(sa.update(delivery).where(*concerned).values(stopped=True))


def stop_notice(connection: Connection, notice_id: int, now: int) -> None:
    """Stop what is still queued of a notice."""
    query = (
        sa.select(attempt.c.id, attempt.c.stamps)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(delivery.c.notice == notice_id, attempt.c.state == AttemptState.QUEUED.value)
    )
    _stop(connection, query, now)
    connection.execute(sa.update(delivery).where(delivery.c.notice == notice_id).values(stopped=True))


def stop_rest(connection: Connection, delivery_id: int, now: int) -> None:
    """Stop the steps of one delivery that have not begun."""
    query = sa.select(attempt.c.id, attempt.c.stamps).where(
        attempt.c.delivery == delivery_id, attempt.c.state == AttemptState.QUEUED.value
    )
    _stop(connection, query, now)


def _stop(connection: Connection, queued: sa.Select[Any, Any], now: int) -> None:
    for row in connection.execute(queued).all():
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.id == row.id, attempt.c.state == AttemptState.QUEUED.value)
            .values(state=AttemptState.STOPPED.value, stamps=row.stamps | {AttemptState.STOPPED.value: now})
        )


def climbing(connection: Connection, incident_id: int) -> set[str]:
    """The recipients who have a step about this incident still ahead of them."""
    query = (
        sa.select(delivery.c.recipient)
        .join(attempt, attempt.c.delivery == delivery.c.id)
        .where(delivery.c.incident == incident_id, attempt.c.state.in_([state.value for state in PENDING]))
    )
    return set(connection.execute(query).scalars())


def told(connection: Connection, incident_id: int) -> set[str]:
    """The recipients who have a message about this incident, whatever became of it."""
    return set(connection.execute(sa.select(delivery.c.recipient).where(delivery.c.incident == incident_id)).scalars())


def alarmed(connection: Connection, incident_id: int) -> list[Person]:
    """Those who got an alarm about this incident, or may have, since their last all-clear, by the ways that did it."""
    last = (
        sa.select(delivery.c.recipient, sa.func.max(delivery.c.id).label("last"))
        .where(delivery.c.incident == incident_id, delivery.c.kind == DeliveryKind.ALL_CLEAR.value)
        .group_by(delivery.c.recipient)
        .subquery()
    )
    may_have = [AttemptState.SENDING.value, *(state.value for state in REACHED)]
    query = (
        sa.select(delivery.c.recipient, attempt.c.channel, attempt.c.address)
        .join(attempt, attempt.c.delivery == delivery.c.id)
        .outerjoin(last, last.c.recipient == delivery.c.recipient)
        .where(
            delivery.c.incident == incident_id,
            delivery.c.kind.in_([kind.value for kind in ALARMING]),
            delivery.c.id > sa.func.coalesce(last.c.last, 0),
            sa.or_(attempt.c.state.in_(may_have), attempt.c.uncertain),
        )
        .order_by(attempt.c.id)
    )
    ways: dict[str, dict[Step, None]] = {}
    for row in connection.execute(query):
        ways.setdefault(row.recipient, {})[Step(row.channel, row.address)] = None
    return [Person(recipient, list(steps)) for recipient, steps in ways.items()]
