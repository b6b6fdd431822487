"""A channel whose budget holds messages back: staff hear of it once, and ladders go on to their next step."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import claims, settling
from keng_hub.deliveries.budgets import DAILY_CAP, Limits
from keng_hub.deliveries.quiet import start_of_day
from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents import faults
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import attempt, delivery

PATIENCE_MS = 60_000
"""So long a message waits for its turn before its ladder goes on."""

SLICE = 200
"""Messages that are helped along at a time, so that no alarm waits behind them."""


def see_to(connection: Connection, limits: Mapping[str, Limits], paced: Collection[str], now: int) -> None:
    """Look at every channel that has a budget, and begin or end its fault.

    `paced` are those whose rate is used up just now; what waits elsewhere waits for another reason, as for a breaker.
    """
    for channel, limit in limits.items():
        used_up = limit.daily_cap is not None and _used_up(connection, channel, now)
        late = limit.per_minute is not None and _late(connection, channel, now)
        if late and channel in paced:
            for row in late:
                settling.bring_forward(connection, row, now)
        if used_up or (late and channel in paced):
            take_turn(connection)
            faults.short(connection, channel, DAILY_CAP if used_up else "rate", now)
        elif not late:
            faults.suffices(connection, channel, now)


def _late(connection: Connection, channel: str, now: int) -> list[Any]:
    """The first of the messages that wait too long for their turn."""
    query = (
        sa.select(attempt)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(
            attempt.c.channel == channel,
            attempt.c.state == AttemptState.QUEUED.value,
            attempt.c.tries == 0,
            attempt.c.due < now - PATIENCE_MS,
            delivery.c.expires > now,
            claims.awake(now),
        )
        .order_by(attempt.c.priority, attempt.c.due)
        .limit(SLICE)
    )
    return list(connection.execute(query).all())


def _used_up(connection: Connection, channel: str, now: int) -> bool:
    refused = sa.select(attempt.c.id).where(
        attempt.c.channel == channel,
        attempt.c.state == AttemptState.FAILED.value,
        attempt.c.error_code == DAILY_CAP,
        attempt.c.due >= start_of_day(now),
    )
    return connection.execute(refused.limit(1)).first() is not None
