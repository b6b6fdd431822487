"""Who is called now, tier by tier, for a kind of alarm at a place; and the policy by which it goes on."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.incidents import policies
from keng_hub.incidents.calling import calling
from keng_hub.incidents.deadlines import ESCALATION, Rule, rule_and_place
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.policies import BOUNDS, Policy, PolicyRefused
from keng_hub.rosters import mutes
from keng_hub.tables import account, place
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, query, read
from keng_hub.web.keys import ACCOUNT, CHANNELS, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category

_FIELDS: Final = {
    "first_s": N_("Until the second tier is called (seconds)"),
    "every_s": N_("Between further rounds (seconds)"),
    "until_min": N_("Given up after (minutes)"),
}
_BOUNDED: Final = N_("%(field)s: from %(least)s to %(most)s. Help must never come later than by itself.")
Times = Annotated[int, Field(ge=0, le=1_000_000)]


class Wanted(Form):
    """What is looked at, and whether something was done."""

    place: str = ""
    category: Category = Category.FIRE
    done: str = ""


class Change(Form):
    """A policy."""

    first_s: Times
    every_s: Times
    until_min: Times


class Nothing(Form):
    """A button."""


@require(Action.SEE_ROSTER)
async def show(request: web.Request) -> web.StreamResponse:
    """Who is called."""
    try:
        wanted = query(request, Wanted)
    except BadForm:
        raise web.HTTPNotFound from None
    viewer = request[ACCOUNT]
    return await _render(request, wanted.place or viewer.place, wanted.category, done=bool(wanted.done))


@require(Action.PLAN_ROSTER)
async def keep(request: web.Request) -> web.StreamResponse:
    """Set the policy of a place."""
    where, category = _meant(request)
    try:
        form = await read(request, Change)
    except BadForm as bad:
        problem = translate(request, next(iter(bad.problems.values())))
        return await _render(request, where, category, status=422, problem=problem)
    policy, now = Policy(form.first_s, form.every_s, form.until_min), request.app[CLOCK]()
    try:
        await request.app[DATABASE].write(_keep, request[ACCOUNT], where, category, policy, now)
    except PolicyRefused as refused:
        problem = _words(request, category, refused.field)
        return await _render(request, where, category, status=409, problem=problem, values=policy._asdict())
    raise _back(where, category)


@require(Action.PLAN_ROSTER)
async def drop(request: web.Request) -> web.StreamResponse:
    """Let the place above decide again."""
    where, category = _meant(request)
    await read(request, Nothing)
    await request.app[DATABASE].write(_drop, request[ACCOUNT], where, category)
    raise _back(where, category)


def _meant(request: web.Request) -> tuple[str | None, Category]:
    """The place, None for the whole village, and the kind: both in the address, so that the audit log has them."""
    try:
        category = Category(request.match_info["category"])
    except ValueError:
        raise web.HTTPNotFound from None
    if category not in BOUNDS:
        raise web.HTTPNotFound
    return request.match_info.get("place"), category


def _back(where: str | None, category: Category) -> web.HTTPException:
    return web.HTTPSeeOther(f"/escalation?category={category.value}&place={where or ''}&done=1")


def _words(request: web.Request, category: Category, field: str) -> str:
    least, most = getattr(BOUNDS[category], field)
    return translate(request, _BOUNDED) % {"field": translate(request, _FIELDS[field]), "least": least, "most": most}


async def _render(
    request: web.Request, where: str | None, category: Category, *, status: int = 200, **more: Any
) -> web.Response:
    channels, now = request.app[CHANNELS], request.app[CLOCK]()
    found = await request.app[DATABASE].read(load, request[ACCOUNT], where, category, frozenset(channels), now)
    shown = {"problem": None, "done": False, "values": found["standing"]} | found | more
    return page(request, "duty/escalation.html", status=status, category=category.value, fields=_FIELDS, **shown)


def load(
    connection: Connection, viewer: Account, where: str | None, category: Category, channels: frozenset[str], now: int
) -> dict[str, Any]:
    """All of the page for one place and kind; 404 for a place out of sight."""
    places = _places(connection, viewer)
    _in_sight(viewer, where, places)
    times, row = rule_and_place(connection, category.value, where)
    return {
        "places": places,
        "where": where,
        "categories": [one.value for one in Category],
        "calls": calling(connection, category, where, times, channels, now),
        "muted": mutes.about(connection, category.value, where, now),
        "times": times,
        "policy": _source(connection, row),
        "own": row is not None and row.place == where,
        "bounds": BOUNDS[category]._asdict() if category in BOUNDS else {},
        "standing": _values(times),
        "usual": _values(ESCALATION.get(category)),
    }


def _values(times: Rule | None) -> dict[str, int]:
    if times is None:
        return {}
    first, every, until = times
    return {"first_s": first // 1000, "every_s": every // 1000, "until_min": until // 60_000}


def _source(connection: Connection, row: Any) -> dict[str, Any] | None:
    """Whose policy it is, by whom and since when; None for what applies by itself."""
    if row is None:
        return None
    names = sa.select(place.c.name).where(place.c.id == row.place)
    who = sa.select(account.c.full_name).where(account.c.id == row.account)
    name, by = (connection.execute(one).scalar_one_or_none() for one in (names, who))
    return {"place": name, "who": by, "changed": row.changed}


def _places(connection: Connection, viewer: Account) -> dict[str, str]:
    there = sa.select(place.c.id, place.c.name).where(place.c.valid_to.is_(None), sees_place(viewer, place.c.id))
    return {row.id: row.name for row in connection.execute(there.order_by(place.c.name))}


def _in_sight(viewer: Account, where: str | None, places: dict[str, str]) -> None:
    if where not in places and (where is not None or viewer.place is not None):
        raise web.HTTPNotFound


def _keep(
    connection: Connection, viewer: Account, where: str | None, category: Category, policy: Policy, now: int
) -> None:
    _in_sight(viewer, where, _places(connection, viewer))
    policies.keep(connection, where, category, policy, viewer.id, now)


def _drop(connection: Connection, viewer: Account, where: str | None, category: Category) -> None:
    _in_sight(viewer, where, _places(connection, viewer))
    policies.drop(connection, where, category)
