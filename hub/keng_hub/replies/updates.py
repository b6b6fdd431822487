"""Telling reporters how far their report is: received, being worked on, done; once each, by the way they used."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Step
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents.states import ENDED, HELD, State
from keng_hub.incidents.turn import take_turn
from keng_hub.people.recipients import recipient_id
from keng_hub.replies import texts
from keng_hub.replies.reports import ReportStatus
from keng_hub.tables import inbound, incident, resident_report
from keng_wire.alarm import Category

SLICE: Final = 100
_SAID: Final = {
    ReportStatus.WORKING: ("Tin báo của bạn ({code}) đang được xử lý.", "Your report ({code}) is being worked on."),
    ReportStatus.DONE: (
        "Tin báo của bạn ({code}) đã xử lý xong. Cảm ơn bạn.",
        "Your report ({code}) is done. Thank you.",
    ),
}
_WORKING: Final = [state.value for state in HELD | {State.CONTAINED}]
_DONE: Final = [state.value for state in ENDED]


def due(connection: Connection) -> bool:
    """Whether any reporter was told less than there is to tell."""
    return connection.execute(_behind().limit(1)).first() is not None


def tell(connection: Connection, link_base: str, now: int) -> int:
    """Tell some of them; who came by a page sees it there, so only the row moves on. Says how many rows did."""
    take_turn(connection)
    rows = connection.execute(_behind().limit(SLICE)).all()
    for row in rows:
        status = ReportStatus.DONE if row.state in _DONE else ReportStatus.WORKING
        moved = sa.update(resident_report).where(resident_report.c.id == row.id, resident_report.c.told == row.told)
        if connection.execute(moved.values(told=status.value)).rowcount == 1 and row.channel is not None:
            _send(connection, row, status, link_base, now)
    return len(rows)


def _send(connection: Connection, row: sa.Row[Any], status: ReportStatus, link_base: str, now: int) -> None:
    vi, en = _SAID[status]
    text = texts.about(row, f"{vi} {link_base}/s/{row.report_code}", f"{en} {link_base}/s/{row.report_code}")
    letter = Letter(None, "", DeliveryKind.UPDATE, Category.INFO, drill=bool(row.drill or row.test), text=text)
    ledger.enqueue(connection, letter, [Person(recipient_id(row.household), [Step(row.channel, row.address)])], now)


def _behind() -> sa.Select[Any]:
    """Reports whose incident went further than their reporter knows."""
    further = sa.or_(
        sa.and_(incident.c.state.in_(_WORKING), resident_report.c.told == ReportStatus.RECEIVED.value),
        sa.and_(incident.c.state.in_(_DONE), resident_report.c.told != ReportStatus.DONE.value),
    )
    columns = [
        incident.c.code,
        incident.c.state,
        incident.c.drill,
        incident.c.test,
        inbound.c.channel,
        inbound.c.address,
    ]
    return (
        sa.select(
            resident_report.c.id,
            resident_report.c.told,
            resident_report.c.household,
            resident_report.c.code.label("report_code"),
            *columns,
        )
        .join(incident, incident.c.id == resident_report.c.incident)
        .outerjoin(inbound, inbound.c.id == resident_report.c.inbound)
        .where(further)
        .order_by(resident_report.c.id)
    )
