"""Taking due attempts and settling them: each step an update that counts rows, so that no two workers do the same."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import ErrorClass, Outcome, Outgoing, Result
from keng_hub.deliveries import ledger, summaries
from keng_hub.deliveries.budgets import DAILY_CAP, Purse, spent_today
from keng_hub.deliveries.consequences import CONSEQUENCES, back_off_ms
from keng_hub.deliveries.lateness import with_lateness
from keng_hub.deliveries.quiet import by_night
from keng_hub.deliveries.states import CLIMBS, PENDING, REACHED, RESIDENTS, URGENT, AttemptState
from keng_hub.people import contacts
from keng_hub.tables import alarm, attempt, delivery, incident, recipient
from keng_wire.alarm import Category


class Room(NamedTuple):
    """How many messages a channel can begin now; urgent ones may use all, the others only `ordinary`."""

    urgent: int
    ordinary: int


class Claim(NamedTuple):
    """One attempt that is ours until its lease ends. `tries` tells this try from every other of the same attempt."""

    attempt: int
    delivery: int
    tries: int
    channel: str
    urgent: bool
    message: Outgoing
    price: int = 0
    refusal: Outcome | None = None
    """Why it is not even tried: the day's money is used up."""


class Undelivered(NamedTuple):
    """A ladder that came to its end with nothing accepted."""

    delivery: int
    incident: int | None
    recipient: str
    short_code: str
    resident: bool


class Due(NamedTuple):
    """What a look found."""

    claimable: bool
    broken: bool
    """A lost lease, a message that is too old, or one for a channel this hub does not have."""


def look(connection: Connection, channels: Collection[str], now: int) -> Due:
    """Whether there is anything to do: a look that takes no lock."""
    queued = sa.and_(attempt.c.state == AttemptState.QUEUED.value, attempt.c.due <= now)
    lost = sa.and_(attempt.c.state == AttemptState.SENDING.value, attempt.c.leased_until <= now)
    stray = sa.and_(queued, sa.or_(delivery.c.expires <= now, attempt.c.channel.not_in(channels)))
    of_any = sa.select(attempt.c.id).join(delivery, delivery.c.id == attempt.c.delivery).limit(1)
    claimable = sa.and_(queued, awake(now))
    found = (connection.execute(of_any.where(where)).first() is not None for where in (claimable, sa.or_(lost, stray)))
    return Due(*found)


def awake(now: int) -> sa.ColumnElement[bool]:
    """The condition on `delivery`: by night nothing that may wait."""
    return sa.not_(delivery.c.quiet) if by_night(now) else sa.true()


def claim(
    connection: Connection,
    rooms: Mapping[str, Room],
    now: int,
    lease_ms: int,
    link_base: str,
    purses: Mapping[str, Purse] | None = None,
) -> list[Claim]:
    """Take what is due, most important first, at most `rooms` a channel; the first try is noted on the alarms."""
    claims: list[Claim] = []
    for channel, room in rooms.items():
        if room.urgent > 0:
            taken = _of_channel(connection, channel, room, now, lease_ms, link_base)
            claims += _paid(connection, taken, purses[channel], now) if purses and channel in purses else taken
    incidents = {taken.message.incident for taken in claims} - {None}
    if incidents:
        connection.execute(
            sa.update(alarm)
            .where(alarm.c.incident.in_(incidents), alarm.c.attempted_at.is_(None))
            .values(attempted_at=now)
        )
    return claims


def _of_channel(
    connection: Connection, channel: str, room: Room, now: int, lease_ms: int, link_base: str
) -> list[Claim]:
    claims: list[Claim] = []
    urgent_left, ordinary_left = room
    for row in connection.execute(_due(channel, room, now)).all():
        urgent = row.priority <= URGENT
        if urgent_left <= 0 or (not urgent and ordinary_left <= 0):
            continue
        if _take(connection, row, now, lease_ms):
            claims.append(_claim(row, urgent, now, link_base))
            urgent_left -= 1
            ordinary_left -= not urgent
    return claims


def _paid(connection: Connection, claims: list[Claim], purse: Purse, now: int) -> list[Claim]:
    """Each with its price, which counts from now on, or refused because the day's money does not suffice."""
    if not claims:
        return claims
    spent = spent_today(connection, claims[0].channel, now)
    paid: list[Claim] = []
    for one in claims:
        price = purse.price(one.message)
        if not purse.allows(one.message, price, spent):
            paid.append(one._replace(refusal=Outcome.refused(ErrorClass.MONEY, DAILY_CAP)))
            continue
        spent += price
        cost = sa.func.coalesce(attempt.c.cost, 0) + price
        connection.execute(sa.update(attempt).where(attempt.c.id == one.attempt).values(cost=cost, charged=now))
        paid.append(one._replace(price=price))
    return paid


