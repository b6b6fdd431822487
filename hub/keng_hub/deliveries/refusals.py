"""A provider that took a message and says later that it could not be brought: the ladder goes on after all."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import PENDING, REACHED, AttemptState
from keng_hub.incidents import faults
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import attempt, delivery


def refuse(connection: Connection, channel: str, provider_id: str, code: str, now: int) -> bool:
    """Fail the accepted attempt the provider calls so; False when there is none that is only accepted.

    Steps that were stopped because this one seemed enough are due now, unless somebody ended the whole message; where
    none is left and nothing else was accepted, staff are told of the person nobody could reach.
    """
    take_turn(connection)
    row = connection.execute(
        sa.select(attempt, delivery.c.incident, delivery.c.recipient, delivery.c.stopped, delivery.c.expires)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(
            attempt.c.channel == channel,
            attempt.c.provider_id == provider_id,
            attempt.c.state == AttemptState.ACCEPTED.value,
        )
        .order_by(attempt.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return False
    failed = {"state": AttemptState.FAILED.value, "error_class": "unreachable", "error_code": code[:40]}
    stamps = row.stamps | {AttemptState.FAILED.value: now}
    connection.execute(sa.update(attempt).where(attempt.c.id == row.id).values(stamps=stamps, **failed))
    if not row.stopped and not _has(connection, row.delivery, *REACHED):
        _go_on(connection, row.delivery, now)
        if not _has(connection, row.delivery, *PENDING):
            faults.undelivered(connection, row.incident, row.recipient, now)
    return True


def _go_on(connection: Connection, delivery_id: int, now: int) -> None:
    """The next step that waits, or was stopped, is due now."""
    waiting = (AttemptState.QUEUED.value, AttemptState.STOPPED.value)
    following = sa.select(sa.func.min(attempt.c.id)).where(
        attempt.c.delivery == delivery_id, attempt.c.state.in_(waiting)
    )
    connection.execute(
        sa.update(attempt)
        .where(attempt.c.id == following.scalar_subquery())
        .values(state=AttemptState.QUEUED.value, due=now)
    )


def _has(connection: Connection, delivery_id: int, *states: AttemptState) -> bool:
    query = sa.select(attempt.c.id).where(
        attempt.c.delivery == delivery_id, attempt.c.state.in_([state.value for state in states])
    )
    return connection.execute(query.limit(1)).first() is not None
