"""All devices, worst first, by node: last sign of life, marks, and whether they are simulated."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.tables import device, node, place
from keng_hub.web.answers import page
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require, sees_device, sees_node
from keng_hub.web.sessions import Account
from keng_hub.web.standing import ORDER, Standing, of_device, of_node

LIMIT: Final = 200
"""Devices on the page; with more, the well ones are only counted."""


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#devices` out of it."""
    nodes, devices = await request.app[DATABASE].read(load, request[ACCOUNT])
    counts = {standing: sum(row["standing"] is standing for row in devices) for standing in Standing}
    crowded = len(devices) > LIMIT
    if crowded:
        devices = [row for row in devices if row["standing"] is not Standing.WELL][:LIMIT]
    for one in nodes:
        one["devices"] = [row for row in devices if row["node"] == one["id"]]
    nodes.sort(
        key=lambda one: (min([ORDER[one["standing"]], *(ORDER[d["standing"]] for d in one["devices"])]), one["id"])
    )
    return page(request, "devices.html", nodes=nodes, counts=counts, crowded=crowded)


def load(connection: Connection, account: Account) -> "tuple[list[dict[str, Any]], list[dict[str, Any]]]":
    """The nodes and devices this account may see, each with its standing, devices worst first."""
    devices = of_nodes(connection, sees_device(account))
    behind = {row["node"] for row in devices}
    chosen = (
        sa.select(node, place.c.name.label("place_name"))
        .select_from(node.outerjoin(place))
        .where(sa.or_(sees_node(account), node.c.id.in_(behind)))
    )
    nodes = [dict(row) for row in connection.execute(chosen).mappings()]
    for one in nodes:
        one["standing"] = of_node(one)
    return nodes, devices


def of_nodes(connection: Connection, condition: "sa.ColumnElement[bool]") -> "list[dict[str, Any]]":
    """The devices that meet a condition on `device` joined with `node`, with standing and place, worst first."""
    chosen = (
        sa.select(device, node.c.online, place.c.name.label("place_name"))
        .select_from(device.join(node, node.c.id == device.c.node).outerjoin(place, place.c.id == device.c.place))
        .where(condition, sa.not_(device.c.removed))
    )
    devices = [dict(row) for row in connection.execute(chosen).mappings()]
    for one in devices:
        one["standing"] = of_device(one)
    devices.sort(key=lambda one: (ORDER[one["standing"]], one["node"], one["name"]))
    return devices
