"""Messages and reports of residents go after a year; codes of links as soon as they open nothing any more."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.states import ENDED
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import answer_link, inbound, incident, report_photo, resident_report

DAY_MS: Final = 86_400_000
DAYS: Final = 365
LINK_DAYS: Final = 30
SLICE: Final = 500


def due(connection: Connection, now: int) -> bool:
    """Whether there is anything to delete."""
    return any(connection.execute(query.limit(1)).first() is not None for query in _old(now))


def delete_old(connection: Connection, now: int) -> int:
    """Delete some of each; says how many rows. Reports of open incidents, and those with a photo, stay."""
    take_turn(connection)
    links, reports, messages = (connection.execute(query.limit(SLICE)).scalars().all() for query in _old(now))
    gone = connection.execute(sa.delete(answer_link).where(answer_link.c.code.in_(links))).rowcount
    gone += connection.execute(sa.delete(resident_report).where(resident_report.c.id.in_(reports))).rowcount
    return gone + connection.execute(sa.delete(inbound).where(inbound.c.id.in_(messages))).rowcount


def _old(now: int) -> "tuple[sa.Select[tuple[str]], sa.Select[tuple[int]], sa.Select[tuple[int]]]":
    before = now - DAYS * DAY_MS
    over = sa.select(incident.c.id).where(incident.c.state.in_([state.value for state in ENDED]))
    links = sa.select(answer_link.c.code).where(answer_link.c.made < now - LINK_DAYS * DAY_MS)
    reports = sa.select(resident_report.c.id).where(
        resident_report.c.received < before,
        resident_report.c.incident.in_(over),
        resident_report.c.id.not_in(sa.select(report_photo.c.report)),
    )
    kept = sa.select(resident_report.c.inbound).where(resident_report.c.inbound.is_not(None))
    messages = sa.select(inbound.c.id).where(inbound.c.received < before, inbound.c.id.not_in(kept))
    return links, reports, messages
