"""Answering a message by the way it came: through the ledger, at most once, and never in a circle with a machine."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Step, Text
from keng_hub.deliveries.states import PRIORITY, DeliveryKind
from keng_hub.people.recipients import recipient_id
from keng_hub.replies.reasons import ReplyReason
from keng_hub.replies.senders import Sender
from keng_hub.tables import delivery, inbound, recipient
from keng_hub.upsert import insert
from keng_wire.alarm import Category

WINDOW_MS: Final = 10 * 60_000
MOST: Final = 6
"""Answers to one address within the window. Two machines that thank each other end here."""
LIFE_MS: Final = 30 * 60_000
NOBODY: Final = "nguoi-gui-tin"
"""The recipient of answers to an address that nobody has; its ladder is the address that wrote."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said back, and what stays to be done: `reason` says why nothing, or not all, could be."""

    text: Text
    category: Category = Category.FAULT
    drill: bool = False
    incident: int | None = None
    reason: ReplyReason | None = None


def send(connection: Connection, message: sa.Row[Any], sender: Sender, answer: Answer, now: int) -> int | None:
    """Write the answer; gives its delivery, or None when this address gets no more answers for now."""
    lately = (
        sa.select(inbound.c.text, delivery.c.body_vi, delivery.c.body_ascii)
        .join(delivery, delivery.c.id == inbound.c.answer)
        .where(
            inbound.c.channel == message.channel,
            inbound.c.address == message.address,
            delivery.c.created > now - WINDOW_MS,
        )
    )
    earlier = connection.execute(lately).all()
    echo = any(body in message.text for row in earlier for body in (row.body_vi, row.body_ascii))
    if len(earlier) >= MOST or echo:
        return None
    return write(connection, message, sender, answer, now)


def write(connection: Connection, message: sa.Row[Any], sender: Sender, answer: Answer, now: int) -> int:
    """As `send`, whatever was answered before: a person wrote it."""
    step = Step(message.channel, message.address)
    letter = Letter(
        incident=None,
        short_code="",  # it concerns its reader alone: one that does not come is nobody's fault
        kind=DeliveryKind.UPDATE,
        category=Category.INFO,
        drill=answer.drill,
        text=answer.text,
        life_ms=LIFE_MS,
        priority=PRIORITY[answer.category],
        any_hour=True,
    )
    return ledger.post(connection, [(letter, Person(_recipient(connection, sender), [step]))], now)[0]


def _recipient(connection: Connection, sender: Sender) -> str:
    if sender.contacts:
        return recipient_id(sender.contacts[0].household)
    if sender.staff:
        return str(sender.staff[0].id)
    values: dict[str, Any] = {
        "id": NOBODY,
        "name": "Người gửi tin",
        "tier": 0,
        "categories": [],
        "ladder": [],
        "active": False,
    }
    connection.execute(insert(connection, recipient).values(**values).on_conflict_do_nothing())
    return NOBODY
