"""Households of the village of `support.village_rows` with telephones, and messages from them."""

from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.channels.channel import Inbound
from keng_hub.incidents.emergency import Emergency
from keng_hub.people import recipients
from keng_hub.replies import inbox, part
from support.village_rows import Village

BASE = "https://keng.example"
PHONE = "+84912345678"
_NUMBERS = count(1)


def add_home(connection: Connection, place: str = "so-5", phone: str | None = PHONE, channel: str = "sms") -> int:
    """A household with a verified telephone, unless `phone` is None."""
    values: dict[str, Any] = {"place": place, "label": f"Nhà ở {place}", "call_numbers": [], "added": 1}
    made = sa.insert(tables.household).values(**values).returning(tables.household.c.id)
    home: int = connection.execute(made).scalar_one()
    if phone is not None:
        contact = {"household": home, "channel": channel, "address": phone, "state": "verified", "added": 1}
        connection.execute(sa.insert(tables.contact).values(**contact, consented=1, verified=1))
    recipients.keep(connection, home)
    return home


def send(village: Village, text: str, address: str = PHONE, channel: str = "sms", key: str | None = None) -> int:
    """A message arrives and is read; the id of its row."""
    said = Inbound(channel, address, key or f"tin-{next(_NUMBERS)}", text, village.now)
    village.do(inbox.take, said, village.now)
    for row in village.rows(tables.inbound, tables.inbound.c.meaning.is_(None)):
        village.do(part.take, row.id, BASE, Emergency(), village.now)
    return int(village.rows(tables.inbound)[-1].id)


def answers(village: Village) -> list[str]:
    """What was answered so far, without marks."""
    answered = sa.select(tables.inbound.c.answer).where(tables.inbound.c.answer.is_not(None))
    return [row.body_ascii for row in village.rows(tables.delivery, tables.delivery.c.id.in_(answered))]
