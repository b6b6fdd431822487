"""Joining by the code on paper: choose a way, agree in plain words, confirm by six digits; and leaving again."""

import logging
from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.people import codes, contacts, leaving, linking, verification, ways
from keng_hub.people.consents import TEXT_VERSION
from keng_hub.people.errors import Refused
from keng_hub.people.states import CodeKind, ContactState, How
from keng_hub.people.verification import Failure, Wish
from keng_hub.people.ways import WAYS, AddressKind
from keng_hub.tables import contact_code
from keng_hub.web import throttle
from keng_hub.web.answers import language, page
from keng_hub.web.forms import BadForm, Form, query, read
from keng_hub.web.keys import CLOCK, DATABASE, JOINING, WAKES
from keng_hub.web.residents.home import welcome
from keng_hub.web.residents.words import REFUSED

log = logging.getLogger("keng.web.residents")
Row = sa.Row[Any]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Number = Annotated[int, Field(ge=1, le=10**15)]


class Typed(Form):
    """A code copied from paper."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class Choice(Form):
    """A way, its address, and the box that was ticked."""

    channel: Short
    address: Short = ""
    consent: Literal["", "yes"] = ""


class Shown(Form):
    """Which code somebody is asked for, and what was done."""

    n: Number | None = None
    done: Literal["", "left"] = ""


class Confirmed(Form):
    """The six digits, and to which code they belong."""

    n: Number
    digits: Short = ""


class Left(Form):
    """Which contact leaves."""

    contact: Number


async def ask(request: web.Request) -> web.StreamResponse:
    """`/j`: for who types the code instead of photographing it."""
    return page(request, "residents/code.html", problem=None)


async def typed(request: web.Request) -> web.StreamResponse:
    """Lead to the page of the typed code."""
    plain = "".join(sign for sign in (await read(request, Typed)).code.lower() if sign.isascii() and sign.isalnum())
    if not plain:
        return page(request, "residents/code.html", status=422, problem=N_("Please fill this in."))
    raise web.HTTPSeeOther(f"/j/{plain}")


async def show(request: web.Request) -> web.StreamResponse:
    """The page of a household's code."""
    row = await _code(request)
    wanted = query(request, Shown)
    return await _page(request, row, waiting=wanted.n, done=wanted.done)


async def begin(request: web.Request) -> web.StreamResponse:
    """Somebody agrees to a way: send the digits, or show those to be sent to us."""
    row = await _code(request)
    now = request.app[CLOCK]()
    form: Choice | None = None
    try:
        form = await read(request, Choice)
        if not codes.good(row, now):
            raise Refused("over")
        if form.channel not in ways.offered(request.app[JOINING].channels):
            raise Refused("channel")
        if not form.consent:
            raise Refused("consent")
        chat = WAYS[form.channel].address is AddressKind.CHAT
        address = None if chat else ways.address(form.channel, form.address)
        wish = Wish(row.household, form.channel, address, language(request), _how(row), row.id)
        begun = await request.app[DATABASE].write(verification.begin, wish, now)
    except BadForm as bad:
        return await _page(request, row, status=422, problem=next(iter(bad.problems.values())), typed=form)
    except Refused as refused:
        return await _page(request, row, status=422, problem=REFUSED[refused.code], typed=form)
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/j/{request.match_info['code']}?n={begun.id}")


async def confirm(request: web.Request) -> web.StreamResponse:
    """The digits somebody read in the message, or the word that they have sent theirs."""
    row, now = await _code(request), request.app[CLOCK]()
    form = await read(request, Confirmed)
    database = request.app[DATABASE]
    waiting = await database.read(_waiting, row.household, form.n)
    if waiting is not None and waiting.address is None:
        made = await database.read(linking.linked, form.n, row.household)
        outcome: int | str = made if made is not None else "not_yet"
    else:
        digits = "".join(sign for sign in form.digits if sign.isdigit())
        found = await database.write(verification.confirm, form.n, row.household, digits, now)
        outcome = found.value if isinstance(found, Failure) else found
    if isinstance(outcome, str):
        return await _page(request, row, status=422, problem=REFUSED[outcome], waiting=form.n)
    raise await welcome(request, outcome)


async def leave(request: web.Request) -> web.StreamResponse:
    """Withdraw consent by the household's paper, also one that is too old for joining."""
    row = await _code(request)
    form = await read(request, Left)
    if row.kind != CodeKind.HOUSEHOLD.value:
        raise web.HTTPNotFound
    await request.app[DATABASE].write(_leave, row.household, form.contact, request.app[CLOCK]())
    raise web.HTTPSeeOther(f"/j/{request.match_info['code']}?done=left")


async def _code(request: web.Request) -> Row:
    """The row of the code in the address; 404, after a few wrong ones 429, which no right one ever meets."""
    code, database = request.match_info["code"], request.app[DATABASE]
    row = await database.read(codes.find, code)
    if row is not None:
        return row
    source = request.remote or "?"
    attempt, _ = await database.write(throttle.begin, "/j", source, request.app[CLOCK]())
    if attempt is None:
        log.warning("many wrong codes for joining from %s", source)
        raise web.HTTPTooManyRequests
    raise web.HTTPNotFound


async def _page(
    request: web.Request,
    row: Row,
    *,
    status: int = 200,
    problem: str | None = None,
    waiting: int | None = None,
    typed: Choice | None = None,
    done: str = "",
) -> web.Response:
    database, joining, now = request.app[DATABASE], request.app[JOINING], request.app[CLOCK]()
    code = await database.read(_waiting, row.household, waiting) if waiting is not None else None
    known = await database.read(contacts.of_household, row.household) if row.kind == CodeKind.HOUSEHOLD.value else []
    return page(
        request,
        "residents/join.html",
        status=status,
        problem=problem,
        done=done,
        code=request.match_info["code"],
        label=row.label,
        good=codes.good(row, now),
        expires=row.expires,
        offered=[(name, WAYS[name].address.value) for name in ways.offered(joining.channels)],
        waiting=code if code is not None and now < code.expires and code.used is None else None,
        waiting_for=ways.shown(code.channel, code.address) if code is not None and code.address else "",
        contacts=[_shown(one) for one in known if one["state"] == ContactState.VERIFIED.value],
        joining=joining,
        text_version=TEXT_VERSION,
        typed=typed or Choice(channel=""),
    )


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"shown": ways.masked(one["channel"], one["address"])}


def _how(row: Row) -> How:
    return How.QR if row.kind == CodeKind.HOUSEHOLD.value else How.SUPPORTER


def _waiting(connection: Connection, household_id: int, code_id: int) -> Row | None:
    query = sa.select(contact_code).where(contact_code.c.id == code_id, contact_code.c.household == household_id)
    return connection.execute(query).one_or_none()


def _leave(connection: Connection, household_id: int, contact_id: int, now: int) -> None:
    mine = {one["id"] for one in contacts.of_household(connection, household_id)}
    if contact_id in mine:
        leaving.withdraw(connection, contact_id, How.QR, now)


CODE: Final = r"[A-Za-z0-9-]{1,40}"
"""What stands in the address; anything else is no code."""
