"""What waits for a person: messages that could not be acted on, and reports, of the places an account looks after."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.wording import short_code
from keng_hub.notices import audience
from keng_hub.people import ways
from keng_hub.replies.reasons import FOR_STAFF
from keng_hub.replies.reports import ReportMark
from keng_hub.replies.words import Meaning
from keng_hub.tables import household, inbound, incident, place, report_photo, resident_report
from keng_hub.web.permissions import Action, may, sees_place
from keng_hub.web.sessions import Account

SHOWN: Final = 100


def load(connection: Connection, account: Account) -> dict[str, Any]:
    """Everything the page shows; addresses in full only for who may see them."""
    urgent = sa.case((inbound.c.meaning == Meaning.NEED_HELP.value, 0), else_=1)
    said = connection.execute(messages(account).order_by(urgent, inbound.c.id.desc()).limit(SHOWN)).mappings()
    reported = connection.execute(reports(account).order_by(resident_report.c.id.desc()).limit(SHOWN)).mappings()
    shown = ways.shown if may(account, Action.SEE_NUMBERS) else ways.masked
    return {
        "messages": [dict(row) | {"shown": shown(row["channel"], row["address"])} for row in said],
        "reports": sorted((dict(row) | {"short": short_code(row["incident_code"])} for row in reported), key=_doubt),
        "places": audience.places(connection, account.place),
    }


def _doubt(row: dict[str, Any]) -> int:
    """Who misled people before is read last, who was right before first; nobody is left out."""
    marks = row["marks"]
    return (
        (ReportMark.HOAX_BEFORE.value in marks) * 2
        + (ReportMark.MANY.value in marks)
        - (ReportMark.RIGHT_BEFORE.value in marks)
    )


def messages(account: Account) -> sa.Select[Any]:
    """Messages that wait: of households in the account's places; of strangers for who looks after all places."""
    chosen = (
        sa.select(inbound, household.c.label, household.c.place)
        .outerjoin(household, household.c.id == inbound.c.household)
        .where(inbound.c.handled.is_(None), inbound.c.reason.in_([reason.value for reason in FOR_STAFF]))
    )
    return chosen.where(sees_place(account, household.c.place))


def reports(account: Account) -> sa.Select[Any]:
    """Reports that nobody has read."""
    chosen = (
        sa.select(
            resident_report,
            incident.c.code.label("incident_code"),
            incident.c.state,
            report_photo.c.id.label("photo"),
            report_photo.c.width,
            report_photo.c.height,
        )
        .join(incident, incident.c.id == resident_report.c.incident)
        .join(place, place.c.id == resident_report.c.place)
        .outerjoin(report_photo, report_photo.c.report == resident_report.c.id)
        .where(resident_report.c.handled.is_(None))
    )
    return chosen.where(sees_place(account, resident_report.c.place))


def jpeg(connection: Connection, account: Account, key: int) -> bytes | None:
    """The photo of a report, for who looks after its place."""
    chosen = sa.select(report_photo.c.jpeg).join(resident_report, resident_report.c.id == report_photo.c.report)
    chosen = chosen.where(report_photo.c.id == key)
    chosen = chosen.where(sees_place(account, resident_report.c.place))
    return connection.execute(chosen).scalar()
