"""Taking due attempts: an update that counts rows, so that no two workers do the same."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import ErrorClass, Outcome, Outgoing
from keng_hub.deliveries.budgets import DAILY_CAP, Purse, spent_today
from keng_hub.deliveries.lateness import with_lateness
from keng_hub.deliveries.quiet import by_night
from keng_hub.deliveries.states import RESIDENTS, URGENT, AttemptState
from keng_hub.tables import alarm, attempt, delivery, incident, recipient


def _one(_: Outgoing) -> int:
    return 1


class Room(NamedTuple):
    """How much a channel can begin now; urgent messages may use all, the others only `ordinary`.

    A message takes as much as `parts` says, and begins while anything is left.
    """

    urgent: int
    ordinary: int
    parts: Callable[[Outgoing], int] = _one


class Claim(NamedTuple):
    """One attempt that is ours until its lease ends. `tries` tells this try from every other of the same attempt."""

    attempt: int
    delivery: int
    tries: int
    channel: str
    urgent: bool
    message: Outgoing
    parts: int = 1
    """What it takes of the channel's rate."""
    price: int = 0
    refusal: Outcome | None = None
    """Why it is not even tried: the day's money is used up."""


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
    urgent_left, ordinary_left, parts = room
    for row in connection.execute(_due(channel, room, now)).all():
        urgent = row.priority <= URGENT
        if urgent_left <= 0 or (not urgent and ordinary_left <= 0):
            continue
        if _take(connection, row, now, lease_ms):
            claimed = _claim(row, urgent, now, link_base)
            claims.append(claimed._replace(parts=parts(claimed.message)))
            urgent_left -= claims[-1].parts
            ordinary_left -= 0 if urgent else claims[-1].parts
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
