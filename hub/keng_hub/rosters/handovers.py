"""What one shift leaves to the next: a text, and what was open when it was written."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.states import ENDED
from keng_hub.rosters.errors import Refused
from keng_hub.tables import account, handover, incident


def give(connection: Connection, account_id: int, text: str, now: int) -> int:
    """Write it; gives its number. The open incidents are noted by themselves. Refused: `text_needed`."""
    if not text.strip():
        raise Refused("text_needed")
    ended = [state.value for state in ENDED]
    query = sa.select(incident.c.code).where(incident.c.state.not_in(ended)).order_by(incident.c.id)
    codes = list(connection.execute(query).scalars())
    row = sa.insert(handover).values(account=account_id, at=now, text=text.strip(), open=codes)
    number: int = connection.execute(row.returning(handover.c.id)).scalar_one()
    return number


def take(connection: Connection, handover_id: int, account_id: int, now: int) -> None:
    """The next one has read it. Refused: `not_found`, `same_person`, `taken`."""
    row = connection.execute(sa.select(handover).where(handover.c.id == handover_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.account == account_id:
        raise Refused("same_person")
    if row.taken is not None:
        raise Refused("taken")
    values = {"taken_by": account_id, "taken": now}
    connection.execute(sa.update(handover).where(handover.c.id == handover_id).values(**values))


def book(connection: Connection, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The shift book, newest first."""
    taker = account.alias("taker")
    query = (
        sa.select(handover, account.c.full_name.label("giver"), taker.c.full_name.label("taker"))
        .join(account, account.c.id == handover.c.account)
        .outerjoin(taker, taker.c.id == handover.c.taken_by)
        .order_by(handover.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(handover.c.id < before)
    return [dict(row) for row in connection.execute(query).mappings()]
