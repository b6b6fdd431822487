"""Settling what was tried, and what follows: the next step, another try, the end of a ladder that came to nothing."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import ErrorClass, Outcome, Result
from keng_hub.deliveries import ledger, summaries
from keng_hub.deliveries.claims import Claim
from keng_hub.deliveries.consequences import CONSEQUENCES, back_off_ms
from keng_hub.deliveries.states import CLIMBS, PENDING, REACHED, RESIDENTS, AttemptState
from keng_hub.people import contacts
from keng_hub.tables import attempt, delivery, recipient
from keng_wire.alarm import Category

SLICE = 200
"""Attempts that are recovered at a time."""


class Undelivered(NamedTuple):
    """A ladder that came to its end with nothing accepted."""

    delivery: int
    incident: int | None
    recipient: str
    short_code: str
    resident: bool


def settle(connection: Connection, claimed: Claim, outcome: Outcome, now: int) -> Undelivered | None:
    """Write down what became of a try and do what follows; a try that lost its lease to another settles nothing."""
    row = connection.execute(
        sa.select(attempt)
        .where(
            attempt.c.id == claimed.attempt,
            attempt.c.tries == claimed.tries,
            attempt.c.state.in_([state.value for state in PENDING]),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = {
        "leased_until": None,
        "error_code": outcome.error_code,
        "error_class": outcome.error_class.value if outcome.error_class else None,
        "uncertain": row.uncertain or outcome.uncertain,
        **_cost(row, claimed.price, outcome, now),
    }
    if outcome.result is Result.RETRY:
        due = now + back_off_ms(row.tries, outcome.retry_after_ms)
        _set(connection, row, AttemptState.QUEUED, now, values | {"due": due})
        return None
    if outcome.result is Result.ACCEPTED:
        _set(connection, row, AttemptState.ACCEPTED, now, values | {"provider_id": outcome.provider_id})
        if Category(claimed.message.category) not in CLIMBS:
            ledger.stop_rest(connection, claimed.delivery, now)
        return None
    _set(connection, row, AttemptState.FAILED, now, values)
    if outcome.error_class and CONSEQUENCES[outcome.error_class].next_step:
        bring_forward(connection, row, now)
    if outcome.error_class is ErrorClass.UNREACHABLE:
        contacts.unreachable(connection, row.channel, row.address, now)
    return _ended(connection, claimed.delivery)


def _cost(row: sa.Row[Any], price: int, outcome: Outcome, now: int) -> dict[str, Any]:
    """What the try cost after all: what the provider says, else its price; nothing when it was refused for sure."""
    before = (row.cost or 0) - price
    if outcome.result is Result.ACCEPTED:
        return {} if outcome.cost is None else {"cost": before + outcome.cost, "charged": now}
    if outcome.uncertain or not price:
        return {}
    return {"cost": before or None, "charged": row.charged if before else None}


def recover(connection: Connection, channels: Collection[str], now: int) -> list[Undelivered]:
    """Put back what a dead worker held and end what cannot be sent any more; says which ladders ended in vain.

    Some at a time: a village's worth of messages that are too old must not stand before a fire.
    """
    queued = attempt.c.state == AttemptState.QUEUED.value
    lost = sa.and_(attempt.c.state == AttemptState.SENDING.value, attempt.c.leased_until <= now)
    for row in _some(connection, lost):
        # The dead worker may have sent it: at least once, with the same key and the same short code.
        _set(connection, row, AttemptState.QUEUED, now, {"leased_until": None, "uncertain": True, "due": now})
    old = _some(connection, sa.and_(queued, delivery.c.expires <= now))
    for row in old:
        _set(connection, row, AttemptState.EXPIRED, now, {})
    strange = _some(connection, sa.and_(queued, attempt.c.due <= now, attempt.c.channel.not_in(channels)))
    for row in strange:
        said = {"error_class": ErrorClass.PARAMS.value, "error_code": "no_such_channel"}
        _set(connection, row, AttemptState.FAILED, now, said)
        bring_forward(connection, row, now)
    ended = [_ended(connection, key) for key in sorted({row.delivery for row in (*old, *strange)})]
    in_vain = [one for one in ended if one]
    summaries.write(connection, [one.recipient for one in in_vain if one.resident], now)
    return in_vain


def _some(connection: Connection, where: sa.ColumnElement[bool]) -> list[Any]:
    """The gravest attempts of which `where` is true."""
    query = sa.select(attempt).join(delivery, delivery.c.id == attempt.c.delivery).where(where)
    return list(connection.execute(query.order_by(attempt.c.priority, attempt.c.id).limit(SLICE)).all())


def _set(connection: Connection, row: sa.Row[Any], state: AttemptState, now: int, values: dict[str, Any]) -> None:
    connection.execute(
        sa.update(attempt)
        .where(attempt.c.id == row.id, attempt.c.state == row.state, attempt.c.tries == row.tries)
        .values(state=state.value, stamps=row.stamps | {state.value: now}, **values)
    )


def bring_forward(connection: Connection, row: sa.Row[Any], now: int) -> None:
    """The next step of the ladder is due now instead of at its own time."""
    following = (
        sa.select(sa.func.min(attempt.c.n))
        .where(attempt.c.delivery == row.delivery, attempt.c.n > row.n, attempt.c.state == AttemptState.QUEUED.value)
        .scalar_subquery()
    )
    connection.execute(
        sa.update(attempt)
        .where(attempt.c.delivery == row.delivery, attempt.c.n == following, attempt.c.due > now)
        .values(due=now)
    )


def _ended(connection: Connection, delivery_id: int) -> Undelivered | None:
    going_or_good = [state.value for state in (*PENDING, *REACHED, AttemptState.STOPPED)]
    hope = connection.execute(
        sa.select(attempt.c.id).where(attempt.c.delivery == delivery_id, attempt.c.state.in_(going_or_good)).limit(1)
    ).first()
    if hope:
        return None
    row = connection.execute(
        sa.select(delivery.c.incident, delivery.c.recipient, delivery.c.short_code, recipient.c.tier)
        .join(recipient, recipient.c.id == delivery.c.recipient)
        .where(delivery.c.id == delivery_id)
    ).one()
    return Undelivered(delivery_id, row.incident, row.recipient, row.short_code, row.tier == RESIDENTS)
