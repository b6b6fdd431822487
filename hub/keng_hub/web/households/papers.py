"""Papers with codes for joining, eight on a sheet of A4; codes are shown when they are made and never again."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NamedTuple

from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.normalise import path
from keng_hub.incidents.subtree import subtree
from keng_hub.people import codes, reach
from keng_hub.people.errors import Refused
from keng_hub.people.states import CodeKind
from keng_hub.tables import household
from keng_hub.web import qr
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, read
from keng_hub.web.households.tree import check_place
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, JOINING
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

MOST: Final = 400
"""Papers at once: fifty sheets."""


class Paper(NamedTuple):
    """One household's paper: the house, where it is, and the code."""

    label: str
    where: str
    code: str


class Wanted(Form):
    """The place whose households get papers: those nobody reaches yet, or all of them."""

    place: Annotated[str, StringConstraints(max_length=40)]
    which: Literal["unreached", "all"] = "unreached"


@require(Action.KEEP_HOUSEHOLDS)
@once
async def print_many(request: web.Request) -> web.StreamResponse:
    """New papers for the households of a place, to print; their earlier ones are void."""
    form = await read(request, Wanted)
    joining = request.app[JOINING]
    made = await request.app[DATABASE].write(
        _papers, request[ACCOUNT], form, joining.channels, joining.settings.code_days, request.app[CLOCK]()
    )
    return sheet(request, made, back=f"/households?place={form.place}")


def sheet(request: web.Request, papers: Sequence[Paper], *, back: str) -> web.Response:
    """The page to print."""
    base, now = request.app[JOINING].url, request.app[CLOCK]()
    days = request.app[JOINING].settings.code_days
    items = [{"paper": one, "spelt": codes.spelt(one.code), "qr": qr.svg(f"{base}/j/{one.code}")} for one in papers]
    return page(
        request,
        "households/papers.html",
        items=items,
        back=back,
        base=base.partition("//")[2],
        expires=now + days * codes.DAY_MS,
        most=MOST,
    )


def _papers(
    connection: Connection, account: Account, form: Wanted, there: frozenset[str], days: int, now: int
) -> list[Paper]:
    try:
        check_place(connection, account, form.place)
    except Refused:
        raise web.HTTPNotFound from None
    known = reach.channels(connection, there)
    rows = reach.households(connection, household.c.place.in_(subtree(form.place)), known)
    chosen = [row for row in rows if form.which == "all" or row["unreached"] is not None][:MOST]
    where = {key: ", ".join(name for _, name in path(connection, key)) for key in {row["place"] for row in chosen}}
    return [
        Paper(
            row["label"],
            where[row["place"]],
            codes.make(connection, row["id"], CodeKind.HOUSEHOLD, account.id, days, now),
        )
        for row in chosen
    ]
