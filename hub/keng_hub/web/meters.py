"""All meters with their latest register and power and how complete their month is; searched with or without marks."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.meterdata import completeness
from keng_hub.meterdata.completeness import KINDS, Score
from keng_hub.meterdata.files.folded import folded
from keng_hub.meterdata.sheet import MeterId
from keng_hub.store import Point, Series, StoreUnavailable
from keng_hub.tables import device
from keng_hub.web import spans
from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, STORE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account

__all__ = ["KINDS", "POWER", "REGISTER", "mine", "show"]

REGISTER: Final = "energy_import"
POWER: Final = "power"
SHOWN: Final = 100
"""Meters on one page: a village of 5,000 is not sent at once."""


class Search(Form):
    """Words of a name, place or node; and which hundred of what was found."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    page: Annotated[int, Field(ge=1, le=1000)] = 1


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#meters` out of it. Without the store the meters are listed and their values are not."""
    search, now = query(request, Search), request.app[CLOCK]()
    month = spans.of(request, "month", None)
    rows, count, scores = await request.app[DATABASE].read(_load, request[ACCOUNT], search, (month.start, now), now)
    try:
        newest: dict[Series, Point] | None = await request.app[STORE].latest()
    except StoreUnavailable:
        newest = None
    for row in rows:
        row["register"] = (newest or {}).get(Series(row["node"], row["id"], REGISTER))
        row["power"] = (newest or {}).get(Series(row["node"], row["id"], POWER))
        row["score"] = scores.get(MeterId(row["node"], row["id"]))
    values: dict[str, Any] = {"rows": rows, "count": count, "pages": -(-count // SHOWN), "month": month}
    return page(request, "meters.html", search=search, store_away=newest is None, **values)


def mine(connection: Connection, account: Account) -> "list[dict[str, Any]]":
    """The meters this account may see."""
    return of_nodes(connection, sa.and_(device.c.kind.in_(KINDS), sees_device(account)))


def _load(
    connection: Connection, account: Account, search: Search, span: tuple[int, int], now: int
) -> "tuple[list[dict[str, Any]], int, dict[MeterId, Score]]":
    """The wanted hundred, how many fit, and the scores of those shown."""
    words = folded(search.q).split()
    found = [row for row in mine(connection, account) if all(word in _text(row) for word in words)]
    shown = found[(search.page - 1) * SHOWN :][:SHOWN]
    among = sa.tuple_(device.c.node, device.c.id).in_([(row["node"], row["id"]) for row in shown])
    scores = completeness.of_meters(connection, among, *span, now)
    return shown, len(found), {score.meter: score for score in scores}


def _text(row: "dict[str, Any]") -> str:
    return folded(f"{row['name']} {row['place_name'] or ''} {row['node']}/{row['id']}")
