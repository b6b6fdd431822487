"""The households of the village: the tree of groups with their leaders, and the houses of each place."""

from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.incidents.subtree import subtree
from keng_hub.meterdata.files.folded import folded
from keng_hub.people import groups, phones, reach, register, sorting
from keng_hub.people.errors import Refused
from keng_hub.people.register import SUBJECTS, WARNED_FROM, Entry
from keng_hub.people.ways import GROUPS
from keng_hub.tables import household, place
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, OptionalText, query, read
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, JOINING
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

SHOWN: Final = 100
"""Households on one page."""
DONE: Final = {
    "added": N_("The household is in the register."),
    "ended": N_("The household is no longer told; its papers are void."),
    "imported": N_("The new households are in the register."),
    "dropped": N_("Nothing was brought in."),
    "group": N_("The group is told from now on."),
    "group_ended": N_("The group is not told any more."),
}
PlaceKey = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Label = Annotated[OptionalText, Field(max_length=200)]


class Wanted(Form):
    """Which place, which words, and which hundred; what was just done."""

    place: Annotated[str, StringConstraints(max_length=40)] | None = None
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    page: Annotated[int, Field(ge=1, le=1000)] = 1
    done: Literal["", "added", "ended", "imported", "dropped", "group", "group_ended"] = ""


class House(Form):
    """What is kept of a household, as typed."""

    place: PlaceKey
    label: OptionalText
    numbers: OptionalText = ""
    legacy_address: Label = ""


@require(Action.SEE_HOUSEHOLDS)
async def show(request: web.Request) -> web.StreamResponse:
    """The tree, or the houses of a place or of a search."""
    return await answer(request, query(request, Wanted))


@require(Action.KEEP_HOUSEHOLDS)
@once
async def add(request: web.Request) -> web.StreamResponse:
    """Put a household into the register."""
    form = await read(request, House)
    try:
        made = await request.app[DATABASE].write(_add, request[ACCOUNT], form, request.app[CLOCK]())
    except Refused as refused:
        wanted = Wanted(place=form.place)
        return await answer(request, wanted, status=422, problem=REFUSED[refused.code], typed=form)
    raise web.HTTPSeeOther(f"/households/{made}?done=added")


def entry(form: House) -> Entry:
    """The form as the register wants it; Refused says what cannot be kept."""
    check_label(form.label)
    texts = form.numbers.replace(";", ",").replace("\n", ",").split(",")
    numbers = [phones.number(text) for text in texts if text.strip()]
    return Entry(form.place, form.label, numbers, form.legacy_address or None)


def check_label(label: str) -> None:
    """Refused("label") for what names no house."""
    if not folded(label) or len(label) > 200 or not label.isprintable():
        raise Refused("label")


def places_of(connection: Connection, account: Account) -> list[dict[str, Any]]:
    """The places in which this account may keep households."""
    query = sa.select(place.c.id, place.c.name, place.c.kind).where(
        place.c.valid_to.is_(None), place.c.kind != "commune", sees_place(account, place.c.id)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return sorted(rows, key=lambda row: sorting.key(row["name"]))


def check_place(connection: Connection, account: Account, place_id: str) -> None:
    """Refused("no_place") for a place outside those this account looks after."""
    if not connection.scalar(sa.select(sa.exists().where(place.c.id == place_id, sees_place(account, place.c.id)))):
        raise Refused("no_place")


def _add(connection: Connection, account: Account, form: House, now: int) -> int:
    check_place(connection, account, form.place)
    return register.add(connection, entry(form), now)


async def answer(
    request: web.Request,
    wanted: Wanted,
    *,
    status: int = 200,
    problem: str | None = None,
    typed: House | None = None,
) -> web.Response:
    """The page, also with what is wrong; 404 for a place that the account does not look after."""
    account, joining = request[ACCOUNT], request.app[JOINING]
    found = await request.app[DATABASE].read(_load, account, wanted, joining.channels)
    if found is None:
        raise web.HTTPNotFound
    return page(
        request,
        "households/tree.html",
        status=status,
        problem=problem,
        done=DONE.get(wanted.done),
        wanted=wanted,
        typed=typed or House.model_construct(place=wanted.place or "", label="", numbers="", legacy_address=""),
        group_kinds=[name for name in GROUPS if name in joining.channels],
        warned_from=WARNED_FROM,
        limit=SUBJECTS,
        **found,
    )


def _load(connection: Connection, account: Account, wanted: Wanted, there: frozenset[str]) -> dict[str, Any] | None:
    known = reach.channels(connection, there)
    here = None
    if wanted.place is not None:
        query = sa.select(place).where(place.c.id == wanted.place, sees_place(account, place.c.id))
        here = connection.execute(query).mappings().one_or_none()
        if here is None:
            return None
    within = sees_place(account, household.c.place)
    rows: list[dict[str, Any]] = []
    if here is not None or wanted.q:
        inside = sa.and_(within, household.c.place.in_(subtree(here["id"]))) if here is not None else within
        rows = reach.households(connection, inside, known, wanted.q)
    inside_place = sees_place(account, place.c.id)
    inside_place = inside_place if here is None else sa.and_(inside_place, place.c.id.in_(subtree(here["id"])))
    return {
        "here": here,
        "tree": groups.tree(connection, inside_place, known),
        "rows": rows[(wanted.page - 1) * SHOWN :][:SHOWN],
        "count": len(rows),
        "pages": -(-len(rows) // SHOWN),
        "places": places_of(connection, account),
        "subjects": register.subjects(connection) if account.place is None else 0,
    }
