"""Planning who is on duty: shifts by a pattern, somebody who stands in, and what is taken back."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.rosters.calendar import LONGEST_DAYS, Pattern, expand
from keng_hub.rosters.errors import Refused
from keng_hub.tables import day_off, recipient, shift
from keng_hub.upsert import insert

_LONGEST_MS = 24 * 3_600_000


def plan(connection: Connection, recipient_id: str, pattern: Pattern, account_id: int, now: int) -> int:
    """Add the shifts of a pattern; what this person has at the same time already is not added twice. Says how many.

    Refused: `order` (it ends before it begins), `too_far` (more than a year), `past`, `nobody` (no such person with a
    roster), `no_day` (the pattern meets no day).
    """
    if pattern.last < pattern.first:
        raise Refused("order")
    if (pattern.last - pattern.first).days > LONGEST_DAYS:
        raise Refused("too_far")
    rostered = sa.select(recipient.c.rostered).where(recipient.c.id == recipient_id, recipient.c.active)
    if not connection.execute(rostered).scalar_one_or_none():
        raise Refused("nobody")
    wanted = [one for one in expand(pattern, decided(connection)) if one[1] - one[0] <= _LONGEST_MS]
    if not wanted:
        raise Refused("no_day")
    coming = [one for one in wanted if one[1] > now]
    if not coming:
        raise Refused("past")
    there = _own(connection, recipient_id, coming[0][0], coming[-1][1])
    new = [one for one in coming if not any(one[0] < ends and begins < one[1] for begins, ends in there)]
    rows = [
        {"recipient": recipient_id, "begins": begins, "ends": ends, "account": account_id, "made": now}
        for begins, ends in new
    ]
    if rows:
        connection.execute(sa.insert(shift), rows)
    return len(rows)


def stand_in(connection: Connection, shift_id: int, deputy: str | None, reason: str, now: int) -> None:
    """Somebody of the same tier comes instead; None: the planned person comes after all.

    Refused: `not_found`, `past`, `reason_needed`, `nobody`, `other_tier`.
    """
    row = _coming(connection, shift_id, now)
    if not reason.strip():
        raise Refused("reason_needed")
    if deputy is not None:
        people = sa.select(recipient.c.id, recipient.c.tier).where(
            recipient.c.id.in_([deputy, row.recipient]), recipient.c.household.is_(None)
        )
        tiers = {one.id: one.tier for one in connection.execute(people)}
        if deputy not in tiers or deputy == row.recipient:
            raise Refused("nobody")
        if tiers[deputy] != tiers[row.recipient]:
            raise Refused("other_tier")
    connection.execute(sa.update(shift).where(shift.c.id == shift_id).values(deputy=deputy, reason=reason.strip()))


def cancel(connection: Connection, shift_id: int, reason: str, now: int) -> None:
    """Take a shift back, with a reason; it stays in the table. Refused as `stand_in`."""
    _coming(connection, shift_id, now)
    if not reason.strip():
        raise Refused("reason_needed")
    connection.execute(sa.update(shift).where(shift.c.id == shift_id).values(cancelled=now, reason=reason.strip()))


def decide(connection: Connection, day: date, name: str, account_id: int, now: int, *, off: bool) -> None:
    """Say of a day that it is off, or worked although the calendar says otherwise. Shifts that stand are not moved."""
    if not name.strip():
        raise Refused("reason_needed")
    values = {"off": off, "name": name.strip(), "account": account_id, "at": now}
    row = insert(connection, day_off).values(day=day.isoformat(), **values)
    connection.execute(row.on_conflict_do_update(index_elements=["day"], set_=values))


def decided(connection: Connection) -> dict[date, bool]:
    """What was decided of single days."""
    rows = connection.execute(sa.select(day_off.c.day, day_off.c.off))
    return {date.fromisoformat(row.day): row.off for row in rows}


def gaps(connection: Connection, begins: int, ends: int) -> list[tuple[int, int]]:
    """The times from `begins` to `ends` (UTC ms) in which nobody is on duty, when there is a roster at all."""
    if connection.execute(sa.select(recipient.c.id).where(recipient.c.rostered, recipient.c.active)).first() is None:
        return []
    query = sa.select(shift.c.begins, shift.c.ends).where(
        shift.c.cancelled.is_(None), shift.c.ends > begins, shift.c.begins < ends
    )
    found: list[tuple[int, int]] = []
    at = begins
    for row in connection.execute(query.order_by(shift.c.begins)):
        if row.begins > at:
            found.append((at, row.begins))
        at = max(at, row.ends)
    return [*found, (at, ends)] if at < ends else found


def _own(connection: Connection, recipient_id: str, begins: int, ends: int) -> list[tuple[int, int]]:
    query = sa.select(shift.c.begins, shift.c.ends).where(
        shift.c.recipient == recipient_id, shift.c.cancelled.is_(None), shift.c.ends > begins, shift.c.begins < ends
    )
    return [(row.begins, row.ends) for row in connection.execute(query)]


def _coming(connection: Connection, shift_id: int, now: int) -> "sa.Row[tuple[object, ...]]":
    row = connection.execute(sa.select(shift).where(shift.c.id == shift_id, shift.c.cancelled.is_(None))).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.ends <= now:
        raise Refused("past")
    return row
