"""Withdrawing consent: it counts at once, also for what is still waiting to be sent."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents.turn import take_turn
from keng_hub.people import consents, contacts, recipients
from keng_hub.people.states import ConsentAct, ContactState, How
from keng_hub.tables import attempt, contact, delivery, home_link


def leave(connection: Connection, channel: str, address: str, now: int, how: How = How.REPLY) -> list[int]:
    """Somebody at this address wants no more messages (`DUNG`); the households they spoke for come back."""
    households: list[int] = []
    for row in contacts.at(connection, channel, address):
        if withdraw(connection, row.id, how, now):
            households.append(row.household)
    return households


def withdraw(connection: Connection, contact_id: int, how: How, now: int, account_id: int | None = None) -> bool:
    """End one contact; False when it had ended before."""
    take_turn(connection)
    ended = (
        sa.update(contact)
        .where(contact.c.id == contact_id, contact.c.state != ContactState.LEFT.value)
        .values(state=ContactState.LEFT.value, left=now)
        .returning(contact)
    )
    row = connection.execute(ended).one_or_none()
    if row is None:
        return False
    consents.write(connection, row, ConsentAct.WITHDRAWN, how, now, account_id)
    connection.execute(sa.delete(home_link).where(home_link.c.contact == contact_id))
    recipients.keep(connection, row.household)
    _stop(connection, row, now)
    return True


def _stop(connection: Connection, row: sa.Row[Any], now: int) -> None:
    """Stop what waits to be sent to this contact."""
    waiting = connection.execute(
        sa.select(attempt.c.id, attempt.c.stamps)
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(
            delivery.c.recipient == recipients.recipient_id(row.household),
            attempt.c.channel == row.channel,
            attempt.c.address == row.address,
            attempt.c.state == AttemptState.QUEUED.value,
        )
    ).all()
    for one in waiting:
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.id == one.id, attempt.c.state == AttemptState.QUEUED.value)
            .values(state=AttemptState.STOPPED.value, stamps=one.stamps | {AttemptState.STOPPED.value: now})
        )
