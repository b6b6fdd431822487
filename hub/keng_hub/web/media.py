"""Stills of incidents, and clips: a reason first, then the clip for half an hour; an export says for whom."""

from typing import Any, Final

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.incidents.msgid import N_
from keng_hub.media import viewings
from keng_hub.media.states import ViewingKind
from keng_hub.media.viewings import Why
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import opened
from keng_hub.web.forms import BadForm, Form, Text, read
from keng_hub.web.incident import render
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, MEDIA
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, sees_incident
from keng_hub.web.sessions import Account
from keng_wire.event import MediaKind

FIELDS: Final = {
    "reason": N_("Reason"),
    "requester": N_("Who asks for it"),
    "document": N_("Document or legal basis"),
}


class Watch(Form):
    """Why somebody looks."""

    reason: Text


class Export(Watch):
    """For whom a copy is, and on what basis (Law 91/2025/QH15, articles 15 and 17)."""

    requester: Text
    document: Text


@require(Action.SEE_SNAPSHOTS)
async def still(request: web.Request) -> web.StreamResponse:
    """A still, for those who may see its incident."""
    found = await _found(request, int(request.match_info["id"]))
    if found is None or found["kind"] == MediaKind.CLIP:
        raise web.HTTPNotFound
    camera = CameraKey(found["node"], found["device"])
    if await request.app[DATABASE].read(opened.shut, request[ACCOUNT], camera, request.app[CLOCK]()):
        raise web.HTTPNotFound
    return file(request, found["file"], "image/jpeg", {"Cache-Control": "private, max-age=3600"})


@require(Action.SEE_VIDEO)
@once
async def watch(request: web.Request) -> web.StreamResponse:
    """Write down who looks and why, then lead to the clip."""
    return await _noted(request, Watch, ViewingKind.VIEW)


@require(Action.EXPORT_VIDEO)
@once
async def export(request: web.Request) -> web.StreamResponse:
    """Write down for whom and why, then lead to the file and its hash."""
    return await _noted(request, Export, ViewingKind.EXPORT)


@require(Action.SEE_VIDEO)
async def viewing(request: web.Request) -> web.StreamResponse:
    """The page of one's own viewing while it lasts."""
    found = await _viewing(request)
    return page(request, "viewing.html", viewing=found, until=found["at"] + viewings.LASTS_MS)


@require(Action.SEE_VIDEO)
async def clip(request: web.Request) -> web.StreamResponse:
    """The clip itself, in ranges as players ask for it; an export comes as a file that bears its hash."""
    found = await _viewing(request)
    headers = {"Cache-Control": "private, no-store"}
    if found["kind"] == ViewingKind.EXPORT:
        name = f"keng-{found['code']}-{found['sha256'][:12]}.mp4"
        headers |= {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-SHA256": found["sha256"]}
    return file(request, found["file"], "video/mp4", headers)


def file(request: web.Request, name: str, kind: str, headers: dict[str, str]) -> web.FileResponse:
    """A file of the hub's own name; its kind is what was verified, never what anybody says."""
    path = request.app[MEDIA].path(name)
    if not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": kind} | headers)


async def _noted(request: web.Request, model: type[Watch], kind: ViewingKind) -> web.StreamResponse:
    incident_id, media_id = int(request.match_info["id"]), int(request.match_info["media"])
    found = await _found(request, media_id)
    if found is None or found["incident"] != incident_id or found["kind"] != MediaKind.CLIP:
        raise web.HTTPNotFound
    try:
        form = await read(request, model)
    except BadForm as bad:
        field, text = next(iter(bad.problems.items()))
        problem = f"{translate(request, FIELDS.get(field, field))}: {translate(request, text)}"
        return await render(request, incident_id, status=422, problem=problem)
    why = Why(kind, **form.model_dump())
    who, now = request[ACCOUNT].id, request.app[CLOCK]()
    key = await request.app[DATABASE].write(viewings.note, media_id, incident_id, who, why, now)
    raise web.HTTPSeeOther(f"/viewings/{key}")


async def _found(request: web.Request, media_id: int) -> "dict[str, Any] | None":
    return await request.app[DATABASE].read(_visible, request[ACCOUNT], media_id)


def _visible(connection: Connection, account: Account, media_id: int) -> "dict[str, Any] | None":
    return viewings.visible(connection, media_id, sees_incident(account))


async def _viewing(request: web.Request) -> "dict[str, Any]":
    """One's own, while it lasts and while one may still see its incident."""
    id_, now = int(request.match_info["id"]), request.app[CLOCK]()
    found = await request.app[DATABASE].read(viewings.find, id_, request[ACCOUNT].id, now)
    if found is None or await _found(request, found["media"]) is None:
        raise web.HTTPNotFound
    return found
