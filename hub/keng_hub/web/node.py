"""One node: presence, clock, backlog, disk, its devices and what it told of itself."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.tables import device, node, node_event, place
from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require, sees_device, sees_node
from keng_hub.web.sessions import Account
from keng_hub.web.standing import of_node

EVENTS: Final = 40


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#node` out of it."""
    found = await request.app[DATABASE].read(load, request[ACCOUNT], request.match_info["node"])
    if found is None:
        raise web.HTTPNotFound
    return page(request, "node.html", **found)


def load(connection: Connection, account: Account, id_: str) -> "dict[str, Any] | None":
    """The node, its devices within the account's places, and its latest events."""
    devices = of_nodes(connection, sa.and_(device.c.node == id_, sees_device(account)))
    chosen = (
        sa.select(node, place.c.name.label("place_name"), sees_node(account).label("whole"))
        .select_from(node.outerjoin(place))
        .where(node.c.id == id_)
    )
    row = connection.execute(chosen).mappings().one_or_none()
    if row is None or not (row["whole"] or devices):
        return None
    return {
        "node": dict(row),
        "standing": of_node(dict(row)),
        "health": row["health"] or {},
        "devices": devices,
        "events": _events(connection, id_, {one["id"] for one in devices}, whole=bool(row["whole"])),
        "names": {one["id"]: one["name"] for one in devices},
    }


def _events(connection: Connection, id_: str, devices: set[str], *, whole: bool) -> "list[dict[str, Any]]":
    chosen = sa.select(node_event).where(node_event.c.node == id_)
    if not whole:
        chosen = chosen.where(node_event.c.device.in_(devices))
    chosen = chosen.order_by(node_event.c.at.desc(), node_event.c.id.desc()).limit(EVENTS)
    return [dict(row) for row in connection.execute(chosen).mappings()]
