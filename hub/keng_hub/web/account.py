"""One's own account: password, language, sessions."""

from typing import Annotated, Any, Self

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.tables import account as accounts
from keng_hub.tables import place
from keng_hub.tables import session as session_table
from keng_hub.web import passwords, sessions, throttle
from keng_hub.web.answers import page
from keng_hub.web.forms import BadForm, Form, read
from keng_hub.web.guards import set_cookie
from keng_hub.web.incidents import DONE
from keng_hub.web.keys import ACCOUNT, CHANNELS, CLOCK, DATABASE, PASSWORDS
from keng_hub.web.permissions import Action, may, require
from keng_hub.web.sessions import Account


class NewPassword(Form):
    """The old password and twice the new one."""

    current: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    new: str
    again: str

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Length and sameness; no rules of composition (ASVS V6.2.5)."""
        if len(self.new) < passwords.MINIMUM:
            raise PydanticCustomError("password_short", "too short")
        if len(self.new) > passwords.MAXIMUM:
            raise PydanticCustomError("password_long", "too long")
        if self.new != self.again:
            raise PydanticCustomError("password_differs", "not the same")
        return self


@require(Action.OWN_ACCOUNT)
async def show(request: web.Request) -> web.StreamResponse:
    """Who one is to the hub, and where one is logged in."""
    account = request[ACCOUNT]
    rows = await request.app[DATABASE].read(_sessions, account.id, request.app[CLOCK]())
    place_name = await request.app[DATABASE].read(_place, account.place) if account.place else None
    done = DONE.get(request.query.get("done", ""))
    values: dict[str, Any] = {
        "sessions": rows,
        "place_name": place_name,
        "request_done": done,
        "pages": _pages(account),
    }
    return page(request, "account.html", can_push="web_push" in request.app[CHANNELS], **values)


@require(Action.OWN_ACCOUNT)
async def show_password(request: web.Request) -> web.StreamResponse:
    """The form for a new password."""
    return page(request, "password.html", problem=None)


@require(Action.OWN_ACCOUNT)
async def change_password(request: web.Request) -> web.StreamResponse:
    """Set a new password: every other session ends, this one gets a new token."""
    try:
        form = await read(request, NewPassword)
    except BadForm as bad:
        return page(request, "password.html", status=422, problem=next(iter(bad.problems.values())))
    app, account, now = request.app, request[ACCOUNT], request.app[CLOCK]()
    if form.new.casefold() == account.username:
        return page(request, "password.html", status=422, problem=N_("The password must not be the login name."))
    attempt, _ = await app[DATABASE].write(throttle.begin, account.username.casefold(), request.remote or "?", now)
    if attempt is None:
        return page(request, "password.html", status=429, problem=N_("Too many wrong tries. Wait a minute."))
    if not await app[PASSWORDS].matches(await app[DATABASE].read(_stored, account.id), form.current):
        return page(request, "password.html", status=422, problem=N_("The current password is wrong."))
    if form.new == form.current:
        problem = N_("The new password must differ from the current one.")
        return page(request, "password.html", status=422, problem=problem)
    hashed = await app[PASSWORDS].hash(form.new)
    token = await app[DATABASE].write(_change, account, hashed, attempt, now)
    response = web.HTTPSeeOther("/")
    set_cookie(request, response, token)
    raise response


@require(Action.OWN_ACCOUNT)
async def end_others(request: web.Request) -> web.StreamResponse:
    """Log out everywhere else."""
    account = request[ACCOUNT]
    await request.app[DATABASE].write(sessions.end_all, account.id, account.session)
    raise web.HTTPSeeOther("/account?done=others")


def _pages(account: Account) -> bool:
    """Whether the role has any page beyond this one."""
    return any(may(account, action) for action in (Action.SEE_INCIDENTS, Action.SEE_DEVICES, Action.SEE_METERS))


def _place(connection: Connection, id_: str) -> str:
    return str(connection.execute(sa.select(place.c.name).where(place.c.id == id_)).scalar_one())


def _stored(connection: Connection, account: int) -> str:
    return str(connection.execute(sa.select(accounts.c.password).where(accounts.c.id == account)).scalar_one())


def _change(connection: Connection, account: Account, hashed: str, attempt: int, now: int) -> str:
    throttle.succeeded(connection, attempt)
    mine = sa.update(accounts).where(accounts.c.id == account.id)
    connection.execute(mine.values(password=hashed, must_change=False))
    sessions.end_all(connection, account.id)
    return sessions.begin(connection, account.id, now, second=now if account.second_given else None)


def _sessions(connection: Connection, account: int, now: int) -> "list[sa.RowMapping]":
    query = (
        sa.select(session_table.c.digest, session_table.c.created, session_table.c.used)
        .where(session_table.c.account == account, session_table.c.expires > now)
        .where(session_table.c.used > now - sessions.IDLE_MS)
        .order_by(session_table.c.used.desc())
    )
    return list(connection.execute(query).mappings())
