"""Stills of a house's camera in an incident: a reason first, written down, then they are shown for half an hour."""

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.media.states import ViewingKind
from keng_hub.tables import alarm, media_viewing
from keng_hub.web.answers import translate
from keng_hub.web.cameras.camera import key_of
from keng_hub.web.cameras.sight import Why
from keng_hub.web.forms import BadForm, read
from keng_hub.web.incident import render, visible
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account


@require(Action.SEE_VIDEO)
@once
async def look(request: web.Request) -> web.StreamResponse:
    """Write down who looks and why, and lead back to the incident."""
    incident_id, key = int(request.match_info["id"]), key_of(request)
    try:
        form = await read(request, Why)
    except BadForm as bad:
        problem = translate(request, next(iter(bad.problems.values())))
        return await render(request, incident_id, status=422, problem=problem)
    account, now = request[ACCOUNT], request.app[CLOCK]()
    await request.app[DATABASE].write(_note, account, incident_id, key, form.reason, now)
    raise web.HTTPSeeOther(f"/incidents/{incident_id}#pictures")


def _note(connection: Connection, account: Account, incident_id: int, key: CameraKey, reason: str, now: int) -> None:
    concerned = sa.select(alarm.c.id).where(
        alarm.c.incident == incident_id, alarm.c.node == key.node, alarm.c.device == key.device
    )
    if visible(connection, account, incident_id) is None or connection.execute(concerned.limit(1)).first() is None:
        raise web.HTTPNotFound
    said = {"incident": incident_id, "account": account.id, "kind": ViewingKind.VIEW.value, "reason": reason, "at": now}
    connection.execute(sa.insert(media_viewing).values(node=key.node, device=key.device, **said))
