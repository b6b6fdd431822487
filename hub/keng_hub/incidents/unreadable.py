"""The way round the stages: an alarm that none of them could digest becomes an incident all the same (fail open).

It takes nothing for granted that the stages do with care: no place, no words, no grouping, only rows.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Text
from keng_hub.incidents import correlate, entries, findings, notify
from keng_hub.incidents.case import Case, Finding
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.route import people
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import short_code
from keng_hub.tables import alarm, incident
from keng_wire.alarm import Alarm


def take(connection: Connection, arrival: Arrival, error: Exception | str, now: int) -> int:
    """Open an incident, or go on with the one of this occurrence, tell everybody of tier 1; gives the incident's id."""
    body = arrival.message.body
    if not isinstance(body, Alarm):
        raise TypeError(f"not an alarm: {type(body).__name__}")
    take_turn(connection)
    finding = findings.of_alarm(arrival, body)
    query = sa.select(alarm.c.incident).where(alarm.c.node == finding.node, alarm.c.occurrence == finding.occurrence)
    known: int | None = connection.execute(query).scalar_one_or_none()
    incident_id = known if known is not None else correlate.open_plainly(connection, _case(finding, now))
    data = {
        "error": (error if isinstance(error, str) else repr(error))[:300],
        "node": finding.node,
        "device": finding.device,
    }
    entries.write(connection, incident_id, EntryKind.UNREADABLE, data, now)
    row = connection.execute(sa.select(incident).where(incident.c.id == incident_id)).one()
    letter = Letter(
        incident=incident_id,
        short_code=short_code(row.code),
        kind=notify.kind_of(row, first=known is None),
        category=finding.category,
        drill=finding.drill or finding.test,
        text=_text(finding, short_code(row.code)),
    )
    ledger.enqueue(connection, letter, people(connection, row.category, None, [1], now), now)
    notify.start_escalation(connection, row, now)
    entries.announce(connection, incident_id, now, opened=known is None)
    return incident_id


def _case(finding: Finding, now: int) -> Case:
    return Case(finding, now, place=finding.place, place_words=f"Trạm {finding.node}")


def _text(finding: Finding, code: str) -> Text:
    first = ("DIỄN TẬP. ", "DIEN TAP. ", "DRILL. ") if finding.drill else ("THỬ. ", "THU. ", "TEST. ")
    vi, plain, en = first if finding.drill or finding.test else ("", "", "")
    return Text(
        vi=f"{vi}BÁO ĐỘNG chưa xác minh từ trạm {finding.node}. Tin đọc được không đủ, cần xem ngay. {code}",
        ascii=f"{plain}BAO DONG chua xac minh tu tram {finding.node}. Tin doc duoc khong du, can xem ngay. {code}",
        en=f"{en}ALARM not verified from node {finding.node}. Not readable as a whole, look at once. {code}",
    )
