"""Alarming residents of an incident: the words, the places around it with how many live there, and one button each."""

from typing import Annotated, Any

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.notices import alarms, audience
from keng_hub.notices.making import Refused
from keng_hub.tables import incident, notice, place
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import Form, read
from keng_hub.web.incident import visible
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, subtree
from keng_hub.web.sessions import Account


class Scope(Form):
    """The place that is told."""

    scope: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


@require(Action.TELL_RESIDENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    return await _page(request)


@require(Action.TELL_RESIDENTS)
@once
async def send(request: web.Request) -> web.StreamResponse:
    """Tell them at once; alarms wait for nobody."""
    form = await read(request, Scope)
    now = request.app[CLOCK]()
    try:
        key = await request.app[DATABASE].write_urgently(
            _tell, request[ACCOUNT], int(request.match_info["id"]), form.scope, now
        )
    except Refused as refused:
        return await _page(request, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/notices/{key}?done=told")


def _tell(connection: Connection, account: Account, incident_id: int, scope: str, now: int) -> int:
    if visible(connection, account, incident_id) is None:
        raise web.HTTPNotFound
    return alarms.tell(connection, incident_id, scope, account, now)


async def _page(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    found = await request.app[DATABASE].read(_load, request[ACCOUNT], int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return page(request, "notices/tell.html", status=status, problem=problem, **found)


def _load(connection: Connection, account: Account, incident_id: int) -> dict[str, Any] | None:
    if visible(connection, account, incident_id) is None:
        return None
    row = connection.execute(sa.select(incident).where(incident.c.id == incident_id)).one()
    told = (
        sa.select(notice.c.id, notice.c.code, notice.c.made, notice.c.state, place.c.name)
        .join(place, place.c.id == notice.c.scope)
        .where(notice.c.incident == incident_id)
        .order_by(notice.c.id)
    )
    danger = row.category in {one.value for one in alarms.TODO}
    return {
        "incident": row,
        "words": alarms.words(row) if danger else None,
        "scopes": [(one, audience.count(connection, one.id)) for one in _own(connection, account, row)],
        "told": connection.execute(told).all(),
    }


def _own(connection: Connection, account: Account, row: sa.Row[Any]) -> list[sa.Row[Any]]:
    """The places around the incident that this account looks after."""
    around = alarms.scopes(connection, row)
    if account.place is None:
        return around
    mine = set(connection.execute(subtree(account.place)).scalars())
    return [one for one in around if one.id in mine]
