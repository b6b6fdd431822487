"""Urgent reports: made by a button, read on screen and paper, and the text that was hashed."""

import json
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.errors import Refused
from keng_hub.reports import urgent
from keng_hub.reports.urgent_content import HOPS
from keng_hub.tables import urgent_report
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import Form, read
from keng_hub.web.incident import render, visible
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, JOINING, WAKES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

CODE: Final = r"BCN-\d{4}-\d{4,9}-\d{1,4}"
"""A report's number in an address."""


class Nothing(Form):
    """A button."""


@require(Action.FILE)
@once
async def make(request: web.Request) -> web.StreamResponse:
    """Make the report and lead to it."""
    id_, now = int(request.match_info["id"]), request.app[CLOCK]()
    await read(request, Nothing)
    try:
        base = request.app[JOINING].url
        code = await request.app[DATABASE].write(_make, request[ACCOUNT], id_, base, now)
    except Refused as refused:
        return await render(request, id_, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/reports/urgent/{code}")


@require(Action.SEE_PEOPLE)
async def show(request: web.Request) -> web.StreamResponse:
    """The report, to read and to print."""
    row = await _row(request)
    values: dict[str, Any] = {
        "report": json.loads(row["content"]),
        "sha256": row["sha256"],
        "id": row["incident"],
        "hops": HOPS,
    }
    return page(request, "duty/urgent.html", **values)


@require(Action.SEE_PEOPLE)
async def content(request: web.Request) -> web.StreamResponse:
    """The text whose SHA-256 stands on it."""
    row = await _row(request)
    name = {"Content-Disposition": f'attachment; filename="{row["code"]}.json"'}
    return web.Response(body=row["content"].encode(), content_type="application/json", headers=name)


async def _row(request: web.Request) -> "dict[str, Any]":
    row = await request.app[DATABASE].read(_one, request[ACCOUNT], request.match_info["report"])
    if row is None:
        raise web.HTTPNotFound
    return row


def _make(connection: Connection, account: Account, id_: int, base: str, now: int) -> str:
    if visible(connection, account, id_) is None:
        raise web.HTTPNotFound
    return urgent.make(connection, id_, account.id, base, now)


def _one(connection: Connection, account: Account, code: str) -> "dict[str, Any] | None":
    row = connection.execute(sa.select(urgent_report).where(urgent_report.c.code == code)).mappings().one_or_none()
    if row is None or visible(connection, account, row["incident"]) is None:
        return None
    return dict(row)
