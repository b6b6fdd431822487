"""All meters with their latest register and power."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.store import Point, Series, StoreUnavailable
from keng_hub.tables import device
from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.keys import ACCOUNT, DATABASE, STORE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account

KINDS: Final = ("meter", "sub_meter", "feeder")
REGISTER: Final = "energy_import"
POWER: Final = "power"


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#meters` out of it. Without the store the meters are listed and their values are not."""
    rows = await request.app[DATABASE].read(mine, request[ACCOUNT])
    try:
        newest: dict[Series, Point] | None = await request.app[STORE].latest()
    except StoreUnavailable:
        newest = None
    for row in rows:
        row["register"] = (newest or {}).get(Series(row["node"], row["id"], REGISTER))
        row["power"] = (newest or {}).get(Series(row["node"], row["id"], POWER))
    return page(request, "meters.html", rows=rows, store_away=newest is None)


def mine(connection: Connection, account: Account) -> "list[dict[str, Any]]":
    """The meters this account may see."""
    return of_nodes(connection, sa.and_(device.c.kind.in_(KINDS), sees_device(account)))
