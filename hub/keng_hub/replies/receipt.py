"""An answer proves that a message arrived: the tries that may have brought it are seen, or replied to."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.states import REACHED, AttemptState
from keng_hub.tables import attempt, delivery

_ORDER = {state.value: place for place, state in enumerate(REACHED)}


def note(
    connection: Connection, recipient: str, incident_id: int | None, channel: str, state: AttemptState, now: int
) -> bool:
    """Move the newest message to `recipient` (about `incident_id`, if given) on, by its tries on `channel`.

    False when nothing was sent there that it could be an answer to.
    """
    query = (
        sa.select(attempt.c.delivery)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(delivery.c.recipient == recipient, attempt.c.channel == channel, _may_have_arrived())
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    if incident_id is not None:
        query = query.where(delivery.c.incident == incident_id)
    key = connection.execute(query).scalar_one_or_none()
    return key is not None and of_delivery(connection, key, state, now, channel)


def of_delivery(
    connection: Connection, delivery_id: int, state: AttemptState, now: int, channel: str | None = None
) -> bool:
    """Move the tries of one message on, never backwards, and stop what had not begun."""
    query = sa.select(attempt).where(attempt.c.delivery == delivery_id, _may_have_arrived())
    if channel is not None:
        query = query.where(attempt.c.channel == channel)
    moved = False
    for row in connection.execute(query).all():
        if _ORDER.get(row.state, -1) < _ORDER[state.value]:
            stamps = row.stamps | {state.value: now}
            values = {"state": state.value, "stamps": stamps, "leased_until": None}
            connection.execute(sa.update(attempt).where(attempt.c.id == row.id).values(**values))
            moved = True
    ledger.stop_rest(connection, delivery_id, now)
    return moved


def _may_have_arrived() -> sa.ColumnElement[bool]:
    sent = [AttemptState.SENDING.value, *(state.value for state in REACHED)]
    return sa.or_(attempt.c.state.in_(sent), attempt.c.uncertain)
