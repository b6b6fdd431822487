"""Which incident somebody means, by the short code they wrote or by what they were told last."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import ALARMING
from keng_hub.incidents.states import ENDED, WAITING
from keng_hub.people.recipients import recipient_id
from keng_hub.replies.words import Code
from keng_hub.tables import delivery, incident, node, roll_call_answer
from keng_hub.web.permissions import sees_incident
from keng_hub.web.sessions import Account

TOLD_MS: Final = 24 * 3_600_000
"""For so long an answer without a code belongs to what somebody was told."""

_OVER: Final = [state.value for state in ENDED]


def of_code(connection: Connection, code: Code, account: Account) -> list[sa.Row[Any]]:
    """The incidents of this short code that the account may see: the open ones, or the newest closed one."""
    suffix = f"-{code.number:04d}"
    query = (
        sa.select(incident)
        .select_from(incident.outerjoin(node, node.c.id == incident.c.node))
        .where(incident.c.code.like(f"SC-{code.year or '____'}{suffix}"), sees_incident(account))
        .order_by(incident.c.id.desc())
    )
    rows = connection.execute(query).all()
    return [row for row in rows if row.state not in _OVER] or list(rows[:1])


def waiting_for(connection: Connection, account: Account, recipients: list[str]) -> list[sa.Row[Any]]:
    """The open incidents that one of `recipients` was told of and that nobody has taken."""
    told = sa.select(delivery.c.incident).where(delivery.c.recipient.in_(recipients))
    query = (
        sa.select(incident)
        .select_from(incident.outerjoin(node, node.c.id == incident.c.node))
        .where(
            incident.c.id.in_(told), incident.c.state.in_([state.value for state in WAITING]), sees_incident(account)
        )
        .order_by(incident.c.id.desc())
    )
    return list(connection.execute(query).all())


def of_household(connection: Connection, household_id: int, code: Code | None, now: int) -> sa.Row[Any] | None:
    """The incident a household answers: open before closed, the newest first, within a day of being told."""
    told = sa.select(delivery.c.incident).where(
        delivery.c.recipient == recipient_id(household_id),
        delivery.c.kind.in_([kind.value for kind in ALARMING]),
        delivery.c.created > now - TOLD_MS,
    )
    asked = sa.select(roll_call_answer.c.incident).where(roll_call_answer.c.household == household_id)
    query = (
        sa.select(incident)
        .where(sa.or_(incident.c.id.in_(told), incident.c.id.in_(asked)), incident.c.changed > now - TOLD_MS)
        .order_by(incident.c.state.in_(_OVER), incident.c.id.desc())
    )
    if code is not None:
        query = query.where(incident.c.code.like(f"SC-{code.year or '____'}-{code.number:04d}"))
    return connection.execute(query.limit(1)).one_or_none()


def is_over(row: sa.Row[Any]) -> bool:
    """Whether it is closed."""
    return row.state in _OVER
