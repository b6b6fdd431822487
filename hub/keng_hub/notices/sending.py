"""Sending a notice: its messages are written into the ledger in slices, each in a transaction of its own."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import short_code
from keng_hub.notices import audience, links
from keng_hub.notices.kinds import NoticeKind, NoticeState
from keng_hub.notices.making import short
from keng_hub.notices.templates import templates
from keng_hub.tables import incident, notice
from keng_wire.alarm import Category

SLICE: Final = 200
"""Recipients a transaction writes to, so that no alarm waits behind 5,000 households."""


def due(connection: Connection, now: int) -> list[int]:
    """The notices with something to do, alarms first."""
    ready = sa.and_(notice.c.state == NoticeState.READY.value, notice.c.starts <= now)
    late = sa.and_(notice.c.state == NoticeState.WAITING.value, notice.c.expires <= now)
    order = (notice.c.kind != NoticeKind.ALARM.value, notice.c.id)
    query = sa.select(notice.c.id).where(sa.or_(ready, late, notice.c.state == NoticeState.SENDING.value))
    return list(connection.execute(query.order_by(*order)).scalars())


def slice_of(connection: Connection, notice_id: int, link_base: str, now: int, *, speaking: bool = False) -> bool:
    """Write the next slice; True while there is more. `speaking`: there is a channel to loudspeakers."""
    take_turn(connection)
    row = connection.execute(sa.select(notice).where(notice.c.id == notice_id).with_for_update()).one()
    if row.state not in (NoticeState.READY.value, NoticeState.SENDING.value, NoticeState.WAITING.value):
        return False
    if row.expires <= now:
        _move(connection, row.id, NoticeState.EXPIRED, now)
        return False
    if speaking and row.spoken and not row.reached_to:
        _speak(connection, row, now)
    people = audience.recipients(connection, row.scope, row.reached_to, SLICE)
    _write(connection, row, people, link_base, now)
    more = len(people) == SLICE
    if more:
        values = {"state": NoticeState.SENDING.value, "reached_to": people[-1].id}
        connection.execute(sa.update(notice).where(notice.c.id == row.id).values(**values))
    else:
        _move(connection, row.id, NoticeState.SENT, now)
    return more


def _write(connection: Connection, row: sa.Row[Any], people: list[sa.Row[Any]], link_base: str, now: int) -> None:
    about = connection.execute(sa.select(incident).where(incident.c.id == row.incident)).one_or_none()
    letters: list[tuple[Letter, Person]] = []
    codes: list[str | None] = []
    homes: list[int | None] = []
    for one in people:
        code = links.new() if about is not None and one.household is not None else None
        letters.append((_letter(row, about, _text(row, code and f"{link_base}/a/{code}"), now), audience.person(one)))
        codes.append(code)
        homes.append(one.household)
    keys = ledger.post(connection, letters, now)
    made = [
        {"code": code, "household": home, "incident": row.incident, "delivery": key}
        for code, home, key in zip(codes, homes, keys, strict=True)
        if code is not None
    ]
    links.keep(connection, made, now)


def _speak(connection: Connection, row: sa.Row[Any], now: int) -> None:
    about = connection.execute(sa.select(incident).where(incident.c.id == row.incident)).one_or_none()
    letter = _letter(row, about, Text(row.spoken, row.spoken, row.spoken), now)
    ledger.enqueue(connection, letter, [audience.loudspeakers(connection, row.scope)], now)


def _text(row: sa.Row[Any], link: str | None) -> Text:
    texts = (row.body_vi, row.body_ascii, row.body_en)
    return Text(*(f"{one} {link}" for one in texts)) if link else Text(*texts)


def _letter(row: sa.Row[Any], about: sa.Row[Any] | None, text: Text, now: int) -> Letter:
    return Letter(
        incident=row.incident,
        short_code=short_code(about.code) if about is not None else short(row.code),
        kind=_kind(row),
        category=Category(about.category) if about is not None else Category.INFO,
        drill=bool(row.drill),
        text=text,
        life_ms=row.expires - now,
        any_hour=row.template in templates() and templates()[row.template].any_hour,
        notice=row.id,
    )


def _kind(row: sa.Row[Any]) -> DeliveryKind:
    if row.incident is None:
        return DeliveryKind.NOTICE
    return DeliveryKind.DRILL if row.drill else DeliveryKind.ALARM


def _move(connection: Connection, notice_id: int, state: NoticeState, now: int) -> None:
    ended = None if state is NoticeState.SENT else now
    connection.execute(sa.update(notice).where(notice.c.id == notice_id).values(state=state.value, ended=ended))
