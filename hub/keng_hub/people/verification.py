"""A contact is verified by six digits: sent to the address, or sent by the person from a chat we do not know yet."""

import secrets
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Step, Text
from keng_hub.deliveries.states import PRIORITY, DeliveryKind
from keng_hub.incidents.turn import take_turn
from keng_hub.people import consents, recipients
from keng_hub.people.errors import Refused
from keng_hub.people.states import ConsentAct, ContactState, How
from keng_hub.tables import contact, contact_code, joining_code
from keng_hub.upsert import insert
from keng_wire.alarm import Category

LIFE_MS: Final = 10 * 60_000
TRIES: Final = 5
AGAIN_MS: Final = 60_000
"""The pause between two codes for one address."""
HOUR_MS: Final = 3_600_000
PER_ADDRESS: Final = 3
"""Codes an hour: nobody's telephone is flooded by a stranger."""
PER_HOUSEHOLD: Final = 12
"""Codes a day, for each costs the commune a message."""


class Failure(StrEnum):
    """Why a code did not verify anything."""

    WRONG = "wrong"
    OVER = "over"  # too old, used, or tried too often


class Wish(NamedTuple):
    """Somebody consented to be told by `channel`; `address` None is learnt from the message they will write."""

    household: int
    channel: str
    address: str | None
    language: str
    how: How
    joining_code: int | None = None


class Begun(NamedTuple):
    """The code's row, and its digits, which only a person who writes to us may be shown."""

    id: int
    digits: str


def begin(connection: Connection, wish: Wish, now: int) -> Begun:
    """Make a code that lives ten minutes, and send it where there is an address. Refused("too_many") beyond limits."""
    _check_limits(connection, wish, now)
    digits = _new_digits(connection, now)
    values: dict[str, Any] = wish._asdict() | {"how": wish.how.value, "digits": digits}
    made = sa.insert(contact_code).values(**values, made=now, expires=now + LIFE_MS, tries=0)
    key = connection.execute(made.returning(contact_code.c.id)).scalar_one()
    if wish.address is not None:
        take_turn(connection)
        recipients.keep(connection, wish.household)
        person = Person(recipients.recipient_id(wish.household), [Step(wish.channel, wish.address)])
        ledger.enqueue(connection, _letter(digits), [person], now)
    return Begun(key, digits)


def confirm(connection: Connection, code_id: int, household_id: int, digits: str, now: int) -> int | Failure:
    """The digits that arrived, as typed: the id of the contact that is verified now, or why none is."""
    counted = (
        sa.update(contact_code)
        .where(
            contact_code.c.id == code_id,
            contact_code.c.household == household_id,
            contact_code.c.address.is_not(None),
            contact_code.c.used.is_(None),
            contact_code.c.expires > now,
            contact_code.c.tries < TRIES,
        )
        .values(tries=contact_code.c.tries + 1)
        .returning(contact_code)
    )
    row = connection.execute(counted).one_or_none()
    if row is None:
        return Failure.OVER
    if not secrets.compare_digest(row.digits.encode(), digits.encode()):
        return Failure.WRONG
    return verified(connection, row, row.address, now)


def verified(connection: Connection, row: sa.Row[Any], address: str, now: int) -> int | Failure:
    """The code `row` was right: its contact is verified, its consent is written down. OVER when it was used before."""
    used = sa.update(contact_code).where(contact_code.c.id == row.id, contact_code.c.used.is_(None))
    if connection.execute(used.values(used=now, digits=None)).rowcount != 1 or not _spend(connection, row, now):
        return Failure.OVER
    values = {
        "language": row.language,
        "state": ContactState.VERIFIED.value,
        "consented": row.made,
        "verified": now,
        "left": None,
    }
    there = insert(connection, contact).values(
        household=row.household, channel=row.channel, address=address, added=now, **values
    )
    kept = there.on_conflict_do_update(index_elements=["household", "channel", "address"], set_=values)
    one = connection.execute(kept.returning(contact)).one()
    consents.write(connection, one, ConsentAct.GIVEN, How(row.how), row.made)
    recipients.keep(connection, row.household)
    return int(one.id)


def _spend(connection: Connection, row: sa.Row[Any], now: int) -> bool:
    """Whether the joining code by which somebody came still holds; a supporter's is spent by this."""
    if row.joining_code is None:
        return True
    holds = sa.and_(joining_code.c.id == row.joining_code, joining_code.c.revoked.is_(None))
    if row.how != How.SUPPORTER.value:
        return connection.execute(sa.select(joining_code.c.id).where(holds)).first() is not None
    spent = sa.update(joining_code).where(holds, joining_code.c.used.is_(None)).values(used=now)
    return connection.execute(spent).rowcount == 1


def _check_limits(connection: Connection, wish: Wish, now: int) -> None:
    today = sa.select(sa.func.count()).where(
        contact_code.c.household == wish.household, contact_code.c.made > now - 24 * HOUR_MS
    )
    if connection.execute(today).scalar_one() >= PER_HOUSEHOLD:
        raise Refused("too_many")
    if wish.address is None:
        return
    lately = sa.select(sa.func.count(), sa.func.max(contact_code.c.made)).where(
        contact_code.c.channel == wish.channel,
        contact_code.c.address == wish.address,
        contact_code.c.made > now - HOUR_MS,
    )
    count, last = connection.execute(lately).one()
    if count >= PER_ADDRESS:
        raise Refused("too_many")
    if count and now < last + AGAIN_MS:
        raise Refused("too_soon")


def _new_digits(connection: Connection, now: int) -> str:
    """Six digits that no code in use has, so that a message with them can only mean one."""
    in_use = sa.select(contact_code.c.digits).where(contact_code.c.expires > now, contact_code.c.digits.is_not(None))
    taken = set(connection.execute(in_use).scalars())
    while True:
        digits = f"{secrets.randbelow(1_000_000):06d}"
        if digits not in taken:
            return digits


def _letter(digits: str) -> Letter:
    text = Text(
        vi=f"Mã xác nhận Kẻng: {digits}. Dùng trong 10 phút. Không đưa mã này cho ai.",
        ascii=f"Ma xac nhan Keng: {digits}. Dung trong 10 phut. Khong dua ma nay cho ai.",
        en=f"Kẻng confirmation code: {digits}. Good for 10 minutes. Give it to nobody.",
    )
    # Somebody waits for it in front of the page: it goes before a notice to the whole village.
    return Letter(
        incident=None,
        short_code="",
        kind=DeliveryKind.NOTICE,
        category=Category.INFO,
        drill=False,
        text=text,
        life_ms=LIFE_MS,
        priority=PRIORITY[Category.FAULT],
        any_hour=True,
    )
