"""One household: its house, its numbers, how it is reached and what it agreed to."""

from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.incidents.normalise import path
from keng_hub.people import codes, consents, contacts, leaving, phones, reach, register, ways
from keng_hub.people.errors import Refused
from keng_hub.people.states import CodeKind, How
from keng_hub.tables import household, joining_code
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query, read
from keng_hub.web.households import papers
from keng_hub.web.households.tree import House, check_place, entry, places_of
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, JOINING
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, may, require, sees_place
from keng_hub.web.sessions import Account

DONE: Final = {
    "added": N_("The household is in the register."),
    "changed": N_("Saved."),
    "withdrawn": N_("Done. Nothing is sent there any more."),
    "revoked": N_("The papers of this household are void."),
}


class Shown(Form):
    """What was just done."""

    done: Literal["", "added", "changed", "withdrawn", "revoked"] = ""


class Withdrawn(Form):
    """Whose consent is withdrawn for them."""

    contact: Annotated[int, Field(ge=1, le=10**15)]


@require(Action.SEE_HOUSEHOLDS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    return await _page(request, done=query(request, Shown).done)


@require(Action.KEEP_HOUSEHOLDS)
async def change(request: web.Request) -> web.StreamResponse:
    """Correct what is kept."""
    form = await read(request, House)
    try:
        await request.app[DATABASE].write(_change, request[ACCOUNT], _id(request), form)
    except Refused as refused:
        return await _page(request, status=422, problem=REFUSED[refused.code], typed=form)
    raise _back(request, "changed")


@require(Action.KEEP_HOUSEHOLDS)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Somebody asked at the office to be told no more."""
    form = await read(request, Withdrawn)
    await request.app[DATABASE].write(_withdraw, request[ACCOUNT], _id(request), form.contact, request.app[CLOCK]())
    raise _back(request, "withdrawn")


@require(Action.KEEP_HOUSEHOLDS)
@once
async def paper(request: web.Request) -> web.StreamResponse:
    """A new paper with the household's code; it is shown now only, and the one before is void."""
    account, number = request[ACCOUNT], _id(request)
    days, now = request.app[JOINING].settings.code_days, request.app[CLOCK]()
    made = await request.app[DATABASE].write(_paper, account, number, days, now)
    return papers.sheet(request, [made], back=f"/households/{number}")


@require(Action.KEEP_HOUSEHOLDS)
async def revoke(request: web.Request) -> web.StreamResponse:
    """A paper was lost: no code of this household opens anything any more."""
    await request.app[DATABASE].write(_revoke, request[ACCOUNT], _id(request), request.app[CLOCK]())
    raise _back(request, "revoked")


@require(Action.KEEP_HOUSEHOLDS)
async def end(request: web.Request) -> web.StreamResponse:
    """The household moved away."""
    await request.app[DATABASE].write(_end, request[ACCOUNT], _id(request), request.app[CLOCK]())
    raise web.HTTPSeeOther("/households?done=ended")


def seen(connection: Connection, account: Account, household_id: int) -> "sa.Row[Any]":
    """The household's row; 404 when it is over or lies outside the account's places."""
    there = sa.and_(household.c.id == household_id, household.c.ended.is_(None))
    query = sa.select(household).where(there, sees_place(account, household.c.place))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise web.HTTPNotFound
    return row


async def _page(
    request: web.Request,
    *,
    status: int = 200,
    problem: str | None = None,
    done: str = "",
    typed: House | None = None,
) -> web.Response:
    account, now = request[ACCOUNT], request.app[CLOCK]()
    there = request.app[JOINING].channels
    found = await request.app[DATABASE].read(_load, account, _id(request), there, now)
    home = found["home"]
    numbers = ", ".join(phones.shown(one) for one in home.call_numbers)
    kept = House(place=home.place, label=home.label, numbers=numbers, legacy_address=home.legacy_address or "")
    words = DONE.get(done)
    return page(
        request, "households/household.html", status=status, problem=problem, done=words, typed=typed or kept, **found
    )


def _load(
    connection: Connection, account: Account, household_id: int, there: frozenset[str], now: int
) -> dict[str, Any]:
    home = seen(connection, account, household_id)
    full = may(account, Action.SEE_NUMBERS)
    show_way, show_phone = (ways.shown, phones.shown) if full else (ways.masked, phones.masked)
    known = contacts.of_household(connection, household_id)
    open_codes = sa.and_(joining_code.c.revoked.is_(None), joining_code.c.used.is_(None), joining_code.c.expires > now)
    papers_out = sa.select(joining_code).where(joining_code.c.household == household_id, open_codes)
    return {
        "home": home,
        "where": ", ".join(name for _, name in path(connection, home.place)),
        "numbers": [show_phone(one) for one in home.call_numbers],
        "contacts": [one | {"shown": show_way(one["channel"], one["address"])} for one in known],
        "unreached": reach.why([(one["channel"], one["state"]) for one in known], reach.channels(connection, there)),
        "consents": consents.of_household(connection, household_id),
        "papers": [dict(row) for row in connection.execute(papers_out).mappings()],
        "places": places_of(connection, account),
    }


def _change(connection: Connection, account: Account, household_id: int, form: House) -> None:
    seen(connection, account, household_id)
    check_place(connection, account, form.place)
    register.change(connection, household_id, entry(form))


def _withdraw(connection: Connection, account: Account, household_id: int, contact_id: int, now: int) -> None:
    seen(connection, account, household_id)
    if contact_id not in {one["id"] for one in contacts.of_household(connection, household_id)}:
        raise web.HTTPNotFound
    leaving.withdraw(connection, contact_id, How.STAFF, now, account.id)


def _paper(connection: Connection, account: Account, household_id: int, days: int, now: int) -> papers.Paper:
    home = seen(connection, account, household_id)
    code = codes.make(connection, household_id, CodeKind.HOUSEHOLD, account.id, days, now)
    return papers.Paper(home.label, ", ".join(name for _, name in path(connection, home.place)), code)


def _revoke(connection: Connection, account: Account, household_id: int, now: int) -> None:
    seen(connection, account, household_id)
    codes.revoke(connection, household_id, now)


def _end(connection: Connection, account: Account, household_id: int, now: int) -> None:
    seen(connection, account, household_id)
    register.end(connection, household_id, now, account.id)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _back(request: web.Request, done: str) -> web.HTTPException:
    return web.HTTPSeeOther(f"/households/{_id(request)}?done={done}")