def _due(channel: str, room: Room, now: int) -> sa.Select[Any]:
    query = (
        sa.select(
            attempt,
            *(delivery.c[name] for name in ("incident", "kind", "category", "body_vi", "body_ascii", "body_en")),
            *(delivery.c[name] for name in ("short_code", "ladder", "created", "expires")),
            recipient.c.tier,
            incident.c.code,
            incident.c.drill,
            incident.c.test,
        )
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .join(recipient, recipient.c.id == delivery.c.recipient)
        .outerjoin(incident, incident.c.id == delivery.c.incident)
        .where(
            attempt.c.state == AttemptState.QUEUED.value,
            attempt.c.due <= now,
            attempt.c.channel == channel,
            delivery.c.expires > now,
            awake(now),
        )
        .order_by(attempt.c.priority, attempt.c.due, attempt.c.id)
        .limit(room.urgent)
    )
    if room.ordinary <= 0:
        query = query.where(attempt.c.priority <= URGENT)
    return query.with_for_update(of=attempt, skip_locked=True)


def _take(connection: Connection, row: sa.Row[Any], now: int, lease_ms: int) -> bool:
    taken = connection.execute(
        sa.update(attempt)
        .where(attempt.c.id == row.id, attempt.c.state == AttemptState.QUEUED.value, attempt.c.tries == row.tries)
        .values(
            state=AttemptState.SENDING.value,
            tries=row.tries + 1,
            leased_until=now + lease_ms,
            stamps=row.stamps | {AttemptState.SENDING.value: now},
        )
    )
    return taken.rowcount == 1


def _claim(row: sa.Row[Any], urgent: bool, now: int, link_base: str) -> Claim:
    planned = row.created + int(row.ladder[row.n - 1].get("after_s", 0)) * 1000
    key = hashlib.sha256(f"{row.delivery}/{row.channel}/{row.n}/{row.created}".encode()).hexdigest()[:32]
    message = Outgoing(
        key=key,
        address=row.address,
        kind=row.kind,
        category=row.category,
        short_code=row.short_code,
        body_vi=with_lateness(row.body_vi, now - planned, "vi"),
        body_ascii=with_lateness(row.body_ascii, now - planned, "ascii"),
        body_en=with_lateness(row.body_en, now - planned, "en"),
        drill=bool(row.drill or row.test),
        created=row.created,
        expires=row.expires,
        sent=now,
        incident=row.incident,
        code=row.code,
        link=_link(row, link_base),
    )
    return Claim(row.id, row.delivery, row.tries + 1, row.channel, urgent, message)


def _link(row: sa.Row[Any], link_base: str) -> str | None:
    """The guarded page, for who can open it; what residents may open stands in their text."""
    staff = row.incident and link_base and row.tier != RESIDENTS
    return f"{link_base}/incidents/{row.incident}" if staff else None


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
    """Put back what a dead worker held and end what cannot be sent any more; says which ladders ended in vain."""
    lost = connection.execute(
        sa.select(attempt).where(attempt.c.state == AttemptState.SENDING.value, attempt.c.leased_until <= now)
    ).all()
    for row in lost:
        # The dead worker may have sent it: at least once, with the same key and the same short code.
        _set(connection, row, AttemptState.QUEUED, now, {"leased_until": None, "uncertain": True, "due": now})
    old = connection.execute(
        sa.select(attempt)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(attempt.c.state == AttemptState.QUEUED.value, delivery.c.expires <= now)
    ).all()
    for row in old:
        _set(connection, row, AttemptState.EXPIRED, now, {})
    strange = connection.execute(
        sa.select(attempt).where(
            attempt.c.state == AttemptState.QUEUED.value, attempt.c.due <= now, attempt.c.channel.not_in(channels)
        )
    ).all()
    for row in strange:
        said = {"error_class": ErrorClass.PARAMS.value, "error_code": "no_such_channel"}
        _set(connection, row, AttemptState.FAILED, now, said)
        bring_forward(connection, row, now)
    ended = [_ended(connection, key) for key in sorted({row.delivery for row in (*old, *strange)})]
    in_vain = [one for one in ended if one]
    summaries.write(connection, [one.recipient for one in in_vain if one.resident], now)
    return in_vain


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
