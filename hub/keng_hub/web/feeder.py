"""One feeder: its balance of a day or month, the voltage at its meters, its power cuts, and which meters hang on it."""

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.meterdata import feeders, outages, voltage
from keng_hub.meterdata.settings import MeterName, meter_id
from keng_hub.meterdata.sheet import MeterId
from keng_hub.tables import device
from keng_hub.web import spans
from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.forms import BadForm, Form, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.meter import meter_of, visible
from keng_hub.web.meter_acts import words
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spans import Span

DONE = {
    "hang": N_("The meter hangs on this feeder from now on."),
    "take_off": N_("The meter hangs on no known feeder from now on."),
}


class Wanted(Form):
    """A day or month that holds `date`."""

    range: Literal["day", "month"] = "day"
    date: spans.Date = None
    done: Annotated[str, StringConstraints(max_length=20)] = ""


class Hanging(Form):
    """A meter, as node/device, that hangs on the feeder from now on, or no longer does."""

    meter: MeterName
    act: Literal["hang", "take_off"]


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    return await _render(request)


@require(Action.ASSIGN_METERS)
async def assign(request: web.Request) -> web.StreamResponse:
    """Hang a meter on the feeder, or take it off."""
    feeder = meter_of(request)
    try:
        form = await read(request, Hanging)
    except BadForm as bad:
        return await _render(request, status=422, problem=words(request, bad))
    await request.app[DATABASE].write(_assign, request[ACCOUNT], feeder, form, request.app[CLOCK]())
    raise web.HTTPSeeOther(f"/feeders/{feeder.node}/{feeder.device}?done={form.act}")


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    wanted, now = query(request, Wanted), request.app[CLOCK]()
    span = spans.of(request, wanted.range, wanted.date)
    found = await request.app[DATABASE].read(_load, request[ACCOUNT], meter_of(request), span, now)
    if found is None:
        raise web.HTTPNotFound
    done = DONE.get(wanted.done)
    return page(request, "feeder.html", status=status, problem=problem, done=done, wanted=wanted, span=span, **found)


def _feeder(connection: Connection, account: Account, key: MeterId) -> "dict[str, Any] | None":
    row = visible(connection, account, key)
    return row if row and row["kind"] == "feeder" else None


def _load(connection: Connection, account: Account, key: MeterId, span: Span, now: int) -> "dict[str, Any] | None":
    """What the page shows; a meter on the feeder that this account may not see is counted and not named."""
    row = _feeder(connection, account, key)
    if row is None:
        return None
    rows = of_nodes(connection, sa.and_(device.c.kind.in_(("meter", "sub_meter")), sees_device(account)))
    names = {MeterId(one["node"], one["id"]): one["name"] for one in rows}
    hanging = feeders.meters_of(connection, key, now)
    of_node = sa.and_(sees_device(account), device.c.node == key.node)
    cuts = [one for one in outages.outages(connection, of_node, span.start, span.end, now) if one.feeder in (key, None)]
    return {
        "feeder": row,
        "balance": feeders.balance(connection, key, span.start, span.end, now),
        "voltages": [
            (one, names.get(one), voltage.together(voltage.by_day(connection, one, span.start, span.end)))
            for one in (key, *hanging)
            if one == key or one in names
        ],
        "hanging": [(one, names[one]) for one in hanging if one in names],
        "unseen": sum(one not in names for one in hanging),
        "free": sorted((name, one) for one, name in names.items() if one not in hanging),
        "outages": cuts,
        "minutes": outages.minutes_by_feeder(cuts, span.start, span.end, now).get(key, 0),
    }


def _assign(connection: Connection, account: Account, feeder: MeterId, form: Hanging, now: int) -> None:
    meter = meter_id(form.meter)
    row = visible(connection, account, meter)
    if _feeder(connection, account, feeder) is None or row is None or row["kind"] == "feeder":
        raise web.HTTPNotFound
    if form.act == "hang":
        feeders.hang(connection, feeder, meter, now, account.id)
    elif meter in feeders.meters_of(connection, feeder, now):
        feeders.take_off(connection, meter, now)
