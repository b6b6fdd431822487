"""An alarm near a household: what, where, what to do, and two buttons, behind the link in its message."""

from typing import Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web

from keng_hub.incidents import emergency
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.states import CALMING, ENDED, State
from keng_hub.incidents.wording import short_code
from keng_hub.notices import alarms, links
from keng_hub.web.answers import language, page
from keng_hub.web.forms import Form, query, read
from keng_hub.web.keys import CLOCK, DATABASE, EMERGENCY, WAKES
from keng_wire.alarm import Category

_QUIET: Final = {State.CONTAINED.value, *(state.value for state in ENDED)}
OVER: Final = N_("It is over, or this link is too old. Your answer could not be taken.")


class Shown(Form):
    """What was just answered."""

    done: Literal["", "safe", "need_help"] = ""


class Said(Form):
    """The button that was pressed."""

    answer: Literal["safe", "need_help"]


async def show(request: web.Request) -> web.StreamResponse:
    """The page. A person's browser says that it opens a document; whoever fetches a preview does not count as seen."""
    code, now, database = request.match_info["code"].lower(), request.app[CLOCK](), request.app[DATABASE]
    row = await database.read(links.find, code, now)
    if row is None:
        raise web.HTTPNotFound
    if request.headers.get("Sec-Fetch-Dest") == "document":
        await database.write(links.opened, code, now)
        request.app[WAKES].after_commit()
    return _page(request, code, row, done=query(request, Shown).done)


async def answer(request: web.Request) -> web.StreamResponse:
    """Put the answer into the roll call."""
    code, now, database = request.match_info["code"].lower(), request.app[CLOCK](), request.app[DATABASE]
    form = await read(request, Said)
    if not await database.write_urgently(links.answer, code, RollCallAnswer(form.answer), now):
        row = await database.read(links.find, code, now)
        if row is None:
            raise web.HTTPNotFound
        return _page(request, code, row, status=409, problem=OVER)
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/a/{code}?done={form.answer}")


def _page(
    request: web.Request, code: str, row: sa.Row[Any], *, status: int = 200, problem: str = "", done: str = ""
) -> web.Response:
    drill, category = bool(row.drill or row.test), Category(row.category)
    over = row.state in _QUIET or row.verdict in CALMING
    calls = [] if over else emergency.numbers(request.app[EMERGENCY], category, drill=drill)[:3]
    return page(
        request,
        "residents/alarm.html",
        status=status,
        problem=problem,
        done=done,
        code=code,
        alarm=row,
        over=over,
        closed=row.state in [state.value for state in ENDED],
        short_code=short_code(row.code),
        todo=alarms.TODO[category][language(request) != "vi"] if category in alarms.TODO else "",
        numbers=[(service, number, emergency.dialled(number)) for service, number in calls],
    )
