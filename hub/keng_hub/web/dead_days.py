"""The weekly list of days dead: what did not work, since when, why, who sees to it, what it costs; as a file too."""

import datetime as dt
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub import dead_days
from keng_hub.dead_days import Note
from keng_hub.incidents.msgid import N_
from keng_hub.tables import dead_stretch, device, node
from keng_hub.web import languages, spreadsheets
from keng_hub.web.answers import language, page, translate
from keng_hub.web.forms import BadForm, Form, OptionalText, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.spreadsheets import Table, Value
from keng_hub.web.words import word

DAY_MS: Final = 86_400_000
EARLIEST: Final = date(2020, 1, 1)
NOTES: Final = (
    N_("A device is dead while nobody can rely on it: silent, faulty, covered or unknown. From one hour on."),
    N_("Days are of 24 hours; a stretch that goes on is counted up to the time of this list."),
)


class Wanted(Form):
    """The week that holds `week`; `kind` narrows to cameras."""

    week: dt.date | None = None
    kind: Literal["camera"] | None = None
    done: Literal["note"] | None = None


class Export(Wanted):
    """The same as a file."""

    form: Literal["csv", "xlsx"]


class Words(Form):
    """What a person says about a stretch; the cost in đồng may be typed with points and spaces."""

    week: dt.date | None = None
    cause: Annotated[OptionalText, Field(max_length=200)] = ""
    owner: Annotated[OptionalText, Field(max_length=200)] = ""
    cost: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\d. ]{0,15}$")] = ""


class Week(NamedTuple):
    """Monday to Sunday at the commune; `first`, and UTC ms of its beginning and end."""

    first: date
    start: int
    end: int


def week_of(day: date | None, now: int) -> Week:
    """The week that holds a day, or the present one."""
    today = languages.local(now).date()
    day = day or today
    if not EARLIEST <= day <= today + timedelta(days=7):
        raise BadForm({"week": N_("This date is too far away.")})
    first = day - timedelta(days=day.weekday())
    return Week(first, languages.to_ms(first), languages.to_ms(first + timedelta(days=7)))


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#dead` out of it."""
    wanted, now = query(request, Wanted), request.app[CLOCK]()
    week = week_of(wanted.week, now)
    rows = await request.app[DATABASE].read(load, request[ACCOUNT], week, wanted.kind, now)
    running = [row for row in rows if row["ended"] is None]
    return page(
        request,
        "dead_days.html",
        week=week,
        before=week.first - timedelta(days=7),
        after=week.first + timedelta(days=7) if week.end <= now else None,
        last=week.first + timedelta(days=6),
        kind=wanted.kind,
        done=wanted.done,
        rows=rows,
        running=len(running),
        long=sum(row["total"] >= DAY_MS for row in running),
        days=sum(row["dead"] for row in rows) / DAY_MS,
        cost=sum(row["cost"] or 0 for row in rows),
        day_ms=DAY_MS,
    )


@require(Action.NOTE_REPAIRS)
async def note(request: web.Request) -> web.StreamResponse:
    """Write down cause, owner and cost of one stretch, and lead back to the list."""
    words = await read(request, Words)
    digits = words.cost.replace(".", "").replace(" ", "")
    said = Note(words.cause or None, words.owner or None, int(digits) if digits else None)
    stretch, now = int(request.match_info["id"]), request.app[CLOCK]()
    week = week_of(words.week, now)
    await request.app[DATABASE].write(_note, request[ACCOUNT], stretch, said, now)
    raise web.HTTPSeeOther(f"/dead-days?week={week.first.isoformat()}&done=note#stretch-{stretch}")


@require(Action.SEE_DEVICES)
async def export(request: web.Request) -> web.StreamResponse:
    """The list as CSV or XLSX."""
    wanted, now = query(request, Export), request.app[CLOCK]()
    week = week_of(wanted.week, now)
    rows = await request.app[DATABASE].read(load, request[ACCOUNT], week, wanted.kind, now)
    table = _table(request, week, rows)
    return spreadsheets.attachment(table, wanted.form, f"keng_dead_{week.first:%Y-%m-%d}", language(request))


def load(connection: Connection, account: Account, week: Week, kind: str | None, now: int) -> "list[dict[str, Any]]":
    """The stretches of the week of devices this account may see."""
    condition = sees_device(account)
    if kind is not None:
        condition = sa.and_(condition, device.c.kind == kind)
    return dead_days.stretches(connection, condition, week.start, week.end, now)


def _note(connection: Connection, account: Account, stretch: int, said: Note, now: int) -> None:
    chosen = (
        sa.select(dead_stretch.c.id)
        .join(device, sa.and_(device.c.node == dead_stretch.c.node, device.c.id == dead_stretch.c.device))
        .join(node, node.c.id == device.c.node)
        .where(dead_stretch.c.id == stretch, sees_device(account))
    )
    if connection.execute(chosen).first() is None:
        raise web.HTTPNotFound
    dead_days.note(connection, stretch, account.id, said, now)


def _table(request: web.Request, week: Week, rows: "list[dict[str, Any]]") -> Table:
    def say(text: str) -> str:
        return translate(request, text)

    head = (
        N_("Device"),
        N_("Kind"),
        N_("Place"),
        N_("Node"),
        N_("Finding"),
        N_("Dead since"),
        N_("Works again since"),
        N_("Days dead this week"),
        N_("Days dead in all"),
        N_("Cause"),
        N_("Who sees to it"),
        N_("Cost of repair (đồng)"),
        N_("Noted by"),
        N_("Noted at"),
    )
    days = f"{languages.day(week.first)} – {languages.day(week.first + timedelta(days=6))}"
    notes = [days, *(say(text) for text in NOTES)]
    values = [_values(row, say(word("device", row["kind"])), say(word("finding", row["finding"]))) for row in rows]
    return Table(say(N_("Days dead")), [say(text) for text in head], values, notes, say(N_("Notes")))


def _values(row: "dict[str, Any]", kind: str, found: str) -> list[Value]:
    return [
        row["name"],
        kind,
        row["place_name"],
        row["node"],
        f"{found}: {row['detail']}" if row["detail"] else found,
        languages.local(row["begun"]).replace(tzinfo=None),
        languages.local(row["ended"]).replace(tzinfo=None) if row["ended"] is not None else None,
        round(row["dead"] / DAY_MS, 2),
        round(row["total"] / DAY_MS, 2),
        row["cause"],
        row["owner"],
        row["cost"],
        row["who"],
        languages.local(row["noted"]).replace(tzinfo=None) if row["noted"] is not None else None,
    ]
