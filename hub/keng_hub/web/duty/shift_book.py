"""The shift book: what one shift leaves to the next, who took it over, and what happened in between."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.rosters import handovers
from keng_hub.rosters.duty import on_duty
from keng_hub.rosters.errors import Refused
from keng_hub.tables import account, device, incident, incident_entry, node
from keng_hub.web.answers import page, translate
from keng_hub.web.duty.refusals import REFUSALS
from keng_hub.web.forms import BadForm, Form, Text, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, sees_incident
from keng_hub.web.sessions import Account

PAGE: Final = 30
ENTRIES: Final = 200
SHIFT_MS: Final = 12 * 3_600_000
_TOLD: Final = ("alarm", "acknowledge", "verdict", "state", "comment", "escalate", "release")


class Wanted(Form):
    """From which handover on."""

    before: int | None = None
    done: str = ""


class Note(Form):
    """What the next one has to know."""

    text: Text


class Nothing(Form):
    """A button."""


@require(Action.SEE_ROSTER)
async def show(request: web.Request) -> web.StreamResponse:
    """The book, newest first."""
    return await _render(request)


@require(Action.HAND_OVER)
@once
async def give(request: web.Request) -> web.StreamResponse:
    """Write what is left to the next shift."""
    try:
        form = await read(request, Note)
        await request.app[DATABASE].write(handovers.give, request[ACCOUNT].id, form.text, request.app[CLOCK]())
    except BadForm as bad:
        return await _render(request, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, REFUSALS[refused.code]))
    raise web.HTTPSeeOther("/shifts?done=1")


@require(Action.HAND_OVER)
async def take(request: web.Request) -> web.StreamResponse:
    """Say that one has read it and goes on."""
    await read(request, Nothing)
    number, who = int(request.match_info["id"]), request[ACCOUNT].id
    try:
        await request.app[DATABASE].write(handovers.take, number, who, request.app[CLOCK]())
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, REFUSALS[refused.code]))
    raise web.HTTPSeeOther("/shifts?done=1")


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    wanted = query(request, Wanted) if request.method == "GET" else Wanted()
    found = await request.app[DATABASE].read(load, request[ACCOUNT], wanted.before, request.app[CLOCK]())
    return page(request, "duty/shift_book.html", status=status, problem=problem, done=bool(wanted.done), **found)


def load(connection: Connection, viewer: Account, before: int | None, now: int) -> dict[str, Any]:
    """Handovers, who is on duty, and what happened since the last handover (at most 12 hours)."""
    rows = handovers.book(connection, PAGE, before)
    since = max(rows[0]["at"] if rows and before is None else 0, now - SHIFT_MS)
    return {
        "rows": rows,
        "present": on_duty(connection, now),
        "since": since,
        "entries": [] if before else _entries(connection, viewer, since),
        "more": rows[-1]["id"] if len(rows) == PAGE else None,
    }


def _entries(connection: Connection, viewer: Account, since: int) -> list[dict[str, Any]]:
    query = (
        sa.select(
            incident_entry,
            incident.c.code,
            incident.c.category,
            incident.c.place_words,
            device.c.name.label("device_name"),
            account.c.full_name.label("who"),
        )
        .join(incident, incident.c.id == incident_entry.c.incident)
        .outerjoin(node, node.c.id == incident.c.node)
        .outerjoin(device, (device.c.node == node.c.id) & (device.c.id == incident_entry.c.data["device"].as_string()))
        .outerjoin(account, account.c.id == incident_entry.c.account)
        .where(incident_entry.c.at >= since, incident_entry.c.kind.in_(_TOLD), sees_incident(viewer))
        .order_by(incident_entry.c.id.desc())
        .limit(ENTRIES)
    )
    return [_named(dict(row)) for row in connection.execute(query).mappings()]


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    named = {"device": entry["device_name"]} if entry["device_name"] else {}
    return entry | {"data": entry["data"] | named}
