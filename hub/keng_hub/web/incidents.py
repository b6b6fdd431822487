"""The list of incidents, and the strip that every page shows while one waits to be acknowledged."""

from collections import defaultdict
from typing import Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import targets
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.states import ENDED, WAITING
from keng_hub.incidents.targets import Target
from keng_hub.tables import account as accounts
from keng_hub.tables import attempt, delivery, incident, node
from keng_hub.web.answers import page
from keng_hub.web.duty.need import by_need
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, may, require, sees_incident
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category, Severity

OPEN_LIMIT: Final = 200
PAGE: Final = 50
RINGING: Final = (Severity.CRITICAL.value, Severity.HIGH.value)
"""Severities that sound on the page until somebody acknowledges."""
BEST_FIRST: Final = ("replied", "seen", "delivered", "accepted", "sending", "queued", "failed", "expired", "stopped")

DONE: Final = {
    "acknowledge": N_("Acknowledged. It is yours now."),
    "release": N_("Released. Somebody else has to take it."),
    "state": N_("The state was changed."),
    "verdict": N_("The verdict was saved."),
    "comment": N_("The comment was saved."),
    "silence": N_("The node was told to silence the bells. The alarm itself stays."),
    "reset": N_("The node was told to reset. If smoke is still there, it alarms again."),
    "close": N_("The incident is closed."),
    "reopen": N_("The incident is open again."),
    "hold": N_("Stills and clips of this incident are kept past their days."),
    "let_go": N_("Stills and clips of this incident go when their days are over."),
    "send": N_("The person was asked to go."),
    "task": N_("The task was changed."),
    "replace": N_("Somebody else was asked to go."),
    "called": N_("The call was noted."),
    "handover": N_("The handover was noted."),
    "begin_roll_call": N_("The roll call has begun."),
    "answer": N_("The answer of the household was saved."),
    "photo": N_("The photo was saved."),
    "urgent": N_("The urgent report was made."),
    "file": N_("The incident is filed."),
    "others": N_("You are logged out everywhere else."),
}
"""What an act did, said on the page it leads to."""


class Wanted(Form):
    """Which incidents to list."""

    show: Literal["open", "closed", "overdue"] = "open"
    category: Category | None = None
    before: int | None = None
    done: str = ""


@require(Action.SEE_INCIDENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The list; htmx takes `#list` out of it, so the page and its live part are one template."""
    wanted = query(request, Wanted)
    account = request[ACCOUNT]
    rows = await request.app[DATABASE].read(listing, account, wanted)
    now = request.app[CLOCK]()
    late = await request.app[DATABASE].read(overdue, rows, now)
    if wanted.show == "overdue":
        rows = [row for row in rows if late[row["id"]]]
    people = may(account, Action.SEE_PEOPLE)
    channels = await request.app[DATABASE].read(told, [row["id"] for row in rows]) if people else {}
    return page(
        request,
        "incidents.html",
        rows=rows,
        channels=channels,
        late=late,
        wanted=wanted,
        categories=list(Category),
        more=rows[-1]["id"] if wanted.show == "closed" and len(rows) == PAGE else None,
        full=wanted.show != "closed" and len(rows) == OPEN_LIMIT,
        done=DONE.get(wanted.done),
        waiting={state.value for state in WAITING},
        ringing=RINGING,
    )


@require(Action.SEE_INCIDENTS)
async def strip(request: web.Request) -> web.StreamResponse:
    """How many wait, and which of them ring: every page asks for it again when something happens."""
    rows = await request.app[DATABASE].read(waiting, request[ACCOUNT])
    return page(request, "strip.html", waiting_rows=rows)


def listing(connection: Connection, account: Account, wanted: Wanted) -> "list[dict[str, Any]]":
    """The incidents this account may see: open ones by need, closed ones newest first."""
    ended = incident.c.state.in_([state.value for state in ENDED])
    chosen = (
        sa.select(incident, accounts.c.full_name.label("owner_name"))
        .select_from(incident.outerjoin(node, incident.c.node == node.c.id).outerjoin(accounts))
        .where(sees_incident(account))
    )
    if wanted.category:
        chosen = chosen.where(incident.c.category == wanted.category.value)
    if wanted.show == "closed":
        chosen = chosen.where(ended).order_by(incident.c.id.desc()).limit(PAGE)
        if wanted.before:
            chosen = chosen.where(incident.c.id < wanted.before)
    else:
        chosen = chosen.where(sa.not_(ended)).order_by(*by_need()).limit(OPEN_LIMIT)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def overdue(connection: Connection, rows: "list[dict[str, Any]]", now: int) -> "dict[int, list[Target]]":
    """For each incident the steps whose target was missed, and that nobody has done."""
    return {key: targets.overdue(some, now) for key, some in targets.of(connection, rows).items()}


def waiting(connection: Connection, account: Account) -> "list[dict[str, Any]]":
    """The incidents that nobody has acknowledged, most urgent first."""
    chosen = (
        sa.select(incident.c.id, incident.c.severity, incident.c.cause, incident.c.place_words, incident.c.drill)
        .add_columns((incident.c.severity.in_(RINGING)).label("rings"))
        .select_from(incident.outerjoin(node, incident.c.node == node.c.id))
        .where(sees_incident(account), incident.c.state.in_([state.value for state in WAITING]))
        .order_by(*by_need())
        .limit(OPEN_LIMIT)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def told(connection: Connection, incidents: list[int]) -> dict[int, dict[str, str]]:
    """For each incident, channel → the best that became of it."""
    best: dict[int, dict[str, str]] = defaultdict(dict)
    if not incidents:
        return best
    chosen = (
        sa.select(delivery.c.incident, attempt.c.channel, attempt.c.state)
        .join_from(attempt, delivery)
        .where(delivery.c.incident.in_(incidents))
        .distinct()
    )
    for row in connection.execute(chosen):
        known = best[row.incident].get(row.channel)
        if known is None or BEST_FIRST.index(row.state) < BEST_FIRST.index(known):
            best[row.incident][row.channel] = row.state
    return best
