"""A supporter helps a neighbour to join: a one-time code for the house they name; nothing known of it is shown."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.people import codes, register
from keng_hub.people.errors import Refused
from keng_hub.people.register import Entry
from keng_hub.people.states import CodeKind
from keng_hub.tables import joining_code
from keng_hub.web import qr
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, OptionalText, read
from keng_hub.web.households.tree import PlaceKey, check_label, check_place, places_of
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, JOINING
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

PER_DAY: Final = 60
"""Codes one supporter makes a day at most."""


class House(Form):
    """The house the neighbour lives in."""

    place: PlaceKey
    label: OptionalText


@require(Action.INVITE)
async def show(request: web.Request) -> web.StreamResponse:
    """The form."""
    return await _page(request)


@require(Action.INVITE)
@once
async def make(request: web.Request) -> web.StreamResponse:
    """The code, shown now only; the same answer whether the house was known before or not."""
    account, joining, now = request[ACCOUNT], request.app[JOINING], request.app[CLOCK]()
    form = await read(request, House)
    try:
        days = joining.settings.supporter_code_days
        code = await request.app[DATABASE].write(_make, account, form, days, now)
    except Refused as refused:
        return await _page(request, status=422, problem=REFUSED[refused.code], typed=form)
    made = {
        "label": form.label,
        "spelt": codes.spelt(code),
        "address": f"{joining.url}/j/{code}",
        "qr": qr.svg(f"{joining.url}/j/{code}"),
        "expires": now + joining.settings.supporter_code_days * codes.DAY_MS,
    }
    return await _page(request, made=made)


def _make(connection: Connection, account: Account, form: House, days: int, now: int) -> str:

    check_place(connection, account, form.place)
    check_label(form.label)
    today = sa.select(sa.func.count()).where(
        joining_code.c.account == account.id,
        joining_code.c.kind == CodeKind.SUPPORTER.value,
        joining_code.c.made > now - codes.DAY_MS,
    )
    if connection.execute(today).scalar_one() >= PER_DAY:
        raise Refused("too_many")
    home = register.same(connection, form.place, form.label)
    if home is None:
        home = register.add(connection, Entry(form.place, form.label), now)
    return codes.make(connection, home, CodeKind.SUPPORTER, account.id, days, now)


async def _page(
    request: web.Request,
    *,
    status: int = 200,
    problem: str | None = None,
    typed: House | None = None,
    made: Mapping[str, object] | None = None,
) -> web.Response:
    places = await request.app[DATABASE].read(places_of, request[ACCOUNT])
    return page(
        request,
        "households/invitations.html",
        status=status,
        problem=problem,
        typed=typed,
        made=made,
        places=places,
    )
