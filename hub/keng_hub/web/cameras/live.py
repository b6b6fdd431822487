"""Live view of one camera: a reason first, then its newest picture again and again for a limited time."""

from typing import Any, Final, NamedTuple

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.media import live_orders, live_viewings
from keng_hub.tables import device
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import sight
from keng_hub.web.cameras.sight import Why
from keng_hub.web.forms import BadForm, Form, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, LIVE_PICTURES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

PAUSE_MS: Final = 300
"""Between two pictures, besides their way."""
LOOK_MS: Final = 10_000
"""A page that did not ask for so long looks no more."""
WAIT_S: Final = 3.0
"""So long a request waits for a newer picture."""
STATE: Final = "Picture-State"


class After(Form):
    """When the newest picture that is known was taken."""

    after: int = 0


class Seen(NamedTuple):
    """A camera that may be seen, the live view of this screen if it lasts, and what stands in its way."""

    row: "dict[str, Any]"
    viewing: "dict[str, Any] | None"
    refusal: str | None


@require(Action.SEE_VIDEO)
async def show(request: web.Request) -> web.StreamResponse:
    """The page: the reason is asked for, or the view lasts; htmx takes `#live-facts` out of it."""
    return await render(request)


@require(Action.SEE_VIDEO)
@once
async def watch(request: web.Request) -> web.StreamResponse:
    """Write down who looks and why, then show."""
    seen = await _seen(request)
    try:
        form = await read(request, Why)
    except BadForm as bad:
        return await render(request, status=422, problem=next(iter(bad.problems.values())))
    account, now = request[ACCOUNT], request.app[CLOCK]()
    camera = sight.of_row(seen.row)
    await request.app[DATABASE].write(live_viewings.begin_live, camera, account.id, account.session, form.reason, now)
    raise _back(camera)


@require(Action.SEE_VIDEO)
async def prolong(request: web.Request) -> web.StreamResponse:
    """Two minutes more; after ten a reason is asked for again."""
    camera = sight.of_row((await _seen(request)).row)
    await request.app[DATABASE].write(live_viewings.prolong, camera, request[ACCOUNT].session, request.app[CLOCK]())
    raise _back(camera)


@require(Action.SEE_VIDEO)
async def end(request: web.Request) -> web.StreamResponse:
    """The page was left, or the person wants no more."""
    seen = await _seen(request)
    camera = sight.of_row(seen.row)
    if seen.viewing is not None:
        request.app[LIVE_PICTURES].leave(camera, _who(seen.viewing))
    await request.app[DATABASE].write(live_viewings.end, camera, request[ACCOUNT].session, request.app[CLOCK]())
    raise _back(camera)


@require(Action.SEE_VIDEO)
async def picture(request: web.Request) -> web.StreamResponse:
    """The newest picture once there is one after `after`, with its age; 204 says that none came, or that it is over."""
    seen = await _seen(request)
    if seen.viewing is None:
        return web.Response(status=204, headers={STATE: "over"})
    await _ask(request, seen)
    live, clock = request.app[LIVE_PICTURES], request.app[CLOCK]
    after = max(query(request, After).after, seen.viewing["at"] - LOOK_MS)
    newest = await live.newer(sight.of_row(seen.row), after, WAIT_S)
    if newest is None:
        return web.Response(status=204, headers={STATE: "none"})
    headers = {
        "Picture-Taken": str(newest.taken),
        "Picture-Age": str(max(0, clock() - newest.taken)),
        "Cache-Control": "private, no-store",
    }
    return web.Response(body=newest.jpeg, content_type="image/jpeg", headers=headers)


async def render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    """The page, perhaps with why the reason was not taken."""
    seen = await _seen(request)
    if seen.viewing is not None:
        await _ask(request, seen)
    return page(
        request,
        "cameras/live.html",
        status=status,
        problem=None if problem is None else translate(request, problem),
        camera=seen.row,
        viewing=seen.viewing,
        over="over" in request.query,
        trouble=sight.trouble(request, seen.row, seen.refusal),
        newest=request.app[LIVE_PICTURES].newest(sight.of_row(seen.row)),
    )


def load(connection: Connection, account: Account, camera: CameraKey, now: int) -> Seen | None:
    """What the page stands on; None when this account may not see the camera."""
    rows = sight.cameras(connection, account, device.c.node == camera.node, device.c.id == camera.device)
    if not rows:
        return None
    viewing = live_viewings.live(connection, camera, account.session, now)
    [row] = sight.registered(connection, rows)
    return Seen(row, viewing, live_orders.refusals(connection, [camera], now).get(camera))


async def _seen(request: web.Request) -> Seen:
    camera = CameraKey(request.match_info["node"], request.match_info["device"])
    seen = await request.app[DATABASE].read(load, request[ACCOUNT], camera, request.app[CLOCK]())
    if seen is None:
        raise web.HTTPNotFound
    return seen


async def _ask(request: web.Request, seen: Seen) -> None:
    """One stream of the node serves all who look."""
    viewing = seen.viewing
    if viewing is not None and seen.row["online"] and seen.row["may_look"]:
        camera, look = sight.of_row(seen.row), min(LOOK_MS, viewing["until"] - request.app[CLOCK]())
        await sight.ask(request, [camera], _who(viewing), PAUSE_MS, look, viewing["until"])


def _who(viewing: "dict[str, Any]") -> str:
    return f"live {viewing['id']}"


def _back(camera: CameraKey) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/cameras/{camera.node}/{camera.device}")
