"""The camera wall: the newest still of each camera in sight, which nodes bring only while somebody looks."""

from typing import Annotated, Any, Final, NamedTuple

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.media import live_orders, live_viewings
from keng_hub.tables import device, node, place
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import sight
from keng_hub.web.cameras.sight import Why
from keng_hub.web.forms import BadForm, Form, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, LIVE_PICTURES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

SHOWN: Final = 48
"""Cameras on one wall; with more, a place is to be chosen."""
PAUSE_MS: Final = 15_000
"""Between two stills of a camera; a live view has its own."""
LOOK_MS: Final = 45_000
"""A wall that was not fetched again for so long is looked at by nobody."""
LEASE_MS: Final = 600_000
"""For which a node is told at once; it ends sooner when nobody looks."""
STALE_MS: Final = 60_000


class Wanted(Form):
    """Of which place."""

    place: Annotated[str, StringConstraints(max_length=40)] = ""


class Wall(NamedTuple):
    """The cameras to show, how many there are in all, the places to choose from, and the look that is written down."""

    rows: "list[dict[str, Any]]"
    total: int
    places: dict[str, str]
    viewing: "dict[str, Any] | None"


@require(Action.SEE_VIDEO)
async def show(request: web.Request) -> web.StreamResponse:
    """The wall; htmx takes `#wall` out of it. Without a reason given in this shift it is asked for first."""
    return await render(request)


@require(Action.SEE_VIDEO)
@once
async def look(request: web.Request) -> web.StreamResponse:
    """Write down who looks at the wall and why, for this shift."""
    try:
        form = await read(request, Why)
    except BadForm as bad:
        return await render(request, status=422, problem=next(iter(bad.problems.values())))
    account, now = request[ACCOUNT], request.app[CLOCK]()
    who = account.place, account.id, account.session
    await request.app[DATABASE].write(live_viewings.begin_wall, *who, form.reason, now)
    raise web.HTTPSeeOther(request.path_qs)


@require(Action.SEE_VIDEO)
async def still(request: web.Request) -> web.StreamResponse:
    """The newest still of a camera, for somebody who looks at the wall."""
    camera = CameraKey(request.match_info["node"], request.match_info["device"])
    account, now = request[ACCOUNT], request.app[CLOCK]()
    allowed = await request.app[DATABASE].read(_may_see, account, camera, now)
    picture = request.app[LIVE_PICTURES].newest(camera) if allowed else None
    if picture is None:
        raise web.HTTPNotFound
    return web.Response(body=picture.jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


async def render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    """The page, perhaps with why the reason was not taken."""
    wanted, account, now = query(request, Wanted), request[ACCOUNT], request.app[CLOCK]()
    wall = await request.app[DATABASE].read(load, account, wanted.place, now)
    if wall.viewing is not None:
        here = [sight.of_row(row) for row in wall.rows if row["online"] and row["may_look"]]
        until = min(now + LEASE_MS, wall.viewing["until"])
        await sight.ask(request, here, f"wall {account.session}", PAUSE_MS, LOOK_MS, until)
    for row in wall.rows:
        row["trouble"] = sight.trouble(request, row, row["refusal"])
        row["picture"] = request.app[LIVE_PICTURES].newest(sight.of_row(row)) if wall.viewing is not None else None
        row["stale"] = not row["online"] or row["picture"] is None or now - row["picture"].taken > STALE_MS
    values: dict[str, Any] = {"wall": wall, "wanted": wanted}
    problem = None if problem is None else translate(request, problem)
    return page(request, "cameras/wall.html", status=status, problem=problem, **values)


def load(connection: Connection, account: Account, place_id: str, now: int) -> Wall:
    """The cameras of a place (all: ""), by place and name, so that each keeps its spot on the wall."""
    tree = {row.id: row for row in connection.execute(sa.select(place.c.id, place.c.name, place.c.parent))}
    homes: dict[str, str | None] = {row.id: row.place for row in connection.execute(sa.select(node.c.id, node.c.place))}
    rows = sight.cameras(connection, account)
    for row in rows:
        row["lies_in"] = _lies_in(tree, row["place"] if row["place"] in tree else homes[row["node"]], account.place)
    places = {key: tree[key].name for row in rows for key in row["lies_in"]}
    found = [row for row in rows if not place_id or place_id in row["lies_in"]]
    found.sort(key=lambda row: ([tree[key].name for key in reversed(row["lies_in"])], row["name"], row["id"]))
    found, count = sight.registered(connection, found[:SHOWN]), len(found)
    refusals = live_orders.refusals(connection, [sight.of_row(row) for row in found], now)
    for row in found:
        row["place_words"] = ", ".join(tree[key].name for key in row["lies_in"][:2])
        row["refusal"] = refusals.get(sight.of_row(row))
    viewing = live_viewings.wall(connection, account.session, now)
    return Wall(found, count, dict(sorted(places.items(), key=lambda item: item[1])), viewing)


def _lies_in(tree: "dict[str, Any]", start: str | None, top: str | None) -> list[str]:
    """A place and those it lies in, the innermost first, up to the account's own."""
    found: list[str] = []
    while start is not None and start in tree and start not in found:
        found.append(start)
        start = None if start == top else tree[start].parent
    return found


def _may_see(connection: Connection, account: Account, camera: CameraKey, now: int) -> bool:
    this = device.c.node == camera.node, device.c.id == camera.device
    return bool(sight.cameras(connection, account, *this)) and (
        live_viewings.wall(connection, account.session, now) is not None
    )
