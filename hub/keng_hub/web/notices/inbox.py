"""What residents sent and a person has to read: messages that could not be acted on, and reports with their photos."""

from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.incidents.wording import short_code
from keng_hub.notices import audience
from keng_hub.people import ways
from keng_hub.replies import handling
from keng_hub.replies.handling import Refused
from keng_hub.replies.reasons import FOR_STAFF
from keng_hub.replies.reports import ReportMark
from keng_hub.replies.words import Meaning
from keng_hub.tables import household, inbound, incident, place, report_photo, resident_report
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, OptionalText, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.permissions import Action, may, require, subtree
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category

SHOWN: Final = 100
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
        if connection.execute(_messages(account).where(inbound.c.id == key)).first() is None:
            raise web.HTTPNotFound
        chosen.do(connection, key, form, account, now)

    return await _do(request, run, request.match_info["act"])


@require(Action.READ_MESSAGES)
async def report_done(request: web.Request) -> web.StreamResponse:
    """A report was read."""
    await read(request, Plain)
    key, account = int(request.match_info["id"]), request[ACCOUNT]

    def run(connection: Connection, now: int) -> None:
        if connection.execute(_reports(account).where(resident_report.c.id == key)).first() is None:
            raise web.HTTPNotFound
        handling.report_done(connection, key, account, now)

    return await _do(request, run, "done")


@require(Action.READ_MESSAGES)
async def photo(request: web.Request) -> web.StreamResponse:
    """The photo of a report: it may show a home."""
    account, key = request[ACCOUNT], int(request.match_info["id"])
    jpeg = await request.app[DATABASE].read(_jpeg, account, key)
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
    found = await request.app[DATABASE].read(_load, account)
    return page(
        request,
        "notices/messages.html",
        status=status,
        problem=problem,
        done=DONE.get(query(request, Shown).done),
        kinds=[kind.value for kind in Category if kind is not Category.FAULT],
        **found,
    )


def _load(connection: Connection, account: Account) -> dict[str, Any]:
    urgent = sa.case((inbound.c.meaning == Meaning.NEED_HELP.value, 0), else_=1)
    messages = connection.execute(_messages(account).order_by(urgent, inbound.c.id.desc()).limit(SHOWN)).mappings()
    reports = connection.execute(_reports(account).order_by(resident_report.c.id.desc()).limit(SHOWN)).mappings()
    shown = ways.shown if may(account, Action.SEE_NUMBERS) else ways.masked
    return {
        "messages": [dict(row) | {"shown": shown(row["channel"], row["address"])} for row in messages],
        "reports": sorted((dict(row) | {"short": short_code(row["incident_code"])} for row in reports), key=_doubt),
        "places": audience.places(connection, account.place),
    }


def _doubt(row: dict[str, Any]) -> int:
    """Who misled people before is read last, who was right before first; nobody is left out."""
    marks = row["marks"]
    return (
        (ReportMark.HOAX_BEFORE.value in marks) * 2
        + (ReportMark.MANY.value in marks)
        - (ReportMark.RIGHT_BEFORE.value in marks)
    )


def _messages(account: Account) -> sa.Select[Any]:
    """Messages that wait: of households in the account's places; of strangers for who looks after all places."""
    chosen = (
        sa.select(inbound, household.c.label, household.c.place)
        .outerjoin(household, household.c.id == inbound.c.household)
        .where(inbound.c.handled.is_(None), inbound.c.reason.in_([reason.value for reason in FOR_STAFF]))
    )
    return chosen if account.place is None else chosen.where(household.c.place.in_(subtree(account.place)))


def _reports(account: Account) -> sa.Select[Any]:
    chosen = (
        sa.select(
            resident_report,
            incident.c.code.label("incident_code"),
            incident.c.state,
            report_photo.c.id.label("photo"),
            report_photo.c.width,
            report_photo.c.height,
        )
        .join(incident, incident.c.id == resident_report.c.incident)
        .join(place, place.c.id == resident_report.c.place)
        .outerjoin(report_photo, report_photo.c.report == resident_report.c.id)
        .where(resident_report.c.handled.is_(None))
    )
    return chosen if account.place is None else chosen.where(resident_report.c.place.in_(subtree(account.place)))


def _jpeg(connection: Connection, account: Account, key: int) -> bytes | None:
    chosen = sa.select(report_photo.c.jpeg).join(resident_report, resident_report.c.id == report_photo.c.report)
    chosen = chosen.where(report_photo.c.id == key)
    if account.place is not None:
        chosen = chosen.where(resident_report.c.place.in_(subtree(account.place)))
    return connection.execute(chosen).scalar()
