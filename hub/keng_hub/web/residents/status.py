"""How far a report is, for whoever has its code."""

from typing import Any, Literal

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import emergency
from keng_hub.incidents.wording import short_code
from keng_hub.replies import reports
from keng_hub.tables import incident, report_photo, resident_report
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import DATABASE, EMERGENCY
from keng_wire.alarm import Category


class Shown(Form):
    """Whether a photo had to be left out."""

    photo: Literal["", "no"] = ""


async def show(request: web.Request) -> web.StreamResponse:
    """The page; 404 for any other code."""
    row = await request.app[DATABASE].read(_load, request.match_info["code"].lower())
    if row is None:
        raise web.HTTPNotFound
    category = Category(row["category"])
    calls = emergency.numbers(request.app[EMERGENCY], category, drill=False)[:3] if row["status"] != "done" else []
    return page(
        request,
        "residents/status.html",
        report=row,
        steps=[one.value for one in reports.ReportStatus],
        left_out=query(request, Shown).photo == "no",
        numbers=[(service, number, emergency.dialled(number)) for service, number in calls],
    )


def _load(connection: Connection, code: str) -> dict[str, Any] | None:
    query = (
        sa.select(resident_report, incident.c.code.label("incident_code"), incident.c.state, report_photo.c.id)
        .join(incident, incident.c.id == resident_report.c.incident)
        .outerjoin(report_photo, report_photo.c.report == resident_report.c.id)
        .where(resident_report.c.code == code)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return {
        "code": row.code,
        "category": row.category,
        "where": row.place_words,
        "received": row.received,
        "short_code": short_code(row.incident_code),
        "status": reports.status(row).value,
        "photo": row[-1] is not None,
        "citizen_id": reports.ReportMark.CITIZEN_ID.value in row.marks,
    }
