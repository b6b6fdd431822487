"""What is kept quiet, and what somebody took on and has not finished: both age in the open, the oldest first."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.states import HELD
from keng_hub.rosters import mutes
from keng_hub.rosters.errors import Refused
from keng_hub.tables import account, device, incident, mute, node, place
from keng_hub.web.answers import page, translate
from keng_hub.web.duty.refusals import REFUSALS
from keng_hub.web.forms import BadForm, Form, Text, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, may, require, sees_incident, sees_node, sees_place
from keng_hub.web.sessions import Account

MINUTE_MS: Final = 60_000
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,40}$")]


class Quiet(Form):
    """What to keep quiet, for how many minutes, and why. Empty: everything."""

    place: Key = ""
    source: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_-]{1,40}(/[A-Za-z0-9_-]{1,40})?)?$")] = ""
    """`node` or `node/device`."""
    category: Annotated[str, StringConstraints(pattern="^(fire|medical|security|fault|info|)$")] = ""
    minutes: Annotated[int, Field(ge=1, le=10_000)]
    reason: Text


class Nothing(Form):
    """A button."""


@require(Action.MUTE)
async def show(request: web.Request) -> web.StreamResponse:
    """Both lists, and the form."""
    return await _render(request)


@require(Action.MUTE)
@once
async def begin(request: web.Request) -> web.StreamResponse:
    """Keep quiet from now on."""
    try:
        form, now = await read(request, Quiet), request.app[CLOCK]()
        await request.app[DATABASE].write_urgently(_begin, request[ACCOUNT], form, now)
    except BadForm as bad:
        return await _render(request, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, REFUSALS[refused.code]))
    raise web.HTTPSeeOther("/mutes?done=1")


@require(Action.MUTE)
async def agree(request: web.Request) -> web.StreamResponse:
    """Be the second person."""
    return await _act(request, mutes.agree)


@require(Action.MUTE)
async def end(request: web.Request) -> web.StreamResponse:
    """Be loud again."""
    return await _act(request, mutes.end)


async def _act(request: web.Request, act: Any) -> web.StreamResponse:
    await read(request, Nothing)
    number, now = int(request.match_info["id"]), request.app[CLOCK]()
    try:
        await request.app[DATABASE].write_urgently(_of_mine, request[ACCOUNT], act, number, now)
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, REFUSALS[refused.code]))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther("/mutes?done=1")


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    now = request.app[CLOCK]()
    found = await request.app[DATABASE].read(load, request[ACCOUNT], now)
    done = "done" in request.query and problem is None
    return page(request, "duty/mutes.html", status=status, problem=problem, done=done, **found)


def load(connection: Connection, viewer: Account, now: int) -> dict[str, Any]:
    """The mutes that hold and the incidents that are held, with who, why and until when."""
    return {
        "mutes": _mutes(connection, viewer, now),
        "held": _held(connection, viewer),
        "places": _places(connection, viewer),
        "sources": _sources(connection, viewer),
    }


def _mutes(connection: Connection, viewer: Account, now: int) -> list[dict[str, Any]]:
    second = account.alias("second_person")
    query = (
        sa.select(
            mute,
            account.c.full_name.label("who"),
            second.c.full_name.label("agreed"),
            place.c.name.label("place_name"),
            device.c.name.label("device_name"),
            node.c.name.label("node_name"),
        )
        .join(account, account.c.id == mute.c.account)
        .outerjoin(second, second.c.id == mute.c.second)
        .outerjoin(place, place.c.id == mute.c.place)
        .outerjoin(node, node.c.id == mute.c.node)
        .outerjoin(device, sa.and_(device.c.node == mute.c.node, device.c.id == mute.c.device))
        .where(mute.c.ends > now, mute.c.ended.is_(None), _within(viewer))
        .order_by(mute.c.begins, mute.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _held(connection: Connection, viewer: Account) -> list[dict[str, Any]]:
    if not may(viewer, Action.SEE_INCIDENTS):
        return []
    query = (
        sa.select(incident, account.c.full_name.label("who"))
        .outerjoin(node, node.c.id == incident.c.node)
        .outerjoin(account, account.c.id == incident.c.owner)
        .where(incident.c.state.in_([state.value for state in HELD]), sees_incident(viewer))
        .order_by(incident.c.acknowledged, incident.c.id)
        .limit(200)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _places(connection: Connection, viewer: Account) -> list[dict[str, Any]]:
    query = sa.select(place.c.id, place.c.name, place.c.kind).where(place.c.valid_to.is_(None))
    query = query.where(sees_place(viewer, place.c.id))
    return [dict(row) for row in connection.execute(query.order_by(place.c.name)).mappings()]


def _sources(connection: Connection, viewer: Account) -> list[tuple[str, str]]:
    query = (
        sa.select(node.c.id, node.c.name, device.c.id.label("device"), device.c.name.label("device_name"))
        .outerjoin(device, sa.and_(device.c.node == node.c.id, sa.not_(device.c.removed)))
        .where(sees_node(viewer))
        .order_by(node.c.name, device.c.name)
    )
    found: dict[str, str] = {}
    for row in connection.execute(query):
        found.setdefault(row.id, row.name)
        if row.device is not None:
            found[f"{row.id}/{row.device}"] = f"{row.name} · {row.device_name}"
    return list(found.items())


def _begin(connection: Connection, viewer: Account, form: Quiet, now: int) -> None:
    source, _, of = form.source.partition("/")
    where = form.place or viewer.place
    if where is not None and where not in {one["id"] for one in _places(connection, viewer)}:
        raise Refused("place")
    if form.source and form.source not in dict(_sources(connection, viewer)):
        raise Refused("place")
    mutes.begin(
        connection,
        viewer.id,
        form.reason,
        now + form.minutes * MINUTE_MS,
        now,
        place=where,
        node=source or None,
        device=of or None,
        category=form.category or None,
    )


def _of_mine(connection: Connection, viewer: Account, act: Any, number: int, now: int) -> None:
    if connection.execute(sa.select(mute.c.id).where(mute.c.id == number, _within(viewer))).first() is None:
        raise web.HTTPNotFound
    act(connection, number, viewer.id, now)


def _within(viewer: Account) -> sa.ColumnElement[bool]:
    return sees_place(viewer, mute.c.place)
