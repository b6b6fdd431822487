"""A month of all meters together: what was used by tariff period and day, each meter's part, and how complete it is."""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.meterdata import totals
from keng_hub.meterdata.totals import Share
from keng_hub.web import spans
from keng_hub.web.answers import page
from keng_hub.web.forms import query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, TARIFFS
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spans import Monthly, Span

TOP = 20
"""Meters named on the page; all of them are in the export and in the list."""


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page. Feeders and sub-meters count again what meters count, so they stand on their own."""
    wanted, now = query(request, Monthly), request.app[CLOCK]()
    span = spans.of(request, "month", wanted.date)
    found = await request.app[DATABASE].read(_load, request[ACCOUNT], span, now)
    table = request.app[TARIFFS].table(span.first)
    later = request.app[TARIFFS].table(span.last) != table
    return page(request, "village.html", span=span, tariff=table, tariff_later=later, **found)


def shares(connection: Connection, account: Account, span: Span, now: int) -> list[Share]:
    """Each meter's part of the month, of those this account may see."""
    return totals.of_each(connection, sees_device(account), span.start, span.end, now)


def _load(connection: Connection, account: Account, span: Span, now: int) -> dict[str, Any]:
    parts = shares(connection, account, span, now)
    groups = {kind: [one for one in parts if one.kind == kind] for kind in ("meter", "sub_meter", "feeder")}
    days = totals.village_by_day(connection, sees_device(account), span.start, min(span.end, now), now)
    return {
        "days": days,
        "sums": {kind: totals.together([one.sum for one in some]) for kind, some in groups.items() if some},
        "counts": {kind: len(some) for kind, some in groups.items()},
        "largest": sorted(groups["meter"], key=lambda one: -one.sum.energy)[:TOP],
        "unread": sum(one.sum.known == 0 for one in parts),
    }
