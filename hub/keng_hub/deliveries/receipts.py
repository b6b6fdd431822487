"""What comes back after a message was accepted: it arrived, was seen, was answered."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.states import PENDING, REACHED, AttemptState
from keng_hub.tables import alarm, attempt, delivery


def note(connection: Connection, channel: str, provider_id: str, state: AttemptState, now: int) -> int | None:
    """Move the attempt the provider calls `provider_id` on to `state`, never backwards.

    Receipts come twice, late and in any order; a person who saw or answered needs no further step. Says which incident
    it is about; None when the message is not ours.
    """
    row = connection.execute(
        sa.select(attempt, delivery.c.incident)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(attempt.c.channel == channel, attempt.c.provider_id == provider_id)
        .order_by(attempt.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    incident_id: int | None = row.incident
    if _rank(state) > _rank(AttemptState(row.state)):
        stamps = row.stamps | {state.value: now}
        connection.execute(sa.update(attempt).where(attempt.c.id == row.id).values(state=state.value, stamps=stamps))
        if state in (AttemptState.SEEN, AttemptState.REPLIED):
            ledger.stop_rest(connection, row.delivery, now)
    return incident_id


def shown(connection: Connection, incident_id: int, now: int) -> bool:
    """A page shows the incident: the time goes to its alarms, and its page messages are delivered.

    Says whether this was news. Pages may report faster than the worker sends, so queued ones are delivered as well.
    """
    first = connection.execute(
        sa.update(alarm).where(alarm.c.incident == incident_id, alarm.c.shown_at.is_(None)).values(shown_at=now)
    ).rowcount
    open_states = [state.value for state in (*PENDING, AttemptState.ACCEPTED)]
    rows = connection.execute(
        sa.select(attempt)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(delivery.c.incident == incident_id, attempt.c.channel == "page", attempt.c.state.in_(open_states))
    ).all()
    if rows:  # the page was first: what the worker has not begun was begun just now
        begun = sa.update(alarm).where(alarm.c.incident == incident_id, alarm.c.attempted_at.is_(None))
        connection.execute(begun.values(attempted_at=now))
    for row in rows:
        stamps = row.stamps | {AttemptState.DELIVERED.value: now}
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.id == row.id)
            .values(state=AttemptState.DELIVERED.value, leased_until=None, stamps=stamps)
        )
    return bool(first or rows)


def _rank(state: AttemptState) -> int:
    return REACHED.index(state) if state in REACHED else -1
