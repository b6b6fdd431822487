"""Keeping quiet for a while: with a reason and an end, and never anything vital without a second person.

A mute holds back messages to people. Incidents open, sound at the duty screen and stand in every list as before; when
the mute is over, whoever was not told is told then.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.normalise import path
from keng_hub.rosters.errors import Refused
from keng_hub.tables import alarm, incident, mute
from keng_wire.alarm import Category

LONGEST_MS: Final = 8 * 3_600_000
"""Maintenance that takes longer says so again."""
VITAL: Final = frozenset({Category.FIRE.value, Category.MEDICAL.value})
"""Muted only when two named people agreed."""


def begin(
    connection: Connection,
    account_id: int,
    reason: str,
    ends: int,
    now: int,
    *,
    place: str | None = None,
    node: str | None = None,
    device: str | None = None,
    category: str | None = None,
) -> int:
    """Start a mute; gives its number. Refused: `reason_needed`, `past`, `too_long`, `device_without_node`."""
    if not reason.strip():
        raise Refused("reason_needed")
    if ends <= now:
        raise Refused("past")
    if ends - now > LONGEST_MS:
        raise Refused("too_long")
    if device is not None and node is None:
        raise Refused("device_without_node")
    values = {"place": place, "node": node, "device": device, "category": category, "reason": reason.strip()}
    row = sa.insert(mute).values(**values, account=account_id, begins=now, ends=ends).returning(mute.c.id)
    number: int = connection.execute(row).scalar_one()
    return number


def agree(connection: Connection, mute_id: int, account_id: int, now: int) -> None:
    """The second person's word, which makes it hold for fire and medical too. Refused: `not_found`, `same_person`."""
    row = _running(connection, mute_id, now)
    if row.account == account_id:
        raise Refused("same_person")
    if row.second is None:
        connection.execute(sa.update(mute).where(mute.c.id == mute_id).values(second=account_id))


def end(connection: Connection, mute_id: int, account_id: int, now: int) -> None:
    """Stop before its time; what waits because of it is due now. Refused: `not_found`."""
    row = _running(connection, mute_id, now)
    connection.execute(sa.update(mute).where(mute.c.id == mute_id).values(ended=now, ended_by=account_id))
    waiting = sa.and_(incident.c.escalate_at == row.ends, incident.c.closed.is_(None))
    connection.execute(sa.update(incident).where(waiting).values(escalate_at=now))


def running(connection: Connection, now: int) -> list[sa.Row[Any]]:
    """The mutes that hold, the oldest first."""
    query = sa.select(mute).where(mute.c.begins <= now, mute.c.ends > now, mute.c.ended.is_(None))
    return list(connection.execute(query.order_by(mute.c.begins, mute.c.id)))


def over(connection: Connection, row: sa.Row[Any], now: int) -> "sa.Row[Any] | None":
    """The mute that holds back messages about the incident `row`, the one that ends last; None when none does.

    An incident of several sources is muted only where one mute covers all of them.
    """
    active = about(connection, row.category, row.place, now)
    if not active:
        return None
    sources = connection.execute(sa.select(alarm.c.node, alarm.c.device).where(alarm.c.incident == row.id)).all()
    holding = [
        one
        for one in active
        if all(
            (one.node is None or source.node == one.node) and (one.device is None or source.device == one.device)
            for source in sources
        )
    ]
    return max(holding, key=lambda one: one.ends, default=None)


def about(connection: Connection, category: str, place_id: str | None, now: int) -> list[sa.Row[Any]]:
    """The mutes that hold for this category and place; one of a node or a device holds for its own alarms alone."""
    active = [one for one in running(connection, now) if _of_category(one, category)]
    if not active:
        return []
    around = {key for key, _ in path(connection, place_id)}
    return [one for one in active if one.place is None or one.place in around]


def _of_category(one: sa.Row[Any], category: str) -> bool:
    return (one.second is not None or category not in VITAL) and one.category in (None, category)


def _running(connection: Connection, mute_id: int, now: int) -> sa.Row[Any]:
    query = sa.select(mute).where(mute.c.id == mute_id, mute.c.ends > now, mute.c.ended.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row
