"""Drills: which are planned, one button to begin, and what came out."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents import drills, node_tests
from keng_hub.incidents.drill_reminder import unpractised
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.normalise import path
from keng_hub.incidents.wording import VIETNAM
from keng_hub.tables import account as accounts
from keng_hub.tables import drill, place
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, OptionalText, Text, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, subtree
from keng_hub.web.sessions import Account

LATEST: Final = 50
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")]
DONE: Final = {
    "plan": N_("The drill was planned."),
    "begin": N_("The drill is running."),
    "end": N_("The drill was ended."),
    "cancel": N_("The drill was cancelled."),
}


class Planned(Form):
    """Where, when (time of the commune) and what is practised."""

    place: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    first: Moment
    last: Moment
    purpose: Text


class Learnt(Form):
    """What was learnt, when it ends."""

    learnt: OptionalText = ""


@require(Action.PLAN_DRILLS)
async def show(request: web.Request) -> web.StreamResponse:
    """The list and the form."""
    return await _render(request)


@require(Action.PLAN_DRILLS)
@once
async def plan(request: web.Request) -> web.StreamResponse:
    """Plan one."""

    def do(connection: Connection, account: Account, form: Any, now: int) -> None:
        if connection.execute(_places(account).where(place.c.id == form.place)).first() is None:
            raise web.HTTPNotFound
        times = _ms(form.first), _ms(form.last)
        drills.plan(connection, form.place, *times, form.purpose, account.id, now)

    return await _act(request, Planned, do, "plan")


@require(Action.PLAN_DRILLS)
async def act(request: web.Request) -> web.StreamResponse:
    """Begin, cancel or end one."""
    number, name = int(request.match_info["id"]), request.match_info["step"]
    if name not in ("begin", "cancel", "end"):
        raise web.HTTPNotFound

    def do(connection: Connection, account: Account, form: Any, now: int) -> None:
        mine = sa.select(drill.c.id).where(drill.c.id == number, drill.c.place.in_(_ids(account)))
        if connection.execute(mine).first() is None:
            raise web.HTTPNotFound
        if name == "begin":
            drills.begin(connection, number, account.id, now)
        elif name == "cancel":
            drills.cancel(connection, number, now)
        else:
            drills.end(connection, number, form.learnt, now)

    return await _act(request, Learnt, do, name)


async def _act(
    request: web.Request, model: type[Form], do: Callable[[Connection, Account, Any, int], None], name: str
) -> web.StreamResponse:
    try:
        form = await read(request, model)
        await request.app[DATABASE].write_urgently(do, request[ACCOUNT], form, request.app[CLOCK]())
    except BadForm as bad:
        return await _render(request, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/drills?done={name}")


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    found = await request.app[DATABASE].read(_load, request[ACCOUNT], request.app[CLOCK]())
    done = DONE.get(request.query.get("done", ""))
    return page(request, "duty/drills.html", status=status, problem=problem, done=done, hops=drills.HOPS, **found)


def _load(connection: Connection, account: Account, now: int) -> "dict[str, Any]":
    chosen = (
        sa.select(drill, place.c.name.label("place_name"), accounts.c.full_name.label("who"))
        .select_from(drill.join(place, place.c.id == drill.c.place).join(accounts, accounts.c.id == drill.c.account))
        .where(drill.c.place.in_(_ids(account)))
        .order_by(drill.c.id.desc())
        .limit(LATEST)
    )
    places = [dict(row) for row in connection.execute(_places(account)).mappings()]
    for row in places:
        row["words"] = ", ".join(name for _, name in path(connection, row["id"]))
    mine = set(connection.execute(_ids(account)).scalars())
    return {
        "tests": [row for row in node_tests.latest(connection) if account.place is None or row["place"] in mine],
        "rows": [dict(row) for row in connection.execute(chosen).mappings()],
        "places": places,
        "unpractised": unpractised(connection, now) if account.place is None else [],
    }


def _places(account: Account) -> "sa.Select[Any, Any]":
    chosen = sa.select(place.c.id, place.c.name).where(place.c.valid_to.is_(None), place.c.kind != "premises")
    return chosen.where(place.c.id.in_(_ids(account))).order_by(place.c.name, place.c.id)


def _ids(account: Account) -> "sa.Select[Any]":
    return sa.select(place.c.id) if account.place is None else subtree(account.place)


def _ms(moment: str) -> int:
    try:
        return round(datetime.fromisoformat(moment).replace(tzinfo=VIETNAM).timestamp() * 1000)
    except ValueError:
        raise BadForm({"first": N_("This is not a date.")}) from None
