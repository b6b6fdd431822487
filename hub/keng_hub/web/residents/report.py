"""Reporting something seen: the place known from the code, a kind, a few words, perhaps a photo. No script, no account.

Nothing on this page can keep a first report from being taken: a photo that cannot be used is left out and said so.
"""

import hashlib
import secrets
from typing import Any, Final, NamedTuple

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import emergency
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.normalise import path
from keng_hub.people import boards, codes
from keng_hub.people.recipients import recipient_id
from keng_hub.points.photos import BadPhoto, Photo, made_anew
from keng_hub.replies import photos, reports
from keng_hub.replies.reports import Report, Taken
from keng_hub.web.answers import page
from keng_hub.web.forms import BadForm, Form, OptionalText, check
from keng_hub.web.keys import CLOCK, DATABASE, EMERGENCY, WAKES
from keng_hub.web.residents.home import household_of
from keng_hub.web.residents.lenient import Sent, read
from keng_wire.alarm import Category

KINDS: Final = (Category.FIRE, Category.MEDICAL, Category.SECURITY, Category.INFO)
CHOOSE: Final = N_("Please choose what it is.")
SAY: Final = N_("Please write a few words or take a photo.")
MANY: Final = N_("Your reports arrived. If there is danger, call now.")


class Where(NamedTuple):
    """The place behind a code, and the household when the code, or the browser, is of one."""

    place: str
    words: str
    household: int | None


class Typed(Form):
    """What was chosen and written; `form` names this page, so that what is sent twice is one report."""

    category: Category
    text: OptionalText = ""
    form: str


async def show(request: web.Request) -> web.StreamResponse:
    """The form; 404 for a code that stands on no board and no paper."""
    return await _page(request, await _where(request))


async def send(request: web.Request) -> web.StreamResponse:
    """Take the report and lead to its state."""
    where = await _where(request)
    sent = await read(request, photos.LARGEST)
    typed, problem = _check(sent)
    if typed is None:
        return await _page(request, where, status=422, problem=problem, sent=sent)
    now, database = request.app[CLOCK](), request.app[DATABASE]
    reporter = _reporter(request, where)
    if await database.read(reports.too_many, reporter, now):
        return await _page(request, where, status=429, problem=MANY, sent=sent)
    photo = _photo(sent.file)
    form = hashlib.sha256(f"{request.match_info['code']} {typed.form}".encode()).hexdigest()[:40]
    report = Report(form, where.place, typed.category, typed.text, reporter, now, where.household)
    taken = await database.write_urgently(_take, report, photo, now)
    request.app[WAKES].after_commit()
    left_out = "?photo=no" if (sent.file or sent.too_large) and photo is None else ""
    raise web.HTTPSeeOther(f"/s/{taken.code}{left_out}")


async def _where(request: web.Request) -> Where:
    found = await request.app[DATABASE].read(_find, request.match_info["code"].lower())
    if found is None:
        raise web.HTTPNotFound
    if found.household is None and (home := await household_of(request)) is not None:
        return found._replace(household=home.id)
    return found


def _find(connection: Connection, code: str) -> Where | None:
    board = boards.place_of(connection, code)
    if board is not None:
        return Where(board.id, _words(connection, board.id), None)
    paper = codes.find(connection, code)
    return Where(paper.place, _words(connection, paper.place), paper.household) if paper is not None else None


def _words(connection: Connection, place: str) -> str:
    return ", ".join(name for _, name in path(connection, place))


def _check(sent: Sent) -> tuple[Typed | None, str]:
    try:
        typed = check(sent.fields, Typed)
    except BadForm as bad:
        return None, CHOOSE if "category" in bad.problems else next(iter(bad.problems.values()))
    if typed.category is Category.INFO and not typed.text and not sent.file:
        return None, SAY
    return typed, ""


def _reporter(request: web.Request, where: Where) -> str:
    """Tells one sender from another without keeping who it is."""
    if where.household is not None:
        return recipient_id(where.household)
    return hashlib.sha256(f"{request.match_info['code']} {request.remote}".encode()).hexdigest()


def _photo(data: bytes) -> Photo | None:
    try:
        return made_anew(data) if data else None
    except BadPhoto:
        return None


def _take(connection: Connection, report: Report, photo: Photo | None, now: int) -> Taken:
    taken = reports.take(connection, report, now)
    if photo is not None:
        photos.keep(connection, taken.id, photo, now)
    return taken


async def _page(
    request: web.Request, where: Where, *, status: int = 200, problem: str | None = None, sent: Sent | None = None
) -> web.Response:
    calls = emergency.numbers(request.app[EMERGENCY], Category.FIRE, drill=False)[:3]
    values: dict[str, Any] = {
        "code": request.match_info["code"],
        "where": where.words,
        "kinds": [kind.value for kind in KINDS],
        "numbers": [(service, number, emergency.dialled(number)) for service, number in calls],
        "form": secrets.token_urlsafe(18),
        "typed": sent.fields if sent else {},
    }
    return page(request, "residents/report.html", status=status, problem=problem, **values)
