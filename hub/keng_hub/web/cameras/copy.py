"""A copy of a still for somebody outside: first what nobody needs to recognise is made coarse, then it is noted."""

import asyncio
import hashlib
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.incidents.msgid import N_
from keng_hub.media import viewings
from keng_hub.media.blur import blurred
from keng_hub.media.states import ViewingKind
from keng_hub.media.viewings import Why
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import area_form, opened
from keng_hub.web.cameras.area_form import BadShape, Typed
from keng_hub.web.forms import BadForm, check
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, MEDIA
from keng_hub.web.media import FIELDS, Export
from keng_hub.web.permissions import Action, require, sees_incident
from keng_hub.web.sessions import Account
from keng_wire.event import MediaKind
from keng_wire.polygon import Point, polygon_fault

KINDS = {"masks": N_("Part to make coarse")}


@require(Action.EXPORT_VIDEO)
async def show(request: web.Request) -> web.StreamResponse:
    """The page: draw what is to be coarse, say for whom."""
    return await _render(request, await _found(request))


@require(Action.EXPORT_VIDEO)
async def give(request: web.Request) -> web.StreamResponse:
    """Write down for whom and why, then hand out the copy; its name bears its hash."""
    found, posted = await _found(request), await area_form.posted(request)
    given = area_form.typed(posted)
    said = {name: posted.get(name, "") for name in FIELDS}
    try:
        polygons = _polygons(given)
        form = check(said, Export)
    except BadShape as bad:
        problem = f"{translate(request, KINDS['masks'])} {bad.number}: {translate(request, bad.text)}"
        return await _render(request, found, given, said, problem)
    except BadForm as bad:
        field, text = next(iter(bad.problems.items()))
        problem = f"{translate(request, FIELDS[field])}: {translate(request, text)}"
        return await _render(request, found, given, said, problem)
    path = request.app[MEDIA].path(found["file"])
    copy = await asyncio.to_thread(lambda: blurred(path.read_bytes(), polygons))
    why, now = Why(ViewingKind.EXPORT, **form.model_dump()), request.app[CLOCK]()
    who = request[ACCOUNT].id
    await request.app[DATABASE].write(viewings.note, found["id"], found["incident"], who, why, now)
    digest = hashlib.sha256(copy).hexdigest()
    name = f"keng-{found['node']}-{found['device']}-{digest[:12]}.jpg"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-SHA256": digest}
    return web.Response(body=copy, content_type="image/jpeg", headers=headers)


def _polygons(given: Typed) -> list[list[Point]]:
    polygons = [area_form.points_of("masks", number, row) for number, row in enumerate(given.shapes["masks"], 1)]
    for number, points in enumerate(polygons, 1):
        if fault := polygon_fault(points):
            raise BadShape("masks", number, "points", fault)
    return polygons


async def _found(request: web.Request) -> "dict[str, Any]":
    """A still that this account may see now."""
    id_, account, now = int(request.match_info["id"]), request[ACCOUNT], request.app[CLOCK]()
    found = await request.app[DATABASE].read(_visible, account, id_, now)
    if found is None or not request.app[MEDIA].path(found["file"]).is_file():
        raise web.HTTPNotFound
    return found


def _visible(connection: Connection, account: Account, id_: int, now: int) -> "dict[str, Any] | None":
    found = viewings.visible(connection, id_, sees_incident(account))
    if found is None or found["kind"] == MediaKind.CLIP:
        return None
    return None if opened.shut(connection, account, CameraKey(found["node"], found["device"]), now) else found


async def _render(
    request: web.Request,
    found: "dict[str, Any]",
    given: Typed | None = None,
    said: dict[str, str] | None = None,
    problem: str | None = None,
) -> web.Response:
    rows = [] if given is None else given.shapes["masks"]
    return page(
        request,
        "cameras/copy.html",
        status=200 if problem is None else 422,
        media=found,
        rows=[*rows, {}] if len(rows) < area_form.MOST["masks"] else rows,
        kinds=KINDS,
        said=said or dict.fromkeys(FIELDS, ""),
        problem=problem,
    )
