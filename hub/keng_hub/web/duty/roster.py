"""The roster: who is on duty this week and the next, planned by a pattern, with deputies and days that are decided."""

from datetime import date, time, timedelta
from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.rosters import shifts
from keng_hub.rosters.calendar import Days, Pattern, is_off
from keng_hub.rosters.duty import on_duty
from keng_hub.rosters.errors import Refused
from keng_hub.tables import recipient, shift
from keng_hub.web import languages
from keng_hub.web.answers import page, translate
from keng_hub.web.duty.refusals import REFUSALS
from keng_hub.web.forms import BadForm, Form, Text, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require

WEEK: Final = timedelta(days=7)
DAY_MS: Final = 86_400_000
Day = Annotated[date, Field(ge=date(2020, 1, 1), le=date(2100, 1, 1))]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class Wanted(Form):
    """Which week is shown, and what was done."""

    week: Day | None = None
    done: str = ""


class Plan(Form):
    """Shifts by a pattern."""

    recipient: Key
    first: date
    last: date
    days: Days
    begins: time
    ends: time


class Change(Form):
    """Who stands in, or nobody: then the shift is taken back or the planned person comes after all."""

    deputy: str = ""
    reason: Text


class Decision(Form):
    """A day that is off, or worked."""

    day: Day
    off: Annotated[str, StringConstraints(pattern="^(off|worked)$")]
    name: Text


@require(Action.SEE_ROSTER)
async def show(request: web.Request) -> web.StreamResponse:
    """One week."""
    return await _render(request)


@require(Action.PLAN_ROSTER)
async def plan(request: web.Request) -> web.StreamResponse:
    """Add shifts."""
    return await _do(request, _plan)


@require(Action.PLAN_ROSTER)
async def stand_in(request: web.Request) -> web.StreamResponse:
    """Somebody comes instead."""
    return await _do(request, _stand_in)


@require(Action.PLAN_ROSTER)
async def cancel(request: web.Request) -> web.StreamResponse:
    """Take a shift back."""
    return await _do(request, _cancel)


@require(Action.PLAN_ROSTER)
async def decide(request: web.Request) -> web.StreamResponse:
    """Say of a day whether it is off."""
    return await _do(request, _decide)


async def _do(request: web.Request, act: Any) -> web.StreamResponse:
    try:
        day = await act(request)
    except BadForm as bad:
        return await _render(request, status=422, problem=translate(request, next(iter(bad.problems.values()))))
    except Refused as refused:
        return await _render(request, status=409, problem=translate(request, REFUSALS[refused.code]))
    raise web.HTTPSeeOther(f"/roster?done=1&week={day.isoformat()}")


async def _plan(request: web.Request) -> date:
    form, now = await read(request, Plan), request.app[CLOCK]()
    pattern = Pattern(form.first, form.last, form.days, form.begins, form.ends)
    who = request[ACCOUNT].id
    await request.app[DATABASE].write(shifts.plan, form.recipient, pattern, who, now)
    return form.first


async def _stand_in(request: web.Request) -> date:
    form, now = await read(request, Change), request.app[CLOCK]()
    number = int(request.match_info["id"])
    await request.app[DATABASE].write(shifts.stand_in, number, form.deputy or None, form.reason, now)
    return await _day_of(request, number)


async def _cancel(request: web.Request) -> date:
    form, now = await read(request, Change), request.app[CLOCK]()
    number = int(request.match_info["id"])
    await request.app[DATABASE].write(shifts.cancel, number, form.reason, now)
    return await _day_of(request, number)


async def _decide(request: web.Request) -> date:
    form, now = await read(request, Decision), request.app[CLOCK]()
    who, off = request[ACCOUNT].id, form.off == "off"
    await request.app[DATABASE].write(shifts.decide, form.day, form.name, who, now, off=off)
    return form.day


async def _day_of(request: web.Request, number: int) -> date:
    begins = sa.select(shift.c.begins).where(shift.c.id == number)
    at: int = await request.app[DATABASE].read(lambda connection: connection.execute(begins).scalar_one())
    return languages.local(at).date()


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    wanted = query(request, Wanted) if request.method == "GET" else Wanted()
    now = request.app[CLOCK]()
    day = wanted.week or languages.local(now).date()
    first = day - timedelta(days=day.weekday())
    found = await request.app[DATABASE].read(load, first, now)
    return page(
        request,
        "duty/roster.html",
        status=status,
        problem=problem,
        done=bool(wanted.done),
        first=first,
        before=first - WEEK,
        after=first + WEEK,
        patterns=list(Days),
        **found,
    )


def load(connection: Connection, first: date, now: int) -> dict[str, Any]:
    """The week that begins with the Monday `first`: its days with their shifts, its gaps, and who could be planned."""
    begin = languages.to_ms(first)
    rows = _shifts(connection, begin, begin + 7 * DAY_MS)
    decided = shifts.decided(connection)
    days = [first + timedelta(days=n) for n in range(7)]
    chosen = sa.select(recipient.c.id, recipient.c.name, recipient.c.tier)
    people = chosen.where(recipient.c.rostered, recipient.c.active).order_by(recipient.c.tier, recipient.c.name)
    return {
        "days": [(day, is_off(day, decided), [row for row in rows if row["day"] == day]) for day in days],
        "gaps": shifts.gaps(connection, max(begin, now), begin + 7 * DAY_MS),
        "present": on_duty(connection, now),
        "people": [dict(row) for row in connection.execute(people).mappings()],
    }


def _shifts(connection: Connection, begin: int, end: int) -> list[dict[str, Any]]:
    deputy = recipient.alias("deputy")
    query = (
        sa.select(shift, recipient.c.name, recipient.c.tier, deputy.c.name.label("stands_in"))
        .join(recipient, recipient.c.id == shift.c.recipient)
        .outerjoin(deputy, deputy.c.id == shift.c.deputy)
        .where(shift.c.begins >= begin, shift.c.begins < end, shift.c.cancelled.is_(None))
        .order_by(shift.c.begins, shift.c.id)
    )
    rows = connection.execute(query).mappings()
    return [dict(row) | {"day": languages.local(row["begins"]).date()} for row in rows]
