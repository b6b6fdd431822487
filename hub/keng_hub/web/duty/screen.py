"""The wall screen: readable from five metres, without a button, a name of a household or a number to call."""

import logging
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub import screens
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.states import ENDED, WAITING
from keng_hub.rosters.duty import on_duty
from keng_hub.tables import dead_stretch, device, incident, node, place
from keng_hub.web import throttle
from keng_hub.web.answers import page
from keng_hub.web.duty.need import by_need
from keng_hub.web.forms import BadForm, Form, read
from keng_hub.web.guards import set_cookie
from keng_hub.web.incidents import RINGING
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, may, sees_device, sees_incident
from keng_hub.web.sessions import SCREEN_MS, Account

log = logging.getLogger("keng.web.login")

ROWS: Final = 5
DEAD: Final = 5


class Code(Form):
    """What was typed at the screen."""

    code: str


async def show(request: web.Request) -> web.StreamResponse:
    """The wall; who is not logged in is asked for the code of a screen."""
    account = request.get(ACCOUNT)
    if account is None:
        return page(request, "duty/screen_code.html", problem=None)
    if not may(account, Action.SEE_WALL):
        raise web.HTTPForbidden
    found = await request.app[DATABASE].read(load, account, request.app[CLOCK]())
    return page(request, "duty/screen.html", **found)


async def enter(request: web.Request) -> web.StreamResponse:
    """Let a screen in by its code; guessing is slowed down by its address."""
    database, now, source = request.app[DATABASE], request.app[CLOCK](), request.remote or "?"
    try:
        typed = (await read(request, Code)).code[:40]
    except BadForm:
        typed = ""
    attempt, _ = await database.write(throttle.begin, screens.ROLE, source, now)
    if attempt is None:
        log.warning("the code of a screen from %s refused: too many failures", source)
        return page(request, "duty/screen_code.html", status=429, problem=N_("Too many wrong tries. Wait a minute."))
    token = await database.write(_enter, attempt, typed, now)
    if token is None:
        text = N_("This code is not right, or its ten minutes are over.")
        return page(request, "duty/screen_code.html", status=401, problem=text)
    response = web.HTTPSeeOther("/wall")
    set_cookie(request, response, token, SCREEN_MS)
    raise response


def load(connection: Connection, account: Account, now: int) -> dict[str, Any]:
    """What burns, how many there are of what, which devices are dead, and who is on duty."""
    rows = _open(connection, account)
    dead = _dead(connection, account)
    return {
        "rows": rows[:ROWS],
        "more": len(rows) - len(rows[:ROWS]),
        "counts": {
            "waiting": sum(row["waits"] for row in rows),
            "held": sum(not row["waits"] for row in rows),
            "dead": len(dead),
        },
        "ringing": [row["id"] for row in rows if row["waits"] and row["severity"] in RINGING],
        "dead": dead[:DEAD],
        "present": on_duty(connection, now) if account.place is None else [],
    }


def _open(connection: Connection, account: Account) -> list[dict[str, Any]]:
    query = (
        sa.select(incident, place.c.kind.label("place_kind"))
        .select_from(
            incident.outerjoin(node, node.c.id == incident.c.node).outerjoin(place, place.c.id == incident.c.place)
        )
        .where(sa.not_(incident.c.state.in_([state.value for state in ENDED])), sees_incident(account))
        .order_by(*by_need())
        .limit(200)
    )
    waiting = {state.value for state in WAITING}
    return [
        dict(row) | {"waits": row["state"] in waiting, "where": _public(row["place_words"], row["place_kind"])}
        for row in connection.execute(query).mappings()
    ]


def _public(words: str, kind: str | None) -> str:
    """The place without the house: everybody who comes in reads this screen."""
    _, comma, rest = words.partition(", ")
    return rest if kind == "premises" and comma else words


def _dead(connection: Connection, account: Account) -> list[dict[str, Any]]:
    query = (
        sa.select(dead_stretch.c.begun, device.c.kind, node.c.name.label("node_name"))
        .join(device, sa.and_(device.c.node == dead_stretch.c.node, device.c.id == dead_stretch.c.device))
        .join(node, node.c.id == device.c.node)
        .where(dead_stretch.c.ended.is_(None), sa.not_(device.c.removed), sees_device(account))
        .order_by(dead_stretch.c.begun)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _enter(connection: Connection, attempt: int, code: str, now: int) -> str | None:
    token = screens.enter(connection, code, now)
    if token is not None:
        throttle.succeeded(connection, attempt)
    return token
