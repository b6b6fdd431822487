"""The page of somebody who is sent: what to do, where, whom to call, and three buttons."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import dispatch
from keng_hub.incidents.dispatch import OPEN, TaskState
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import ENDED
from keng_hub.tables import account as accounts
from keng_hub.tables import dispatch as tasks
from keng_hub.tables import incident, node
from keng_hub.web.act import WithReason
from keng_hub.web.answers import page, translate
from keng_hub.web.duty.case import card_of
from keng_hub.web.forms import BadForm, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, EMERGENCY, WAKES
from keng_hub.web.permissions import Action, require, sees_incident
from keng_hub.web.sessions import Account

LATEST: Final = 10
"""Tasks that are over and still shown."""
MINE: Final = (TaskState.ACCEPTED, TaskState.ARRIVED, TaskState.DONE, TaskState.DECLINED)
"""What somebody can say about the own task."""


@require(Action.TAKE_TASKS)
async def show(request: web.Request) -> web.StreamResponse:
    """The tasks of who is logged in; htmx takes `#mine` out of it."""
    return await _render(request)


@require(Action.TAKE_TASKS)
async def move(request: web.Request) -> web.StreamResponse:
    """Say how far the own task is."""
    state, number = request.match_info["state"], int(request.match_info["id"])
    if state not in [one.value for one in MINE]:
        raise web.HTTPNotFound
    account, now = request[ACCOUNT], request.app[CLOCK]()
    try:
        form = await read(request, WithReason)
        await request.app[DATABASE].write_urgently(_move, account, number, TaskState(state), form.reason, now)
    except BadForm as bad:
        return await _render(request, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther("/dispatch?done=1")


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    rows = await request.app[DATABASE].read(_mine, request[ACCOUNT], request.app[EMERGENCY])
    done = "done" in request.query
    return page(request, "duty/dispatch.html", status=status, problem=problem, done=done, rows=rows, open_states=OPEN)


def _move(
    connection: Connection, account: Account, number: int, state: TaskState, reason: str | None, now: int
) -> None:
    mine = sa.select(tasks.c.id).where(tasks.c.id == number, tasks.c.account == account.id)
    if connection.execute(mine).first() is None:
        raise web.HTTPNotFound
    dispatch.move(connection, number, account.id, state, reason, now)


def _mine(connection: Connection, account: Account, numbers: Emergency) -> "list[dict[str, Any]]":
    """Open tasks first, the newest on top; of incidents that the account still may see."""
    order = sa.case((tasks.c.state.in_(OPEN), 0), else_=1)
    chosen = (
        sa.select(tasks, accounts.c.full_name.label("by_name"))
        .select_from(
            tasks.join(incident, incident.c.id == tasks.c.incident)
            .outerjoin(node, node.c.id == incident.c.node)
            .join(accounts, accounts.c.id == tasks.c.by)
        )
        .where(tasks.c.account == account.id, sees_incident(account))
        .order_by(order, tasks.c.id.desc())
        .limit(LATEST)
    )
    found = [dict(row) for row in connection.execute(chosen).mappings()]
    return [_with_incident(connection, account, task, numbers) for task in found]


def _with_incident(
    connection: Connection, account: Account, task: "dict[str, Any]", numbers: Emergency
) -> "dict[str, Any]":
    """The task, its incident, and the card of the place while there is something to do."""
    chosen = sa.select(incident).where(incident.c.id == task["incident"])
    row = dict(connection.execute(chosen).mappings().one())
    over = task["state"] not in OPEN or row["state"] in ENDED
    card = None if over else card_of(connection, account, row, numbers)
    return {"task": task, "incident": row, "by": task["by_name"], "card": card}
