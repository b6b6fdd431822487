"""Logging in and out."""

import logging
from typing import Annotated, Any
from unicodedata import normalize
from urllib.parse import urlencode

import sqlalchemy as sa
from aiohttp import web
from pydantic import AfterValidator, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub import second_factors
from keng_hub.incidents.msgid import N_
from keng_hub.tables import account as accounts
from keng_hub.web import languages, sessions, throttle
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, read
from keng_hub.web.guards import cookie_name, set_cookie
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, HALF, NAMED, PASSWORDS, SITE
from keng_hub.web.permissions import Action, may, require

log = logging.getLogger("keng.web.login")


def _nfc(text: str) -> str:
    return normalize("NFC", text)


class Login(Form):
    """Name and password as typed."""

    username: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_nfc)
    ]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    next: str = ""


class Language(Form):
    """A chosen language and where to go back to."""

    language: str
    next: str = ""


async def show(request: web.Request) -> web.StreamResponse:
    """The login page; who is logged in already goes on."""
    if ACCOUNT in request:
        raise web.HTTPSeeOther(home(request))
    return page(request, "login.html", next=inside(request.query.get("next", "")), problem=None, username="")


async def log_in(request: web.Request) -> web.StreamResponse:
    """Check name and password, slowed down after failures, and begin a new session (never an old one's token)."""
    try:
        form = await read(request, Login)
    except BadForm:
        return _again(request, 422, N_("Please give your login name and password."))
    request[NAMED] = form.username
    database, now, source = request.app[DATABASE], request.app[CLOCK](), request.remote or "?"
    attempt, wait = await database.write(throttle.begin, form.username.casefold(), source, now)
    if attempt is None:
        log.warning("login of %r from %s refused: too many failures", form.username, source)
        text = translate(request, N_("Too many wrong tries. Wait %(n)s seconds and try again."), n=-(-wait // 1000))
        return _again(request, 429, text, form)
    row = await database.read(_find, form.username)
    right = await request.app[PASSWORDS].matches(row.password if row else None, form.password)
    if row is None or not right or row.disabled:
        log.info("login of %r from %s failed", form.username, source)
        return _again(request, 401, N_("The login name or the password is wrong."), form)
    token = await database.write(_begin, attempt, row.id, now)
    log.info("%r logged in from %s", form.username, source)
    following = "/account/password" if row.must_change else (inside(form.next) or "/")
    if await database.read(second_factors.has, row.id):
        following = "/login/second" + (f"?{urlencode({'next': inside(form.next)})}" if inside(form.next) else "")
    response = web.HTTPSeeOther(following)
    set_cookie(request, response, token)
    raise response


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session on the server and in the browser."""
    if (account := request.get(ACCOUNT, request.get(HALF))) is not None:
        await request.app[DATABASE].write(sessions.end, account.session)
    response = web.HTTPSeeOther("/login")
    response.del_cookie(cookie_name(request), path="/", secure=request.app[SITE].secure, httponly=True, samesite="Lax")
    raise response


async def choose_language(request: web.Request) -> web.StreamResponse:
    """Switch the language of the account, or of the browser before login."""
    form = await read(request, Language)
    if form.language not in languages.LANGUAGES:
        raise BadForm({"language": N_("This is not one of the choices.")})
    if (account := request.get(ACCOUNT)) is not None:
        await request.app[DATABASE].write(_set_language, account.id, form.language)
    response = web.HTTPSeeOther(inside(form.next) or "/")
    response.set_cookie(
        "language", form.language, max_age=sessions.ABSOLUTE_MS // 1000, samesite="Lax", secure=request.app[SITE].secure
    )
    raise response


@require(Action.OWN_ACCOUNT)
async def start(request: web.Request) -> web.StreamResponse:
    """`/`: the page this account works on."""
    raise web.HTTPSeeOther(home(request))


def home(request: web.Request) -> str:
    """The first page of the role: incidents, else devices, else the view log, else the account itself."""
    account = request[ACCOUNT]
    if account.must_change:
        return "/account/password"
    for action, address in (
        (Action.SEE_INCIDENTS, "/incidents"),
        (Action.SEE_DEVICES, "/devices"),
        (Action.SEE_VIEWINGS, "/viewings"),
        (Action.INVITE, "/invitations"),
        (Action.SEE_WALL, "/wall"),
    ):
        if may(account, action):
            return address
    return "/account"


def inside(address: str) -> str:
    """The address when it stays on this site, else nothing: no open redirect (CWE-601)."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and not address.startswith("/login") else ""


def _again(request: web.Request, status: int, problem: str, form: Login | None = None) -> web.Response:
    username, following = (form.username, inside(form.next)) if form else ("", "")
    return page(request, "login.html", status=status, problem=problem, username=username, next=following)


def _find(connection: Connection, username: str) -> "sa.Row[Any] | None":
    """The account of this name; phones begin names with a capital letter."""
    rows = connection.execute(sa.select(accounts).where(accounts.c.username.in_([username, username.casefold()])))
    return max(rows, key=lambda row: bool(row.username == username), default=None)


def _begin(connection: Connection, attempt: int, account: int, now: int) -> str:
    throttle.succeeded(connection, attempt)
    return sessions.begin(connection, account, now)


def _set_language(connection: Connection, account: int, language: str) -> None:
    connection.execute(sa.update(accounts).where(accounts.c.id == account).values(language=language))
