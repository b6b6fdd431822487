"""The utility's daily readings from a file: choose it, see what it would change, then bring it in."""

import asyncio
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.meterdata import exports, names, previews
from keng_hub.meterdata.files import cells, lines
from keng_hub.meterdata.files.cells import LARGEST, MOST_ROWS, Unreadable
from keng_hub.meterdata.files.lines import Style
from keng_hub.meterdata.questions import Refused
from keng_hub.meterdata.settings import meter_id
from keng_hub.meterdata.sheet import MeterId
from keng_hub.store import StoreUnavailable
from keng_hub.web import uploads
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, check, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, METER_DATA, STORE
from keng_hub.web.meter import visible
from keng_hub.web.meter_acts import REFUSED, words
from keng_hub.web.meters import mine
from keng_hub.web.permissions import Action, may, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spans import Monthly

SHOWN: Final = 200
"""Lines of each kind on the page."""
WHY: Final = {
    "empty": N_("The file is empty."),
    "large": N_("The file is too large: at most 5 MB."),
    "kind": N_("This is neither a CSV file nor an XLSX workbook."),
    "old_excel": N_("This is an old Excel file (.xls). Open it and save it as .xlsx or as CSV UTF-8."),
    "encoding": N_("The letters of this file cannot be read. Save it as CSV UTF-8 or as .xlsx."),
    "broken": N_("The file is damaged. Save it again and try once more."),
    "rows": N_("The file has too many rows or columns: at most 50,000 rows and 60 columns."),
    "header": N_("No header with a day (“Ngày”) and a register (“Chỉ số”) was found in the first 20 rows."),
}
DONE: Final = {
    "confirm": N_("The readings are brought in. Their meters are judged anew within about a minute."),
    "drop": N_("Nothing was brought in."),
}


class Choice(Form):
    """How the file is written, and the meter of lines that name none (node/device)."""

    numbers: Literal["vi", "en"] = "vi"
    moment: Literal["start", "end"] = "start"
    meter: Annotated[str, StringConstraints(max_length=81)] = ""


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The form, and which files came in and went out."""
    return await _start(request)


@require(Action.IMPORT_READINGS)
async def upload(request: web.Request) -> web.StreamResponse:
    """Look through a file and lead to its preview; nothing is stored of a file that cannot be taken."""
    try:
        fields, name, data = await uploads.read(request, LARGEST)
        choice = check(fields, Choice)
        number = await _prepare(request, choice, name, data)
    except web.HTTPRequestEntityTooLarge:
        return await _start(request, status=413, problem=translate(request, WHY["large"]))
    except BadForm as bad:
        return await _start(request, status=422, problem=words(request, bad))
    except Unreadable as unreadable:
        return await _start(request, status=422, problem=translate(request, WHY[unreadable.code]))
    except StoreUnavailable:
        return await _start(request, status=503, problem=translate(request, _AWAY))
    raise web.HTTPSeeOther(f"/imports/{number}")


@require(Action.IMPORT_READINGS)
async def preview(request: web.Request) -> web.StreamResponse:
    """What the file would change."""
    return await _preview(request)


@require(Action.IMPORT_READINGS)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Bring it in."""
    number = int(request.match_info["id"])
    database, store, account = request.app[DATABASE], request.app[STORE], request[ACCOUNT]
    try:
        row = await database.read(previews.get, account.id, number)
        if not await database.read(_all_visible, account, row):
            raise Refused("gone")
        await previews.confirm(database, store, account.id, number, request.app[CLOCK]())
    except StoreUnavailable:
        return await _preview(request, status=503, problem=translate(request, _AWAY))
    except Refused as refused:
        if refused.code == "gone":
            raise web.HTTPNotFound from None
        return await _preview(request, status=409, problem=translate(request, REFUSED[refused.code]))
    raise web.HTTPSeeOther("/imports?done=confirm")


@require(Action.IMPORT_READINGS)
async def drop(request: web.Request) -> web.StreamResponse:
    """Forget it."""
    await request.app[DATABASE].write(previews.drop, request[ACCOUNT].id, int(request.match_info["id"]))
    raise web.HTTPSeeOther("/imports?done=drop")


_AWAY: Final = N_("The store of readings does not answer. Nothing was brought in; try again in a minute.")


async def _prepare(request: web.Request, choice: Choice, name: str, data: bytes) -> int:
    database, account = request.app[DATABASE], request[ACCOUNT]
    style = Style(choice.numbers, choice.moment)
    read = await asyncio.to_thread(lambda: lines.read(cells.rows(data), style))
    settings = request.app[METER_DATA]
    known = await database.read(names.names, sees_device(account), settings)
    only = await database.read(_chosen, account, choice.meter) if choice.meter else None
    readings = await asyncio.to_thread(names.points, read, known, settings, only)
    now = request.app[CLOCK]()
    return await previews.prepare(database, request.app[STORE], account.id, (name, data), readings, now)


def _chosen(connection: Connection, account: Account, name: str) -> MeterId:
    meter = meter_id(name)
    if visible(connection, account, meter) is None:
        raise BadForm({"meter": N_("This is not one of the choices.")})
    return meter


def _all_visible(connection: Connection, account: Account, row: dict[str, Any]) -> bool:
    """Whether the account may still see every meter of a preview."""
    seen = {(one["node"], one["id"]) for one in mine(connection, account)}
    return {(line[1], line[2]) for line in row["lines"]} <= seen


async def _start(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    account = request[ACCOUNT]
    if not (may(account, Action.IMPORT_READINGS) or may(account, Action.EXPORT_READINGS)):
        raise web.HTTPForbidden
    everyone = None if account.place is None else account.id
    database = request.app[DATABASE]
    done = DONE.get(query(request, Monthly).done) if request.method == "GET" else None
    return page(
        request,
        "imports.html",
        status=status,
        problem=problem,
        done=done,
        most_rows=MOST_ROWS,
        meters=await database.read(mine, account),
        imports=await database.read(previews.recent, everyone),
        exports=await database.read(exports.recent, everyone),
    )


async def _preview(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    database, account = request.app[DATABASE], request[ACCOUNT]
    try:
        row = await database.read(previews.get, account.id, int(request.match_info["id"]))
    except Refused:
        raise web.HTTPNotFound from None
    labels = {(one["node"], one["id"]): one["name"] for one in await database.read(mine, account)}
    of_kind = {
        kind: [line for line in row["lines"] if line[6] == kind] for kind in ("new", "different", "same", "future")
    }
    return page(
        request,
        "import.html",
        status=status,
        problem=problem,
        done=None,
        row=row,
        shown=SHOWN,
        names=labels,
        of_kind=of_kind,
        meters=len({(line[1], line[2]) for line in row["lines"]}),
    )
