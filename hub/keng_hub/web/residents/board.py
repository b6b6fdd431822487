"""The page behind the QR code on the board of an alley: where it is, whom to call, what is near against fire."""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import emergency
from keng_hub.incidents.normalise import path
from keng_hub.people import assets, boards
from keng_hub.web.answers import page
from keng_hub.web.keys import DATABASE, EMERGENCY
from keng_wire.alarm import Category


async def show(request: web.Request) -> web.StreamResponse:
    """The page; 404 for a board that is no longer there."""
    code = request.match_info["code"].lower()
    found = await request.app[DATABASE].read(_load, code)
    if found is None:
        raise web.HTTPNotFound
    calls = emergency.numbers(request.app[EMERGENCY], Category.FIRE, drill=False)
    numbers = [(service, number, emergency.dialled(number)) for service, number in calls]
    return page(request, "residents/board.html", code=code, numbers=numbers, **found)


def _load(connection: Connection, code: str) -> dict[str, Any] | None:
    place = boards.place_of(connection, code)
    if place is None:
        return None
    where = ", ".join(name for _, name in path(connection, place.id))
    return {"place": place, "where": where, "assets": assets.nearest(connection, place.id)}
