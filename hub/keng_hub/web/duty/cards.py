"""What is known of a place before anything happens there: the fields of the call card."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents import call_card
from keng_hub.incidents.call_card import FIELDS
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.normalise import path
from keng_hub.tables import account as accounts
from keng_hub.tables import place, place_card
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, OptionalText, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, TYPED
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

Degrees = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(-?[0-9]{1,3}([.,][0-9]{1,8})?)?$")]
_LIMITS: Final = {"latitude": 90_000_000, "longitude": 180_000_000}


class Card(Form):
    """The fields as people type them."""

    address: OptionalText = ""
    hazards: OptionalText = ""
    access: OptionalText = ""
    water: OptionalText = ""
    key_holder: OptionalText = ""
    latitude: Degrees = ""
    longitude: Degrees = ""


@require(Action.EDIT_CARDS)
async def index(request: web.Request) -> web.StreamResponse:
    """All places of the account, and which of them have a card."""
    return page(request, "duty/cards.html", rows=await request.app[DATABASE].read(_places, request[ACCOUNT]))


@require(Action.EDIT_CARDS)
async def show(request: web.Request) -> web.StreamResponse:
    """One place."""
    return await _render(request)


@require(Action.EDIT_CARDS)
async def write(request: web.Request) -> web.StreamResponse:
    """Keep what was typed."""
    try:
        said = _said(await read(request, Card))
    except BadForm as bad:
        problem = translate(request, next(iter(bad.problems.values())))
        return await _render(request, status=422, problem=problem, typed=request.get(TYPED))
    key, now = request.match_info["place"], request.app[CLOCK]()
    if not await request.app[DATABASE].write(_write, request[ACCOUNT], key, said, now):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther(f"/places/{key}/card?done=1")


async def _render(
    request: web.Request, *, status: int = 200, problem: str | None = None, typed: "dict[str, str] | None" = None
) -> web.Response:
    found = await request.app[DATABASE].read(_card, request[ACCOUNT], request.match_info["place"])
    if found is None:
        raise web.HTTPNotFound
    shown = found["shown"] | (typed or {})
    done = "done" in request.query
    values = {"fields": FIELDS, "shown": shown, "problem": problem, "done": done}
    return page(request, "duty/card.html", status=status, **values, **{k: found[k] for k in ("names", "key", "last")})


def _said(form: Card) -> "dict[str, Any]":
    values: dict[str, Any] = {field: getattr(form, field) for field in FIELDS}
    for key, limit in _LIMITS.items():
        values[key] = _microdegrees(getattr(form, key))
        if values[key] is not None and abs(values[key]) > limit:
            raise BadForm({key: N_("This cannot be used.")})
    if (values["latitude"] is None) != (values["longitude"] is None):
        raise BadForm({"latitude": N_("This is missing.")})
    return values


def _microdegrees(text: str) -> int | None:
    """`21.5` as 21500000: whole numbers, so that nothing is rounded twice."""
    if not text:
        return None
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").replace(",", ".").partition(".")
    return sign * (int(whole) * 1_000_000 + int(part[:6].ljust(6, "0")))


def _mine(account: Account, key: str) -> "sa.Select[Any]":
    chosen = sa.select(place.c.id).where(place.c.id == key, place.c.valid_to.is_(None))
    return chosen.where(sees_place(account, place.c.id))


def _write(connection: Connection, account: Account, key: str, said: "dict[str, Any]", now: int) -> bool:
    if connection.execute(_mine(account, key)).first() is None:
        return False
    return call_card.write_place(connection, key, account.id, said, now)


def _card(connection: Connection, account: Account, key: str) -> "dict[str, Any] | None":
    if connection.execute(_mine(account, key)).first() is None:
        return None
    chosen = sa.select(place_card, accounts.c.full_name.label("who")).join(accounts).where(place_card.c.place == key)
    row = connection.execute(chosen).mappings().one_or_none()
    shown = {field: row[field] if row else "" for field in FIELDS}
    for name in _LIMITS:
        value = row[name] if row else None
        shown[name] = "" if value is None else f"{value / 1_000_000:.6f}"
    return {"key": key, "names": [name for _, name in path(connection, key)], "shown": shown, "last": row}


def _places(connection: Connection, account: Account) -> "list[dict[str, Any]]":
    chosen = (
        sa.select(place.c.id, place.c.kind, place.c.name, place.c.parent, place_card.c.changed)
        .select_from(place.outerjoin(place_card, place_card.c.place == place.c.id))
        .where(place.c.valid_to.is_(None))
        .order_by(place.c.name, place.c.id)
    )
    chosen = chosen.where(sees_place(account, place.c.id))
    rows = [dict(row) for row in connection.execute(chosen).mappings()]
    for row in rows:
        row["around"] = ", ".join(name for _, name in path(connection, row["parent"]))
    return rows
