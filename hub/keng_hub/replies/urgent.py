"""A call for help that nobody could place: staff are told at once that somebody has to read it."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents.route import SCREEN, people
from keng_hub.replies import texts
from keng_hub.replies.answering import Answer
from keng_hub.replies.reading import Reading
from keng_hub.replies.reasons import FOR_STAFF
from keng_hub.replies.words import Meaning
from keng_hub.tables import delivery
from keng_wire.alarm import Category

CODE: Final = "TIN-DAN"
"""Stands where other messages have the short code of an incident."""
WINDOW_MS: Final = 10 * 60_000
MOST: Final = 5
"""Messages to staff within the window: whoever reads one of them sees all that waits."""
_DANGER: Final = frozenset({Category.FIRE, Category.MEDICAL, Category.SECURITY})


def tell(connection: Connection, one: Reading, answer: Answer) -> int:
    """Write to everybody of the first tier, when this waits for a person and may be about danger; says how many."""
    danger = one.said.meaning is Meaning.NEED_HELP or one.said.category in _DANGER
    if answer.reason not in FOR_STAFF or not danger or _told(connection, one.now) >= MOST:
        return 0
    category = one.said.category if one.said.category in _DANGER else Category.MEDICAL
    link = f"{one.link_base}/messages"
    vi = f"CÓ NGƯỜI CẦN GIÚP, chưa rõ ở đâu, chưa xác minh. Đọc ngay: {link}"
    text = texts.text(vi, f"SOMEBODY NEEDS HELP, place not known, not verified. Read it now: {link}")
    letter = Letter(None, CODE, DeliveryKind.UPDATE, category, drill=False, text=text)
    return ledger.enqueue(connection, letter, people(connection, category.value, None, [1], one.now), one.now)


def _told(connection: Connection, now: int) -> int:
    query = sa.select(sa.func.count()).where(
        delivery.c.short_code == CODE, delivery.c.recipient == SCREEN, delivery.c.created > now - WINDOW_MS
    )
    return connection.execute(query).scalar_one()
