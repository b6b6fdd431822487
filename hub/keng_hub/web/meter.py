"""One meter: consumption and power of an hour, a day or a week, as a chart and as the same table."""

import datetime as dt
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.store import Series, StoreUnavailable
from keng_hub.tables import device
from keng_hub.web import languages
from keng_hub.web.answers import page
from keng_hub.web.consumption import slots, used
from keng_hub.web.devices import of_nodes
from keng_hub.web.forms import BadForm, Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, STORE
from keng_hub.web.meters import KINDS, POWER, REGISTER
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account

MINUTE: Final = 60_000
DAY: Final = 24 * 60 * MINUTE
WIDTHS: Final = {"hour": MINUTE, "day": 30 * MINUTE, "week": 2 * 60 * MINUTE}
"""Slot widths in ms. Half an hour is the usual interval of meters."""
EARLIEST: Final = date(2000, 1, 1)


class Wanted(Form):
    """The chosen range: the last hour, or the day or week that holds `date`."""

    range: Literal["hour", "day", "week"] = "day"
    date: dt.date | None = None


class Span(NamedTuple):
    """A range of time: UTC ms, its days, and the dates that lead to its neighbours."""

    start: int
    end: int
    first: date
    last: date
    before: date
    after: date


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#meter` out of it."""
    row = await request.app[DATABASE].read(
        _mine, request[ACCOUNT], request.match_info["node"], request.match_info["device"]
    )
    if row is None:
        raise web.HTTPNotFound
    now = request.app[CLOCK]()
    wanted = query(request, Wanted)
    span = span_of(wanted, now)
    series = {name: Series(row["node"], row["id"], name) for name in (REGISTER, POWER)}
    store, width = request.app[STORE], WIDTHS[wanted.range]
    try:
        # One slot more in front: the first slot's consumption begins with a reading from before it.
        registers = await store.range(series[REGISTER], span.start - width, span.end + MINUTE)
        powers = await store.range(series[POWER], span.start, span.end)
        newest = [await store.latest(one) for one in series.values()]
    except StoreUnavailable:
        return page(request, "meter.html", status=503, meter=row, wanted=wanted, span=span, store_away=True)
    cut = slots(registers, powers, span.start, min(span.end, now), width)
    return page(
        request,
        "meter.html",
        meter=row,
        wanted=wanted,
        span=span,
        store_away=False,
        slots=cut,
        missing=sum(slot.energy is None for slot in cut),
        total=used([one for one in registers if one[0] >= span.start]),
        register=next(iter(newest[0].values()), None),
        power=next(iter(newest[1].values()), None),
        width=width,
    )


def span_of(wanted: Wanted, now: int) -> Span:
    """The range in time; a date far off is refused."""
    today = languages.local(now).date()
    chosen = wanted.date or today
    if not EARLIEST <= chosen <= today + timedelta(days=366):
        raise BadForm({"date": N_("This date is too far away.")})
    if wanted.range == "hour":
        end = now // MINUTE * MINUTE + MINUTE
        return Span(end - 60 * MINUTE, end, today, today, today, today)
    days = 1 if wanted.range == "day" else 7
    first = chosen if days == 1 else chosen - timedelta(days=chosen.weekday())
    last = first + timedelta(days=days - 1)
    start = languages.to_ms(first)
    return Span(start, start + days * DAY, first, last, first - timedelta(days=days), last + timedelta(days=1))


def _mine(connection: Connection, account: Account, node_id: str, device_id: str) -> "dict[str, Any] | None":
    condition = sa.and_(device.c.node == node_id, device.c.id == device_id, device.c.kind.in_(KINDS))
    return next(iter(of_nodes(connection, sa.and_(condition, sees_device(account)))), None)
