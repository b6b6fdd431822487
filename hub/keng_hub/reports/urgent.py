"""The urgent report of a serious incident: made by a person's word, kept as it was, told to the leaders, and filed."""

import unicodedata
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import actions, entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.route import people
from keng_hub.incidents.rows import any_row
from keng_hub.incidents.states import State
from keng_hub.incidents.wording import without_marks
from keng_hub.reports.content import written
from keng_hub.reports.urgent_content import gather
from keng_hub.tables import urgent_report
from keng_wire.alarm import Category

SERIOUS: Final = frozenset({Category.FIRE.value, Category.MEDICAL.value, Category.SECURITY.value})
LEADERS: Final = (2, 3)
"""Tiers that are told of a report."""


def make(connection: Connection, incident_id: int, account: int, link_base: str, now: int) -> str:
    """Write the report of an incident as it stands, once more when something was added; gives its number."""
    row = any_row(connection, incident_id)
    if row.category not in SERIOUS:
        raise Refused("not_serious")
    made = sa.select(sa.func.coalesce(sa.func.max(urgent_report.c.n), 0)).where(urgent_report.c.incident == row.id)
    n = connection.execute(made).scalar_one() + 1
    code = f"BCN-{row.code.partition('-')[2]}-{n}"
    text, digest = written(gather(connection, row, now) | {"code": code})
    values = {"incident": row.id, "code": code, "n": n, "made": now, "account": account}
    connection.execute(sa.insert(urgent_report).values(**values, content=text, sha256=digest))
    entries.write(connection, row.id, EntryKind.URGENT_REPORT, {"report": code, "sha256": digest}, now, account)
    _tell(connection, row, code, f"{link_base.rstrip('/')}/reports/urgent/{code}", now)
    entries.announce(connection, row.id, now)
    return code


def file(connection: Connection, incident_id: int, account: int, document: str, now: int) -> None:
    """Say under which document it was reported: the incident is *filed*. A serious one needs its report first."""
    row = any_row(connection, incident_id)
    newest = (
        sa.select(urgent_report.c.code).where(urgent_report.c.incident == row.id).order_by(urgent_report.c.n.desc())
    )
    code = connection.execute(newest.limit(1)).scalar_one_or_none()
    if code is None and row.category in SERIOUS and not (row.drill or row.test):
        raise Refused("report_needed")
    actions.change_state(connection, incident_id, account, State.FILED, document, now)
    data = {"report": code, "document": document.strip()}
    entries.write(connection, row.id, EntryKind.URGENT_REPORT, data, now, account)


def _tell(connection: Connection, row: sa.Row[Any], code: str, link: str, now: int) -> None:
    first = ("DIỄN TẬP. ", "DRILL. ") if row.drill else ("THỬ. ", "TEST. ") if row.test else ("", "")
    vi = unicodedata.normalize("NFC", f"{first[0]}BÁO CÁO NHANH {code}: {row.place_words}. {link}")
    text = Text(vi=vi, ascii=without_marks(vi), en=f"{first[1]}URGENT REPORT {code}: {row.place_words}. {link}")
    letter = Letter(None, code, DeliveryKind.NOTICE, Category.INFO, bool(row.drill or row.test), text)
    leaders = people(connection, row.category, row.place, LEADERS, now)
    ledger.enqueue(connection, letter, leaders, now)
