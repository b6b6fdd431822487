"""Photos of an incident: one upload, checked and made anew; shown to those who may see pictures of it."""

import asyncio

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import photos as kept
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.msgid import N_
from keng_hub.points import photos
from keng_hub.points.photos import Photo
from keng_hub.tables import incident_photo
from keng_hub.web import uploads
from keng_hub.web.answers import translate
from keng_hub.web.forms import BadForm, Form, check
from keng_hub.web.incident import render, visible
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account


@require(Action.COMMENT)
async def keep(request: web.Request) -> web.StreamResponse:
    """Take a photo for the incident."""
    id_, now = int(request.match_info["id"]), request.app[CLOCK]()
    try:
        fields, _, data = await uploads.read(request, photos.LARGEST)
        check(fields, Form)
        photo = await asyncio.to_thread(photos.made_anew, data)
        await request.app[DATABASE].write(_keep, request[ACCOUNT], id_, photo, now)
    except web.HTTPRequestEntityTooLarge:
        text = N_("The photo is too large: at most 12 MB.")
        return await render(request, id_, status=413, problem=translate(request, text))
    except BadForm as bad:
        return await render(request, id_, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    except photos.BadPhoto:
        text = N_("It is not a photo that can be shown; choose a JPEG.")
        return await render(request, id_, status=422, problem=translate(request, text))
    except Refused as refused:
        return await render(request, id_, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/incidents/{id_}?done=photo")


@require(Action.SEE_SNAPSHOTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The JPEG."""
    ids = int(request.match_info["id"]), int(request.match_info["photo"])
    jpeg = await request.app[DATABASE].read(_jpeg, request[ACCOUNT], *ids)
    if jpeg is None:
        raise web.HTTPNotFound
    return web.Response(body=jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _keep(connection: Connection, account: Account, id_: int, photo: Photo, now: int) -> None:
    if visible(connection, account, id_) is None:
        raise web.HTTPNotFound
    kept.keep(connection, id_, photo, account.id, now)


def _jpeg(connection: Connection, account: Account, id_: int, photo: int) -> bytes | None:
    if visible(connection, account, id_) is None:
        return None
    chosen = sa.select(incident_photo.c.jpeg).where(incident_photo.c.incident == id_, incident_photo.c.id == photo)
    return connection.execute(chosen).scalar_one_or_none()
