"""Power cuts of a month with beginning and end, by feeder; what nobody knows is said to be unknown."""

from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.meterdata import outages
from keng_hub.meterdata.sheet import MeterId
from keng_hub.tables import device, node
from keng_hub.web import spans
from keng_hub.web.answers import page
from keng_hub.web.forms import query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spans import Monthly, Span


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    wanted = query(request, Monthly)
    span = spans.of(request, "month", wanted.date)
    found = await request.app[DATABASE].read(_load, request[ACCOUNT], span, request.app[CLOCK]())
    return page(request, "outages.html", span=span, **found)


def _load(connection: Connection, account: Account, span: Span, now: int) -> dict[str, Any]:
    found = outages.outages(connection, sees_device(account), span.start, span.end, now)
    seen = sa.select(device.c.node, device.c.id, device.c.name).select_from(
        device.join(node, node.c.id == device.c.node)
    )
    names = {MeterId(row.node, row.id): row.name for row in connection.execute(seen.where(sees_device(account)))}
    nodes = {row.id: row.name for row in connection.execute(sa.select(node.c.id, node.c.name))}
    minutes = outages.minutes_by_feeder(found, span.start, span.end, now)
    return {"outages": found[::-1], "names": names, "nodes": nodes, "minutes": sorted(minutes.items())}
