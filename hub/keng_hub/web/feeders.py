"""All feeders: what each gave yesterday, what its meters counted, and the unmeasured line on its own."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.meterdata import feeders
from keng_hub.meterdata.sheet import MeterId
from keng_hub.tables import device
from keng_hub.web import languages, spans
from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spans import Span


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    now = request.app[CLOCK]()
    span = spans.of(request, "day", languages.local(now).date() - timedelta(days=1))
    rows = await request.app[DATABASE].read(_load, request[ACCOUNT], span, now)
    return page(request, "feeders.html", rows=rows, span=span)


def _load(connection: Connection, account: Account, span: Span, now: int) -> "list[dict[str, Any]]":
    rows = of_nodes(connection, sa.and_(device.c.kind == "feeder", sees_device(account)))
    for row in rows:
        key = MeterId(row["node"], row["id"])
        row["balance"] = feeders.balance(connection, key, span.start, span.end, now)
        row["hanging"] = len(feeders.meters_of(connection, key, now))
    return rows
