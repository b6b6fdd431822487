"""The boards of the alleys: which places have one, and the sheets to print and put up."""

from typing import Annotated, Any

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents import emergency
from keng_hub.incidents.normalise import path
from keng_hub.people import assets, boards, sorting
from keng_hub.people.errors import Refused
from keng_hub.tables import board, place
from keng_hub.web import qr
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query, read
from keng_hub.web.households.tree import PlaceKey, check_place
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, EMERGENCY, JOINING
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category


class Place(Form):
    """Where the board hangs."""

    place: PlaceKey


class Wanted(Form):
    """One board's sheet; all of them when none is named."""

    place: Annotated[str, StringConstraints(max_length=40)] | None = None


@require(Action.KEEP_ASSETS)
async def show(request: web.Request) -> web.StreamResponse:
    """The list."""
    rows = await request.app[DATABASE].read(_places, request[ACCOUNT])
    return page(request, "households/boards.html", rows=rows, base=request.app[JOINING].url.partition("//")[2])


@require(Action.KEEP_ASSETS)
async def make(request: web.Request) -> web.StreamResponse:
    """Give a place its board."""
    form = await read(request, Place)
    await request.app[DATABASE].write(_make, request[ACCOUNT], form.place, request.app[CLOCK]())
    raise web.HTTPSeeOther(f"/boards#board-{form.place}")


@require(Action.KEEP_ASSETS)
async def end(request: web.Request) -> web.StreamResponse:
    """The board is gone; its code opens nothing any more."""
    form = await read(request, Place)
    await request.app[DATABASE].write(_end, request[ACCOUNT], form.place, request.app[CLOCK]())
    raise web.HTTPSeeOther(f"/boards#board-{form.place}")


@require(Action.KEEP_ASSETS)
async def sheets(request: web.Request) -> web.StreamResponse:
    """The sheets to print, one a page."""
    wanted = query(request, Wanted)
    rows = await request.app[DATABASE].read(_sheets, request[ACCOUNT], wanted.place)
    if not rows:
        raise web.HTTPNotFound
    base = request.app[JOINING].url
    items = [row | {"qr": qr.svg(f"{base}/b/{row['code']}"), "address": f"{base}/b/{row['code']}"} for row in rows]
    calls = emergency.numbers(request.app[EMERGENCY], Category.FIRE, drill=False)
    return page(request, "households/board_sheets.html", items=items, numbers=calls)


def _places(connection: Connection, account: Account) -> list[dict[str, Any]]:
    rows = boards.standing(connection, sees_place(account, place.c.id))
    rows = [row | {"where": ", ".join(name for _, name in path(connection, row["id"]))} for row in rows]
    return sorted(rows, key=lambda row: sorting.key(row["where"]))


def _sheets(connection: Connection, account: Account, place_id: str | None) -> list[dict[str, Any]]:
    chosen = [row for row in _places(connection, account) if row["code"] and place_id in (None, row["id"])]
    return [row | {"assets": assets.nearest(connection, row["id"])} for row in chosen]


def _make(connection: Connection, account: Account, place_id: str, now: int) -> None:
    try:
        check_place(connection, account, place_id)
    except Refused:
        raise web.HTTPNotFound from None
    boards.make(connection, place_id, now)


def _end(connection: Connection, account: Account, place_id: str, now: int) -> None:
    there = sa.and_(board.c.place == place_id, board.c.ended.is_(None), sees_place(account, board.c.place))
    code = connection.scalar(sa.select(board.c.code).where(there))
    if code is None:
        raise web.HTTPNotFound
    boards.end(connection, code, now)
