"""The duty desk: on one screen what burns, what is worked on, what is overdue, and what else waits for somebody."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import targets
from keng_hub.incidents.states import ENDED, WAITING
from keng_hub.replies.reasons import FOR_STAFF
from keng_hub.rosters import mutes
from keng_hub.rosters.duty import on_duty
from keng_hub.tables import account as accounts
from keng_hub.tables import dead_stretch, device, dispatch, handover, inbound, incident, node
from keng_hub.web.answers import html, language, page
from keng_hub.web.duty.need import by_need
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, DESK, STREAM
from keng_hub.web.permissions import Action, may, require, sees_device, sees_incident, sees_node
from keng_hub.web.sessions import Account

LIMIT: Final = 200
SECOND_MS: Final = 1000
SHOWN: Final = 12
"""Rows of one column; the rest is a number and a link."""


@require(Action.SEE_ROSTER)
async def show(request: web.Request) -> web.StreamResponse:
    """The desk; htmx asks for `#desk` alone whenever something happens."""
    if request.headers.get("HX-Request") != "true":
        return page(request, "duty/desk.html", rows=await _rows(request))  # nobody who has just acted sees it as before
    app, account = request.app, request[ACCOUNT]
    about = account.role, account.place, language(request)
    version = app[STREAM].newest, app[CLOCK]() // SECOND_MS
    rows = await app[DESK].get(about, version, lambda: _rows(request))
    return web.Response(text=f'<div id="desk">{rows}</div>', content_type="text/html", charset="utf-8")


async def _rows(request: web.Request) -> str:
    """As text: fifty screens that ask at once get the same one. It depends on role, place and language alone."""
    app = request.app
    found = await app[DATABASE].read(load, request[ACCOUNT], app[CLOCK]())
    return html(request, "duty/desk_rows.html", shown=SHOWN, **found)


def load(connection: Connection, account: Account, now: int) -> dict[str, Any]:
    """Three columns of incidents, and what stands beside them."""
    rows = _open(connection, account)
    due = targets.of(connection, rows)
    waiting = {state.value for state in WAITING}
    late = [(row, step) for row in rows for step in targets.overdue(due[row["id"]], now)]
    return {
        "burning": [row for row in rows if row["state"] in waiting],
        "working": [row for row in rows if row["state"] not in waiting],
        "late": sorted(late, key=lambda one: -one[1].late(now)),
        "overdue": {row["id"] for row, _ in late},
        "present": on_duty(connection, now),
        "muted": len(mutes.running(connection, now)),
        "beside": _beside(connection, account),
    }


def _open(connection: Connection, account: Account) -> list[dict[str, Any]]:
    query = (
        sa.select(incident, accounts.c.full_name.label("owner_name"))
        .select_from(
            incident.outerjoin(node, node.c.id == incident.c.node).outerjoin(
                accounts, accounts.c.id == incident.c.owner
            )
        )
        .where(sa.not_(incident.c.state.in_([state.value for state in ENDED])), sees_incident(account))
        .order_by(*by_need())
        .limit(LIMIT)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _beside(connection: Connection, account: Account) -> dict[str, int]:
    """How many of what else wants a look; what only the desk itself can do something about is 0 for others."""
    of_node = sa.and_(device.c.node == dead_stretch.c.node, device.c.id == dead_stretch.c.device)
    counts = {
        "nodes": sa.select(sa.func.count()).select_from(node).where(sa.not_(node.c.online), sees_node(account)),
        "dead": sa.select(sa.func.count())
        .select_from(dead_stretch.join(device, of_node).join(node, node.c.id == device.c.node))
        .where(dead_stretch.c.ended.is_(None), sees_device(account)),
        "sent": sa.select(sa.func.count())
        .select_from(dispatch.join(incident, incident.c.id == dispatch.c.incident))
        .outerjoin(node, node.c.id == incident.c.node)
        .where(dispatch.c.state == "asked", sees_incident(account)),
    }
    if may(account, Action.HAND_OVER):
        counts["handovers"] = sa.select(sa.func.count()).select_from(handover).where(handover.c.taken.is_(None))
        waits = sa.and_(inbound.c.handled.is_(None), inbound.c.reason.in_([reason.value for reason in FOR_STAFF]))
        counts["words"] = sa.select(sa.func.count()).select_from(inbound).where(waits)
    found = {name: connection.execute(query).scalar_one() for name, query in counts.items()}
    return {"handovers": 0, "words": 0} | found
