"""One meter: its load profile of a day, its days of a month, its months of a year, as a chart and as the same table."""

from collections import defaultdict
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.meterdata import corrections, dirty, feeders, profile, questions, rates, totals, voltage
from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.sheet import Interval, MeterId
from keng_hub.store import Series, Store, StoreUnavailable
from keng_hub.tables import device
from keng_hub.web import spans
from keng_hub.web.answers import page
from keng_hub.web.consumption import slots, used
from keng_hub.web.devices import of_nodes
from keng_hub.web.forms import query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, METER_DATA, STORE, TARIFFS
from keng_hub.web.meters import KINDS, POWER, REGISTER
from keng_hub.web.permissions import Action, may, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spans import MINUTE, Range, Span, Wanted

DONE: Final = {
    "correct": N_("The correction is noted. The day is judged anew within about a minute."),
    "withdraw": N_("The correction is taken back. The day is judged anew within about a minute."),
    "answer": N_("The answer is noted. The meter is judged anew within about a minute."),
}
Values = dict[str, Any]


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#meter` out of it."""
    return await render(request)


async def render(
    request: web.Request, *, status: int = 200, problem: str | None = None, typed: Values | None = None
) -> web.Response:
    """The page, perhaps with why an act was refused and what had been typed."""
    wanted = query(request, Wanted)
    now, span = request.app[CLOCK](), spans.of(request, wanted.range, wanted.date)
    found = await request.app[DATABASE].read(load, request[ACCOUNT], meter_of(request), wanted.range, span, now)
    if found is None:
        raise web.HTTPNotFound
    meter: MeterId = found["key"]
    settings = request.app[METER_DATA].parameters(meter, found["meter"]["kind"])
    try:
        raw = await _raw(request.app[STORE], meter, wanted.range, span, now)
        if wanted.range in ("day", "month"):
            raw["counted"] = await rates.by_rate(request.app[STORE], meter, settings, span.start, min(span.end, now))
    except StoreUnavailable:
        raw, status = _AWAY, 503 if wanted.range == "hour" else status
    table = request.app[TARIFFS].table(span.first)
    return page(
        request,
        "meter.html",
        status=status,
        problem=problem,
        typed=defaultdict(str, typed or {}),
        done=DONE.get(wanted.done),
        wanted=wanted,
        span=span,
        settings=settings,
        tariff=table,
        tariff_later=request.app[TARIFFS].table(span.last) != table,
        period_of=request.app[TARIFFS].period,
        interval=INTERVAL_MS,
        **found,
        **raw,
    )


def meter_of(request: web.Request) -> MeterId:
    """The meter that the address names."""
    return MeterId(request.match_info["node"], request.match_info["device"])


def visible(connection: Connection, account: Account, meter: MeterId) -> Values | None:
    """The meter's row with its standing, when this account may see it."""
    condition = sa.and_(device.c.node == meter.node, device.c.id == meter.device, device.c.kind.in_(KINDS))
    return next(iter(of_nodes(connection, sa.and_(condition, sees_device(account)))), None)


def load(connection: Connection, account: Account, meter: MeterId, kind: Range, span: Span, now: int) -> Values | None:
    """What is accepted of the meter in the range, what people did to it, and what they are asked."""
    row = visible(connection, account, meter)
    if row is None:
        return None
    by = totals.by_month if kind == "year" else totals.by_day
    sums = [] if kind == "hour" else by(connection, [meter], span.start, span.end, now)
    day = kind == "day"
    mine = sa.and_(sees_device(account), device.c.node == meter.node, device.c.id == meter.device)
    return {
        "key": meter,
        "meter": row,
        "sums": sums,
        "total": totals.together(sums) if sums else None,
        "profile": _passed(profile.load_profile(connection, meter, span.start, span.end), now) if day else [],
        "edits": corrections.edits(connection, meter, span.start, span.end),
        "standing_edits": set(corrections.standing(connection, meter, span.start, span.end)),
        "versions": corrections.versions(connection, meter, span.start, span.end) if day else [],
        "questions": questions.questions(connection, mine),
        "voltage": voltage.together(voltage.by_day(connection, meter, span.start, span.end)),
        "feeder": feeders.feeder_of(connection, meter, min(span.end, now)),
        "waits": dirty.waits(connection, meter, now),
        "names_shown": may(account, Action.SEE_PEOPLE) or may(account, Action.CORRECT_METERS),
    }


_AWAY: Final[Values] = {
    "store_away": True,
    "slots": [],
    "raw": {},
    "used": None,
    "register": None,
    "power": None,
    "counted": {},
}


def _passed(intervals: list[Interval], now: int) -> list[Interval]:
    return [one for one in intervals if one.start + INTERVAL_MS <= now]


async def _raw(store: Store, meter: MeterId, kind: Range, span: Span, now: int) -> Values:
    """The newest raw values; for the hour its slots, for a day what the raw register says of each half hour."""
    register, power = Series(*meter, REGISTER), Series(*meter, POWER)
    newest = [next(iter((await store.latest(one)).values()), None) for one in (register, power)]
    found: Values = _AWAY | {"store_away": False, "register": newest[0], "power": newest[1]}
    if kind in ("hour", "day"):
        width = MINUTE if kind == "hour" else INTERVAL_MS
        # One slot more in front: the first slot's consumption begins with a reading from before it.
        registers = await store.range(register, span.start - width, span.end + MINUTE)
        powers = await store.range(power, span.start, span.end) if kind == "hour" else []
        cut = slots(registers, powers, span.start, min(span.end, now), width)
        found |= {"slots": cut if kind == "hour" else [], "raw": {one.start: one.energy for one in cut}}
        found["used"] = used([one for one in registers if one[0] >= span.start])
    return found
