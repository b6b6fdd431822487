"""Unlocking a session with its password, and locking it by hand."""

import logging
from dataclasses import replace
from typing import Annotated
from urllib.parse import parse_qsl

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.tables import account as accounts
from keng_hub.web import sessions, throttle
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, PASSWORDS
from keng_hub.web.lock import KEPT, close
from keng_hub.web.login import inside
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

log = logging.getLogger("keng.web.login")


class Unlock(Form):
    """The password, where to go on, and the form that was refused."""

    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    next: str = ""
    kept: Annotated[str, StringConstraints(max_length=KEPT)] = ""


@require(Action.OWN_ACCOUNT)
async def show(request: web.Request) -> web.StreamResponse:
    """The page that asks for the password."""
    following = inside(request.query.get("next", ""))
    if not request[ACCOUNT].locked:
        raise web.HTTPSeeOther(following or "/")
    return page(request, "unlock.html", problem=None, next=following, kept="", cover=False)


@require(Action.OWN_ACCOUNT)
async def unlock(request: web.Request) -> web.StreamResponse:
    """Check the password, slowed down as at the login; the second step is not asked for again."""
    account, app, now, source = request[ACCOUNT], request.app, request.app[CLOCK](), request.remote or "?"
    try:
        form = await read(request, Unlock)
    except BadForm:
        return _again(request, 422, N_("Please give your password."))
    attempt, wait = await app[DATABASE].write(throttle.begin, account.username.casefold(), source, now)
    if attempt is None:
        log.warning("unlocking of %r from %s refused: too many failures", account.username, source)
        text = translate(request, N_("Too many wrong tries. Wait %(n)s seconds and try again."), n=-(-wait // 1000))
        return _again(request, 429, text, form)
    if not await app[PASSWORDS].matches(await app[DATABASE].read(_password, account.id), form.password):
        return _again(request, 401, N_("The password is wrong."), form)
    await app[DATABASE].write(_open, attempt, account, now)
    request[ACCOUNT] = replace(account, locked=False)
    return _go_on(request, form)


@require(Action.OWN_ACCOUNT)
async def lock(request: web.Request) -> web.StreamResponse:
    """Lock this session now, for who leaves the desk."""
    app, now = request.app, request.app[CLOCK]()
    await app[DATABASE].write(close, replace(request[ACCOUNT], acted=now), request.remote, now)
    raise web.HTTPSeeOther("/unlock")


def _again(request: web.Request, status: int, problem: str, form: Unlock | None = None) -> web.Response:
    following, kept = (inside(form.next), form.kept) if form else ("", "")
    cover = "HX-Request" in request.headers
    return page(request, "unlock.html", status=status, problem=problem, next=following, kept=kept, cover=cover)


def _go_on(request: web.Request, form: Unlock) -> web.Response:
    """Back to the page that was covered, to what was sent meanwhile, or to where somebody wanted to go."""
    following = inside(form.next)
    if "HX-Request" in request.headers:
        return web.Response(status=204, headers={"HX-Trigger": "unlocked"})
    if form.kept and following:
        fields = parse_qsl(form.kept, keep_blank_values=True)
        return page(request, "unlocked.html", action=following, fields=fields)
    raise web.HTTPSeeOther(following or "/")


def _password(connection: Connection, account: int) -> str:
    return str(connection.execute(sa.select(accounts.c.password).where(accounts.c.id == account)).scalar_one())


def _open(connection: Connection, attempt: int, account: Account, now: int) -> None:
    throttle.succeeded(connection, attempt)
    sessions.unlock(connection, account.session, now)
