"""Reach: how many households can be told, by village and group, and which cannot, and why."""

from typing import Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.people import groups, reach
from keng_hub.people.reach import Channels, Unreached
from keng_hub.tables import household, place
from keng_hub.web import spreadsheets
from keng_hub.web.answers import language, page, translate
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, JOINING
from keng_hub.web.languages import local
from keng_hub.web.permissions import Action, may, require, sees_place
from keng_hub.web.sessions import Account
from keng_hub.web.spreadsheets import Table
from keng_hub.web.words import word

SHOWN: Final = 300
"""Households on the page; the file has all of them."""
NOTES: Final = (
    N_("Reached: at least one verified contact on a channel that is set up and did not fail its last self-test."),
    N_("A telephone number to call, a group chat and the siren do not count."),
)


class Export(Form):
    """The kind of file."""

    form: Literal["csv", "xlsx"] = "csv"


@require(Action.SEE_REACH)
async def show(request: web.Request) -> web.StreamResponse:
    """The counts; which houses are meant only for who may see households."""
    account = request[ACCOUNT]
    tree, rows, known = await request.app[DATABASE].read(load, account, request.app[JOINING].channels)
    missing = [row for row in rows if row["unreached"] is not None]
    return page(
        request,
        "households/reach.html",
        tree=tree,
        share=reach.share([row["unreached"] for row in rows]),
        reasons=[(why.value, sum(row["unreached"] is why for row in rows)) for why in Unreached],
        failing=sorted(known.failing),
        missing=missing[:SHOWN] if may(account, Action.SEE_HOUSEHOLDS) else None,
        more=max(0, len(missing) - SHOWN),
        notes=NOTES,
    )


@require(Action.SEE_HOUSEHOLDS)
async def export(request: web.Request) -> web.StreamResponse:
    """All households with what reaches them, as CSV or XLSX; no number, no address."""
    form = query(request, Export).form
    _, rows, _ = await request.app[DATABASE].read(load, request[ACCOUNT], request.app[JOINING].channels)

    def say(text: str) -> str:
        return translate(request, text)

    head = [say(text) for text in (N_("Place"), N_("House"), N_("Reached"), N_("Why not"), N_("In the register since"))]
    values = [
        [
            row["place_name"],
            row["label"],
            say(N_("no")) if row["unreached"] else say(N_("yes")),
            say(word("unreached", row["unreached"].value)) if row["unreached"] else "",
            local(row["added"]).replace(tzinfo=None),
        ]
        for row in rows
    ]
    table = Table(say(N_("Reach")), head, values, [say(note) for note in NOTES], say(N_("Notes")))
    name = f"keng_reach_{local(request.app[CLOCK]()):%Y-%m-%d}"
    return spreadsheets.attachment(table, form, name, language(request))


def load(
    connection: Connection, account: Account, there: frozenset[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Channels]:
    """The tree of places, the households, and how the channels are, as this account may see them."""
    known = reach.channels(connection, there)
    rows = reach.households(connection, sees_place(account, household.c.place), known)
    within: sa.ColumnElement[bool] = sees_place(account, place.c.id)
    return groups.tree(connection, within, known), rows, known
