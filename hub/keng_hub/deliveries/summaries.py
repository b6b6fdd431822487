"""One summary instead of alarms that are too old: nobody in a house is frightened by a fire of three hours ago."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Step, Text
from keng_hub.deliveries.states import ALARMING, CLIMBS, PENDING, REACHED, AttemptState, DeliveryKind
from keng_hub.tables import attempt, delivery, incident, recipient
from keng_wire.alarm import Category

CODE = "TOM-TAT"
"""Stands where other messages have the short code of one incident."""

SHOWN = 5
_LOOK_BACK_MS = 7 * 86_400_000
_OVER = ("contained", "closed")


def write(connection: Connection, recipients: Iterable[str], now: int) -> int:
    """A summary for each of these residents who missed an alarm; one still waiting gives way. Says how many."""
    return sum(_for(connection, key, now) for key in sorted(set(recipients)))


def _for(connection: Connection, recipient_id: str, now: int) -> int:
    missed = _missed(connection, recipient_id, now)
    if not missed:
        return 0
    _give_way(connection, recipient_id, now)
    ladder = connection.execute(sa.select(recipient.c.ladder).where(recipient.c.id == recipient_id)).scalar_one()
    person = Person(recipient_id, [Step(one["channel"], one["address"], one["after_s"]) for one in ladder])
    letter = Letter(None, CODE, DeliveryKind.NOTICE, Category.INFO, False, compose(missed))
    return ledger.enqueue(connection, letter, [person], now)


def _missed(connection: Connection, recipient_id: str, now: int) -> list[Any]:
    """The incidents of which this resident got nothing and will get nothing, since the last summary that arrived."""
    reached = [state.value for state in REACHED]
    came = sa.select(attempt.c.delivery).where(attempt.c.state.in_([*reached, *(state.value for state in PENDING)]))
    told = sa.select(sa.func.coalesce(sa.func.max(delivery.c.created), now - _LOOK_BACK_MS)).where(
        delivery.c.recipient == recipient_id,
        delivery.c.short_code == CODE,
        delivery.c.id.in_(sa.select(attempt.c.delivery).where(attempt.c.state.in_(reached))),
    )
    of_this = sa.and_(delivery.c.recipient == recipient_id, delivery.c.kind.in_([kind.value for kind in ALARMING]))
    knows = sa.select(delivery.c.incident).where(of_this, delivery.c.incident.is_not(None), delivery.c.id.in_(came))
    query = (
        sa.select(incident.c.code, incident.c.category, incident.c.place_words, incident.c.happened, incident.c.state)
        .join(delivery, delivery.c.incident == incident.c.id)
        .where(
            of_this,
            delivery.c.created > told.scalar_subquery(),
            incident.c.category.in_([category.value for category in CLIMBS]),
            sa.not_(incident.c.drill),
            sa.not_(incident.c.test),
            incident.c.id.not_in(knows),
        )
        .distinct()
        .order_by(incident.c.happened)
    )
    return list(connection.execute(query).all())


def _give_way(connection: Connection, recipient_id: str, now: int) -> None:
    earlier = sa.select(delivery.c.id).where(delivery.c.recipient == recipient_id, delivery.c.short_code == CODE)
    waiting = sa.select(attempt.c.delivery).where(
        attempt.c.state == AttemptState.QUEUED.value, attempt.c.delivery.in_(earlier)
    )
    for key in connection.execute(waiting.distinct()).scalars().all():
        ledger.stop_rest(connection, key, now)


def compose(missed: Sequence[Any]) -> Text:
    """What was missed, in the past tense and with its end; no word that an alarm begins with."""
    from keng_hub.incidents.wording import without_marks

    vi = _text(missed, vietnamese=True)
    return Text(unicodedata.normalize("NFC", vi), without_marks(vi), _text(missed, vietnamese=False))


def _text(missed: Sequence[Any], *, vietnamese: bool) -> str:
    head = (
        "Tin tóm tắt, không phải báo động mới. Trong lúc không gửi được tin đã có: "
        if vietnamese
        else "Summary, not a new alarm. While no message could be sent there was: "
    )
    parts = [_one(row, vietnamese=vietnamese) for row in missed[:SHOWN]]
    if more := len(missed) - SHOWN if len(missed) > SHOWN else 0:
        parts.append(f"và {more} việc khác" if vietnamese else f"and {more} more")
    return head + "; ".join(parts) + "."


_WHAT = {"fire": ("báo cháy", "a fire alarm"), "medical": ("gọi cấp cứu", "a call for help")}
_OTHER = ("báo động an ninh", "a security alarm")


def _one(row: Any, *, vietnamese: bool) -> str:
    from keng_hub.incidents.wording import VIETNAM, short_code

    moment = datetime.fromtimestamp(row.happened / 1000, UTC).astimezone(VIETNAM)
    place, code = row.place_words.split(", ")[0], short_code(row.code)
    what = _WHAT.get(row.category, _OTHER)[not vietnamese]
    if vietnamese:
        end = "đã xong" if row.state in _OVER else "đang xử lý"
        return f"{what} lúc {moment:%H:%M %d/%m} ở {place} ({code}, {end})"
    end = "over" if row.state in _OVER else "being dealt with"
    return f"{what} at {moment:%H:%M %d/%m} in {place} ({code}, {end})"
