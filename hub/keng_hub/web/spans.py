"""The range of time a page shows: the last hour, or the day, month or year that holds a date."""

import datetime as dt
from datetime import date, timedelta
from typing import Annotated, Final, Literal, NamedTuple

from aiohttp import web
from pydantic import StringConstraints

from keng_hub.incidents.msgid import N_
from keng_hub.web import languages
from keng_hub.web.forms import BadForm, Form
from keng_hub.web.keys import CLOCK

MINUTE: Final = 60_000
EARLIEST: Final = date(2000, 1, 1)
Date = dt.date | None
Range = Literal["hour", "day", "month", "year"]


class Wanted(Form):
    """What the address asks for; `done` names the act that led here."""

    range: Range = "day"
    date: dt.date | None = None
    done: Annotated[str, StringConstraints(max_length=20)] = ""


class Monthly(Form):
    """For pages that show the month that holds `date`."""

    date: dt.date | None = None
    done: Annotated[str, StringConstraints(max_length=20)] = ""


class Span(NamedTuple):
    """A range of time: UTC ms, its days, and the dates that lead to its neighbours."""

    start: int
    end: int
    first: date
    last: date
    before: date
    after: date


def of(request: web.Request, kind: Range, chosen: date | None) -> Span:
    """The range in time; a date far off is refused."""
    return span_of(kind, chosen, request.app[CLOCK]())


def span_of(kind: Range, chosen: date | None, now: int) -> Span:
    """The same at a time (UTC ms)."""
    today = languages.local(now).date()
    chosen = chosen or today
    if not EARLIEST <= chosen <= today + timedelta(days=366):
        raise BadForm({"date": N_("This date is too far away.")})
    if kind == "hour":
        end = now // MINUTE * MINUTE + MINUTE
        return Span(end - 60 * MINUTE, end, today, today, today, today)
    first, after = _around(kind, chosen)
    before = _around(kind, first - timedelta(days=1))[0]
    return Span(languages.to_ms(first), languages.to_ms(after), first, after - timedelta(days=1), before, after)


def _around(kind: Range, day: date) -> tuple[date, date]:
    """The first day of the stretch that holds `day`, and the first day behind it."""
    if kind == "year":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    if kind == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    return day, day + timedelta(days=1)
