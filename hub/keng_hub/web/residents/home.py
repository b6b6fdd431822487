"""A household's own page: no account, only the link that joining left in the browser."""

from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.people import consents, contacts, homes, leaving, trying, ways
from keng_hub.people.errors import Refused
from keng_hub.people.states import ContactState, How
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query, read
from keng_hub.web.keys import CLOCK, DATABASE, JOINING, SITE, WAKES
from keng_hub.web.residents.words import REFUSED

DONE: Final = {
    "joined": N_("Done. You will be told here from now on."),
    "left": N_("Done. Nothing is sent there any more."),
    "tried": N_("A test message is on its way."),
    "forgotten": N_("This browser has forgotten your house. The messages go on."),
}


class Shown(Form):
    """What was just done."""

    done: Literal["", "joined", "left", "tried", "forgotten"] = ""


class Left(Form):
    """Which contact leaves; all of them when none is named."""

    contact: Annotated[int, Field(ge=1, le=10**15)] | None = None


def cookie_name(request: web.Request) -> str:
    """`__Host-` where browsers come by HTTPS."""
    return "__Host-keng-home" if request.app[SITE].secure else "keng-home"


async def household_of(request: web.Request) -> "sa.Row[Any] | None":
    """The household whose link this browser keeps, with `contact`; None for everybody else."""
    token = request.cookies.get(cookie_name(request))
    return await request.app[DATABASE].read(homes.find, token) if token else None


async def welcome(request: web.Request, contact_id: int) -> web.HTTPException:
    """Leave the link in the browser of who has just verified a contact, and lead to the page."""
    token = await request.app[DATABASE].write(homes.make, contact_id, request.app[CLOCK]())
    answer = web.HTTPSeeOther("/home?done=joined")
    _set(request, answer, token)
    return answer


async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    home = await household_of(request)
    answer = await _page(request, home, done=query(request, Shown).done)
    if home is not None:
        _set(request, answer, request.cookies[cookie_name(request)])  # its 400 days begin anew
    return answer


async def leave(request: web.Request) -> web.StreamResponse:
    """Withdraw consent for one contact, or for all of the household."""
    home = await _own(request)
    form = await read(request, Left)
    await request.app[DATABASE].write(_leave, home.id, form.contact, request.app[CLOCK]())
    raise web.HTTPSeeOther("/home?done=left")


async def attempt(request: web.Request) -> web.StreamResponse:
    """Send a test message to the household's contacts."""
    home = await _own(request)
    try:
        await request.app[DATABASE].write(trying.send, home.id, request.app[CLOCK]())
    except Refused as refused:
        return await _page(request, home, status=409, problem=REFUSED[refused.code])
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther("/home?done=tried")


async def forget(request: web.Request) -> web.StreamResponse:
    """Take the link out of this browser, for one that is not one's own."""
    token = request.cookies.get(cookie_name(request))
    if token:
        await request.app[DATABASE].write(homes.end, token)
    answer = web.HTTPSeeOther("/home?done=forgotten")
    secure = request.app[SITE].secure
    answer.del_cookie(cookie_name(request), path="/", secure=secure, httponly=True, samesite="Lax")
    raise answer


async def _own(request: web.Request) -> "sa.Row[Any]":
    home = await household_of(request)
    if home is None:
        raise web.HTTPSeeOther("/home")
    return home


async def _page(
    request: web.Request, home: "sa.Row[Any] | None", *, status: int = 200, problem: str | None = None, done: str = ""
) -> web.Response:
    words = DONE.get(done)
    if home is None:
        return page(request, "residents/no_home.html", status=status, done=words)
    database = request.app[DATABASE]
    return page(
        request,
        "residents/home.html",
        status=status,
        problem=problem,
        done=words,
        home=home,
        contacts=[_shown(one, home.contact) for one in await database.read(contacts.of_household, home.id)],
        consents=await database.read(consents.of_household, home.id),
        joining=request.app[JOINING],
    )


def _shown(one: dict[str, Any], own: int) -> dict[str, Any]:
    """The address in full for who has verified it in this browser, masked for the others of the house."""
    text = (ways.shown if one["id"] == own else ways.masked)(one["channel"], one["address"])
    return one | {"shown": text, "own": one["id"] == own}


def _leave(connection: Connection, household_id: int, contact_id: int | None, now: int) -> None:
    for one in contacts.of_household(connection, household_id):
        if contact_id in (None, one["id"]) and one["state"] != ContactState.LEFT.value:
            leaving.withdraw(connection, one["id"], How.HOME, now)


def _set(request: web.Request, answer: web.StreamResponse, token: str) -> None:
    answer.set_cookie(
        cookie_name(request),
        token,
        max_age=homes.LIFE_S,
        path="/",
        secure=request.app[SITE].secure,
        httponly=True,
        samesite="Lax",
    )
