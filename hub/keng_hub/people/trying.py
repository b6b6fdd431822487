"""A test message that a household asks for: to each of its contacts, marked as a test in its first word."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Text
from keng_hub.deliveries.states import PRIORITY, DeliveryKind
from keng_hub.incidents.turn import take_turn
from keng_hub.people import recipients
from keng_hub.people.errors import Refused
from keng_hub.tables import delivery
from keng_wire.alarm import Category

PAUSE_MS: Final = 10 * 60_000
LIFE_MS: Final = 10 * 60_000
_TEXT: Final = Text(
    vi="THỬ. Kẻng gửi thử để biết tin đến được máy này. Không có cháy.",
    ascii="THU. Keng gui thu de biet tin den duoc may nay. Khong co chay.",
    en="TEST. Kẻng sends this to see that messages arrive here. There is no fire.",
)
_LETTER: Final = Letter(
    incident=None,
    short_code="",
    kind=DeliveryKind.DRILL,
    category=Category.INFO,
    drill=True,
    text=_TEXT,
    life_ms=LIFE_MS,
    priority=PRIORITY[Category.FAULT],
    any_hour=True,
)


def send(connection: Connection, household_id: int, now: int) -> int:
    """Send it; says to how many contacts. Refused: "too_soon" within ten minutes, "nobody" without a contact."""
    take_turn(connection)
    whom = recipients.person(connection, household_id)
    lately = sa.select(sa.func.count()).where(
        delivery.c.recipient == whom.id,
        delivery.c.kind == DeliveryKind.DRILL.value,
        delivery.c.incident.is_(None),
        delivery.c.created > now - PAUSE_MS,
    )
    if connection.execute(lately).scalar_one():
        raise Refused("too_soon")
    if not whom.ladder:
        raise Refused("nobody")
    each = [Person(whom.id, [step._replace(after_s=0)]) for step in whom.ladder]
    return ledger.enqueue(connection, _LETTER, each, now)
