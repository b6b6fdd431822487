"""Extinguishers, hydrants and fire points: where they are, when they were inspected, whether they can be used."""

from datetime import date
from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.people import assets
from keng_hub.people.assets import AssetKind, Thing
from keng_hub.people.errors import Refused
from keng_hub.tables import asset
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, Text, query, read
from keng_hub.web.households.tree import PlaceKey, check_place, places_of
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.languages import local, to_ms
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

DONE: Final = {"kept": N_("Saved."), "ended": N_("It is no longer shown on boards.")}


class Described(Form):
    """One thing, as typed."""

    kind: AssetKind
    place: PlaceKey
    location: Text
    inspected: Annotated[str, StringConstraints(max_length=10)] = ""
    inspection_due: Annotated[str, StringConstraints(max_length=10)] = ""
    usable: Literal["yes", "no"] = "yes"


class Shown(Form):
    """What was just done."""

    done: Literal["", "kept", "ended"] = ""


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The list, and the form."""
    return await _page(request, done=query(request, Shown).done)


@require(Action.KEEP_ASSETS)
@once
async def keep(request: web.Request) -> web.StreamResponse:
    """Add one, or change the one in the address."""
    form = await read(request, Described)
    number = request.match_info.get("id")
    try:
        thing = _thing(form)
        await request.app[DATABASE].write(
            _keep, request[ACCOUNT], int(number) if number else None, thing, request.app[CLOCK]()
        )
    except Refused as refused:
        return await _page(request, status=422, problem=REFUSED[refused.code], typed=form)
    raise web.HTTPSeeOther("/assets?done=kept")


@require(Action.KEEP_ASSETS)
async def end(request: web.Request) -> web.StreamResponse:
    """It was taken away."""
    number = int(request.match_info["id"])
    await request.app[DATABASE].write(_end, request[ACCOUNT], number, request.app[CLOCK]())
    raise web.HTTPSeeOther("/assets?done=ended")


def _thing(form: Described) -> Thing:
    if len(form.location) > 200:
        raise Refused("label")
    days = (_day(form.inspected), _day(form.inspection_due))
    return Thing(form.kind, form.place, form.location, *days, form.usable == "yes")


def _day(text: str) -> int | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("day") from None
    if not 2000 <= day.year < 2100:
        raise Refused("day")
    return to_ms(day)


def _keep(connection: Connection, account: Account, asset_id: int | None, thing: Thing, now: int) -> None:
    check_place(connection, account, thing.place)
    if asset_id is None:
        assets.add(connection, thing, now)
        return
    _seen(connection, account, asset_id)
    assets.change(connection, asset_id, thing)


def _end(connection: Connection, account: Account, asset_id: int, now: int) -> None:
    _seen(connection, account, asset_id)
    assets.end(connection, asset_id, now)


def _seen(connection: Connection, account: Account, asset_id: int) -> None:
    there = sa.and_(asset.c.id == asset_id, asset.c.ended.is_(None), sees_place(account, asset.c.place))
    if connection.scalar(sa.select(asset.c.id).where(there)) is None:
        raise web.HTTPNotFound


async def _page(
    request: web.Request,
    *,
    status: int = 200,
    problem: str | None = None,
    done: str = "",
    typed: Described | None = None,
) -> web.Response:
    account, now = request[ACCOUNT], request.app[CLOCK]()
    rows, places = await request.app[DATABASE].read(_load, account)
    return page(
        request,
        "households/assets.html",
        status=status,
        problem=problem,
        done=DONE.get(done),
        rows=[row | {"overdue": row["inspection_due"] is not None and row["inspection_due"] < now} for row in rows],
        places=places,
        kinds=[kind.value for kind in AssetKind],
        typed=typed,
        iso_day=_iso,
    )


def _load(connection: Connection, account: Account) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return assets.listed(connection, sees_place(account, asset.c.place)), places_of(connection, account)


def _iso(ms: int | None) -> str:
    return local(ms).date().isoformat() if ms is not None else ""
