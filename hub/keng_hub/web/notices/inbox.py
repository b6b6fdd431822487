"""What residents sent and a person has to read: messages that could not be acted on, and reports with their photos."""

from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.notices import audience
from keng_hub.replies import handling
from keng_hub.replies.handling import Refused
from keng_hub.tables import inbound, resident_report
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, OptionalText, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.notices import waiting
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category

DONE: Final = {
    "done": N_("Done."),
    "answer": N_("The answer is on its way."),
    "join": N_("It stands in the timeline of the incident."),
    "open": N_("It is an incident now."),
}


class Shown(Form):
    """What was just done."""

    done: str = ""


class Plain(Form):
    """An act without words."""


class Answered(Form):
    """What is written back."""

    text: OptionalText = ""


class Joined(Form):
    """The short code of an incident."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""


class Opened(Form):
    """Where it is and what it is."""

    place: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    category: Category


class Act(NamedTuple):
    """An act: its form, and what it does with (connection, key, form, account, now)."""

    form: type[Form]
    do: Callable[[Connection, int, Any, Account, int], object]


def _open(connection: Connection, key: int, form: Opened, account: Account, now: int) -> None:
    if form.place not in {one.id for one in audience.places(connection, account.place)}:
        raise BadForm({"place": N_("This is not one of the choices.")})
    handling.open_incident(connection, key, form.place, form.category, account, now)


def _done(connection: Connection, key: int, _: Plain, account: Account, now: int) -> None:
    handling.done(connection, key, account, now)


def _answer(connection: Connection, key: int, form: Answered, account: Account, now: int) -> None:
    handling.answer(connection, key, form.text, account, now)


def _join(connection: Connection, key: int, form: Joined, account: Account, now: int) -> None:
    handling.join(connection, key, form.code, account, now)


ACTS: Final[dict[str, Act]] = {
    "done": Act(Plain, _done),
    "answer": Act(Answered, _answer),
    "join": Act(Joined, _join),
    "open": Act(Opened, _open),
}


@require(Action.READ_MESSAGES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#messages` out of it."""
    return await _page(request)


@require(Action.READ_MESSAGES)
async def act(request: web.Request) -> web.StreamResponse:
    """Do something with a message."""
    chosen = ACTS.get(request.match_info["act"])
    if chosen is None:
        raise web.HTTPNotFound
    form = await read(request, chosen.form)
    key, account = int(request.match_info["id"]), request[ACCOUNT]

    def run(connection: Connection, now: int) -> None:
        if connection.execute(waiting.messages(account).where(inbound.c.id == key)).first() is None:
            raise web.HTTPNotFound
        chosen.do(connection, key, form, account, now)

    return await _do(request, run, request.match_info["act"])


@require(Action.READ_MESSAGES)
async def report_done(request: web.Request) -> web.StreamResponse:
    """A report was read."""
    await read(request, Plain)
    key, account = int(request.match_info["id"]), request[ACCOUNT]

    def run(connection: Connection, now: int) -> None:
        if connection.execute(waiting.reports(account).where(resident_report.c.id == key)).first() is None:
            raise web.HTTPNotFound
        handling.report_done(connection, key, account, now)

    return await _do(request, run, "done")


@require(Action.READ_MESSAGES)
async def photo(request: web.Request) -> web.StreamResponse:
    """The photo of a report: it may show a home."""
    account, key = request[ACCOUNT], int(request.match_info["id"])
    jpeg = await request.app[DATABASE].read(waiting.jpeg, account, key)
    if jpeg is None:
        raise web.HTTPNotFound
    return web.Response(body=jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def _do(request: web.Request, run: Callable[[Connection, int], None], done: str) -> web.StreamResponse:
    try:
        await request.app[DATABASE].write_urgently(run, request.app[CLOCK]())
    except Refused as refused:
        return await _page(request, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/messages?done={done}")


async def _page(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    account = request[ACCOUNT]
    found = await request.app[DATABASE].read(waiting.load, account)
    return page(
        request,
        "notices/messages.html",
        status=status,
        problem=problem,
        done=DONE.get(query(request, Shown).done),
        kinds=[kind.value for kind in Category if kind is not Category.FAULT],
        **found,
    )
