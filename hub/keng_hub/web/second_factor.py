"""The second factor: set up once with a telephone, and asked for at each login."""

import logging
from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints
from pyotp.totp import TOTP
from sqlalchemy.engine import Connection

from keng_hub import second_factors
from keng_hub.incidents.msgid import N_
from keng_hub.second_factors import Seal
from keng_hub.web import qr, sessions, throttle
from keng_hub.web.answers import page
from keng_hub.web.forms import BadForm, Form, read
from keng_hub.web.guards import set_cookie
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, HALF, NAMED, SECOND, SITE
from keng_hub.web.login import inside
from keng_hub.web.permissions import Action, must_set_up, require
from keng_hub.web.sessions import Account

log = logging.getLogger("keng.web.login")

WRONG = N_("This code is not right. Take the one the telephone shows now.")


class Code(Form):
    """What the telephone shows, or a code from paper."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    next: str = ""


async def ask(request: web.Request) -> web.StreamResponse:
    """The second step of a login."""
    if HALF not in request:
        raise web.HTTPSeeOther("/login")
    return page(request, "second_ask.html", problem=None, next=inside(request.query.get("next", "")))


async def give(request: web.Request) -> web.StreamResponse:
    """Check it, slowed down after failures, and begin the session anew."""
    half = request.get(HALF)
    if half is None:
        raise web.HTTPSeeOther("/login")
    request[NAMED] = half.username
    app, now, source = request.app, request.app[CLOCK](), request.remote or "?"
    try:
        form = await read(request, Code)
    except BadForm:
        return page(request, "second_ask.html", status=422, problem=WRONG, next="")
    attempt, _ = await app[DATABASE].write(throttle.begin, f"2:{half.username}", source, now)
    if attempt is None:
        log.warning("second factor of %r from %s refused: too many failures", half.username, source)
        text = N_("Too many wrong tries. Wait a minute.")
        return page(request, "second_ask.html", status=429, problem=text, next=inside(form.next))
    token = await app[DATABASE].write(_give, app[SECOND].seal, half, attempt, form.code, now)
    if token is None:
        return page(request, "second_ask.html", status=401, problem=WRONG, next=inside(form.next))
    response = web.HTTPSeeOther("/account/password" if half.must_change else (inside(form.next) or "/"))
    set_cookie(request, response, token)
    raise response


@require(Action.OWN_ACCOUNT)
async def show(request: web.Request) -> web.StreamResponse:
    """Set it up: a picture for the telephone's authenticator, and the same as letters."""
    return await _show(request)


@require(Action.OWN_ACCOUNT)
async def confirm(request: web.Request) -> web.StreamResponse:
    """The telephone shows the right code: keep it, and give the codes for paper, this once."""
    account, app, now = request[ACCOUNT], request.app, request.app[CLOCK]()
    try:
        form = await read(request, Code)
    except BadForm:
        return await _show(request, 422, WRONG)
    attempt, _ = await app[DATABASE].write(throttle.begin, f"2:{account.username}", request.remote or "?", now)
    if attempt is None:
        return await _show(request, 429, N_("Too many wrong tries. Wait a minute."))
    codes, token = await app[DATABASE].write(_confirm, app[SECOND].seal, account, attempt, form.code, now)
    if not codes:
        return await _show(request, 422, WRONG)
    response = page(request, "second_codes.html", codes=[f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes])
    set_cookie(request, response, token)
    return response


async def _show(request: web.Request, status: int = 200, problem: str | None = None) -> web.Response:
    account, app = request[ACCOUNT], request.app
    again, begin = status != 200, second_factors.begin
    secret = await app[DATABASE].write(begin, app[SECOND].seal, account.id, app[CLOCK](), again=again)
    named = {"name": account.username, "issuer_name": f"Kẻng {app[SITE].village}"}
    address = TOTP(secret).provisioning_uri(**named) if secret else ""
    return page(
        request,
        "second.html",
        status=status,
        problem=problem,
        required=must_set_up(request, account),
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        picture=qr.svg(address) if secret else None,
    )


def _give(connection: Connection, seal: Seal, half: Account, attempt: int, code: str, now: int) -> str | None:
    if not second_factors.check(connection, seal, half.id, code, now):
        return None
    throttle.succeeded(connection, attempt)
    sessions.end(connection, half.session)
    return sessions.begin(connection, half.id, now, second=now)


def _confirm(
    connection: Connection, seal: Seal, account: Account, attempt: int, code: str, now: int
) -> tuple[list[str], str]:
    codes = second_factors.confirm(connection, seal, account.id, code, now)
    if not codes:
        return [], ""
    throttle.succeeded(connection, attempt)
    sessions.end_all(connection, account.id)  # what was open without it is not trusted any more
    return codes, sessions.begin(connection, account.id, now, second=now)
