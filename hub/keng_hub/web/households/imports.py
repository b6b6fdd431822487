"""A list of households from a CSV or XLSX file: choose it, see what it would change, then bring it in."""

import asyncio
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.meterdata.files import cells
from keng_hub.meterdata.files.cells import LARGEST, MOST_ROWS, Unreadable
from keng_hub.people import files, imports
from keng_hub.people.errors import Refused
from keng_hub.people.files import Bad, Line
from keng_hub.tables import place
from keng_hub.web import uploads
from keng_hub.web.answers import page
from keng_hub.web.forms import BadForm, Form, check
from keng_hub.web.households.tree import check_place, places_of
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.meter_import import WHY
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

SHOWN: Final = 200
"""Lines of each kind on the page."""
NO_HEADER: Final = N_("No header with a house (“Nhà”) was found in the first 20 rows.")


class Choice(Form):
    """The place of lines that name none."""

    place: Annotated[str, StringConstraints(max_length=40)] = ""


@require(Action.KEEP_HOUSEHOLDS)
async def show(request: web.Request) -> web.StreamResponse:
    """The form."""
    return await _start(request)


@require(Action.KEEP_HOUSEHOLDS)
async def upload(request: web.Request) -> web.StreamResponse:
    """Look through a file and lead to its preview."""
    try:
        fields, name, data = await uploads.read(request, LARGEST)
        number = await _prepare(request, check(fields, Choice), name, data)
    except web.HTTPRequestEntityTooLarge:
        return await _start(request, status=413, problem=WHY["large"])
    except BadForm as bad:
        return await _start(request, status=422, problem=next(iter(bad.problems.values())))
    except Unreadable as unreadable:
        problem = NO_HEADER if unreadable.code == "header" else WHY[unreadable.code]
        return await _start(request, status=422, problem=problem)
    except Refused as refused:
        return await _start(request, status=422, problem=REFUSED[refused.code])
    raise web.HTTPSeeOther(f"/households/imports/{number}")


@require(Action.KEEP_HOUSEHOLDS)
async def preview(request: web.Request) -> web.StreamResponse:
    """What the file would change."""
    return await _preview(request)


@require(Action.KEEP_HOUSEHOLDS)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Bring it in."""
    try:
        await request.app[DATABASE].write(_confirm, request[ACCOUNT], _id(request), request.app[CLOCK]())
    except Refused as refused:
        if refused.code == "gone":
            raise web.HTTPNotFound from None
        return await _preview(request, status=409, problem=REFUSED[refused.code])
    raise web.HTTPSeeOther("/households?done=imported")


@require(Action.KEEP_HOUSEHOLDS)
async def drop(request: web.Request) -> web.StreamResponse:
    """Forget it."""
    await request.app[DATABASE].write(imports.drop, request[ACCOUNT].id, _id(request))
    raise web.HTTPSeeOther("/households?done=dropped")


async def _prepare(request: web.Request, choice: Choice, name: str, data: bytes) -> int:
    database, account = request.app[DATABASE], request[ACCOUNT]
    if choice.place:
        await database.read(check_place, account, choice.place)
    names = await database.read(imports.place_names, sees_place(account, place.c.id))
    only = choice.place or None
    read: list[Line | Bad] = await asyncio.to_thread(lambda: files.read(cells.rows(data), names, only))
    return await database.write(imports.prepare, account.id, (name, data), read, request.app[CLOCK]())


def _confirm(connection: Connection, account: Account, import_id: int, now: int) -> int:
    row = imports.get(connection, account.id, import_id)
    for place_id in {line[1] for line in row["lines"]} if row else set[str]():
        check_place(connection, account, place_id)  # they may look after less than when they brought it
    return imports.confirm(connection, account.id, import_id, now)


async def _start(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    places = await request.app[DATABASE].read(places_of, request[ACCOUNT])
    return page(request, "households/import.html", status=status, problem=problem, places=places, most_rows=MOST_ROWS)


async def _preview(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    database, account = request.app[DATABASE], request[ACCOUNT]
    row: dict[str, Any] | None = await database.read(imports.get, account.id, _id(request))
    if row is None:
        raise web.HTTPNotFound
    names = {one["id"]: one["name"] for one in await database.read(places_of, account)}
    of_kind = {kind: [line for line in row["lines"] if line[5] == kind] for kind in ("new", "different", "same")}
    return page(
        request,
        "households/preview.html",
        status=status,
        problem=problem,
        row=row,
        of_kind=of_kind,
        names=names,
        shown=SHOWN,
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
