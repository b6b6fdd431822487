"""What a camera watches and when: drawn on a still, or typed, and wanted of its node from then on."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras import plans
from keng_hub.cameras.errors import Refused
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraClass
from keng_hub.incidents.msgid import N_
from keng_hub.media.states import MediaState
from keng_hub.tables import media, snapshot
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import area_form, opened, shown
from keng_hub.web.cameras.area_form import CLASSES, MOST, RULES, BadShape, Typed
from keng_hub.web.cameras.camera import key_of
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.media import file
from keng_hub.web.permissions import Action, may, require
from keng_hub.web.sessions import Account
from keng_wire.camera import WEEKDAYS, CameraPlan, When
from keng_wire.event import MediaKind
from keng_wire.sighting import Direction

_KINDS: Final = {"areas": N_("Area"), "lines": N_("Line across"), "masks": N_("Mask")}
_FIELDS: Final = {
    "points": N_("Corners"),
    "name": N_("Name"),
    "id": N_("Short name"),
    "rules": N_("What counts"),
    "hours": N_("Only within these hours"),
    "smallest": N_("Smallest share of the picture"),
    "dwell_s": N_("Seconds until an intrusion"),
    "stay_s": N_("Seconds until loitering"),
    "crowd": N_("How many are a crowd"),
    "cooldown_s": N_("Seconds it must be empty in between"),
    "directions": N_("Ways over it that count"),
    "day_hours": N_("Day begins and ends"),
    "market_days": N_("Market days"),
}


@require(Action.EDIT_CAMERAS)
async def show(request: web.Request) -> web.StreamResponse:
    """The editor."""
    return await render(request)


@require(Action.EDIT_CAMERAS)
async def save(request: web.Request) -> web.StreamResponse:
    """Want what was drawn; whatever is wrong is said on the same page, with what was drawn."""
    given = area_form.typed(await area_form.posted(request))
    key, now, account = key_of(request), request.app[CLOCK](), request[ACCOUNT]
    try:
        plan = area_form.plan_of(given)
        await request.app[DATABASE].write_urgently(_save, account, key, plan, given.reason, now)
    except BadShape as bad:
        return await render(request, status=422, given=given, bad=bad)
    except Refused as refused:
        return await render(request, status=409, given=given, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/cameras/{key.node}/{key.device}/areas?done=1")


@require(Action.EDIT_CAMERAS)
async def still(request: web.Request) -> web.StreamResponse:
    """The newest still of a camera, to draw on, for whoever may see stills."""
    account, key, now = request[ACCOUNT], key_of(request), request.app[CLOCK]()
    if not may(account, Action.SEE_SNAPSHOTS):
        raise web.HTTPNotFound
    found = await request.app[DATABASE].read(_newest, account, key, now)
    if found is None:
        raise web.HTTPNotFound
    headers = {"Cache-Control": "private, no-store"}
    if isinstance(found, bytes):
        return web.Response(body=found, content_type="image/jpeg", headers=headers)
    return file(request, found, "image/jpeg", headers)


async def render(
    request: web.Request,
    *,
    status: int = 200,
    given: Typed | None = None,
    problem: str | None = None,
    bad: BadShape | None = None,
) -> web.Response:
    """The page, perhaps with what was drawn and why it was not taken."""
    key, now, account = key_of(request), request.app[CLOCK](), request[ACCOUNT]
    found = await request.app[DATABASE].read(_load, account, key, now)
    if found is None:
        raise web.HTTPNotFound
    camera, pictured = found
    if given is None:
        plan = plans.in_sight(camera["register"])
        given = Typed(area_form.rows_of(plan), "", area_form.times_of(plan))
    if bad is not None:
        problem = _words(request, camera["name"], bad)
    return page(
        request,
        "cameras/areas.html",
        status=status,
        camera=camera,
        pictured=pictured and may(account, Action.SEE_SNAPSHOTS),
        shapes={kind: _with_spare(kind, given.shapes[kind]) for kind in MOST},
        kinds=_KINDS,
        reason=given.reason,
        times=given.times,
        weekdays=WEEKDAYS,
        rules=RULES,
        classes=CLASSES,
        whens=list(When),
        ways=list(Direction),
        problem=problem,
        done="done" in request.query,
    )


def _words(request: web.Request, camera: str, bad: BadShape) -> str:
    """Camera, shape, field and cure."""
    kind = f"{translate(request, _KINDS[bad.kind])} {bad.number}: " if bad.kind else ""
    label = f"{translate(request, _FIELDS[bad.field])}: " if bad.field in _FIELDS else ""
    why = f" ({bad.why})" if bad.why else ""
    return f"{camera} · {kind}{label}{translate(request, bad.text)}{why}"


def _with_spare(kind: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """One empty row more to fill in, while there is room."""
    fresh: list[dict[str, str]] = [{"rule_intrusion": "1", "rule_loitering": "1"} if kind == "areas" else {}]
    return rows + (fresh if len(rows) < MOST[kind] else [])


def _load(connection: Connection, account: Account, key: CameraKey, now: int) -> "tuple[dict[str, Any], bool] | None":
    camera = shown.one(connection, account, key, now)
    return None if camera is None else (camera, _newest(connection, account, key, now) is not None)


def _save(connection: Connection, account: Account, key: CameraKey, plan: CameraPlan, reason: str, now: int) -> None:
    if shown.one(connection, account, key, now) is None:
        raise web.HTTPNotFound
    plans.save(connection, key, account.id, plan, reason, now, may_unmask=may(account, Action.UNMASK))


def _newest(connection: Connection, account: Account, key: CameraKey, now: int) -> str | bytes | None:
    """The newest still: the name of its file, or the picture itself; of a house only to who has said why."""
    camera: Mapping[str, Any] | None = shown.one(connection, account, key, now)
    if camera is None:
        return None
    of_house = camera["register"]["camera_class"] == CameraClass.HOUSEHOLD
    if of_house and not opened.by(connection, account, key, now):
        return None
    mine = (media.c.node == key.node, media.c.device == key.device)
    kept = (media.c.kind == MediaKind.STILL.value, media.c.state == MediaState.STORED.value)
    name = connection.execute(sa.select(media.c.file).where(*mine, *kept).order_by(media.c.at.desc()).limit(1)).scalar()
    if name is not None:
        return str(name)
    first = sa.select(snapshot.c.jpeg).where(snapshot.c.node == key.node, snapshot.c.device == key.device)
    return connection.execute(first.order_by(snapshot.c.at.desc()).limit(1)).scalar()
