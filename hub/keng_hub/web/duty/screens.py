"""Which screens hang on which walls: a new one gets a code, an old one is shut off."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub import screens
from keng_hub.tables import account, place
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, Text, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

NOWHERE: Final = ""


class New(Form):
    """Where it hangs, and what it shows."""

    name: Annotated[Text, Field(max_length=100)]
    place: str = NOWHERE


class Nothing(Form):
    """A button."""


@require(Action.KEEP_SCREENS)
async def show(request: web.Request) -> web.StreamResponse:
    """The list."""
    return await _render(request)


@require(Action.KEEP_SCREENS)
@once
async def add(request: web.Request) -> web.StreamResponse:
    """A screen more; its code is shown once."""
    try:
        form, now = await read(request, New), request.app[CLOCK]()
    except BadForm as bad:
        return await _render(request, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    _, code = await request.app[DATABASE].write(_add, request[ACCOUNT], form, now)
    return await _render(request, code=code)


@require(Action.KEEP_SCREENS)
@once
async def renew(request: web.Request) -> web.StreamResponse:
    """Another code for a screen that lost its session."""
    await read(request, Nothing)
    number, now = int(request.match_info["id"]), request.app[CLOCK]()
    code = await request.app[DATABASE].write(_renew, request[ACCOUNT], number, now)
    return await _render(request, code=code)


@require(Action.KEEP_SCREENS)
async def end(request: web.Request) -> web.StreamResponse:
    """Shut it off."""
    await read(request, Nothing)
    await request.app[DATABASE].write(_end, request[ACCOUNT], int(request.match_info["id"]))
    raise web.HTTPSeeOther("/screens")


async def _render(
    request: web.Request, *, status: int = 200, problem: str | None = None, code: str | None = None
) -> web.Response:
    rows = await request.app[DATABASE].read(screens.listed)
    places = await request.app[DATABASE].read(_places, request[ACCOUNT])
    shown = f"{code[:4]}-{code[4:]}" if code else None
    return page(request, "duty/screens.html", status=status, problem=problem, rows=rows, places=places, shown=shown)


def _places(connection: Connection, viewer: Account) -> list[Any]:
    query = sa.select(place.c.id, place.c.name).where(place.c.valid_to.is_(None)).order_by(place.c.name)
    query = query.where(sees_place(viewer, place.c.id))
    return list(connection.execute(query))


def _add(connection: Connection, viewer: Account, form: New, now: int) -> tuple[int, str]:
    where = form.place or viewer.place
    if where is not None and where not in {row.id for row in _places(connection, viewer)}:
        raise web.HTTPNotFound
    return screens.add(connection, form.name, where, now)


def _renew(connection: Connection, viewer: Account, number: int, now: int) -> str:
    _mine(connection, viewer, number)
    return screens.code_for(connection, number, now)


def _end(connection: Connection, viewer: Account, number: int) -> None:
    _mine(connection, viewer, number)
    screens.end(connection, number)


def _mine(connection: Connection, viewer: Account, number: int) -> None:
    chosen = sa.select(account.c.id).where(
        account.c.id == number, account.c.role == screens.ROLE, sa.not_(account.c.disabled)
    )
    chosen = chosen.where(sees_place(viewer, account.c.place))
    if connection.execute(chosen).first() is None:
        raise web.HTTPNotFound
