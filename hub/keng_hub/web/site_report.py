"""The inspection record of a node, to print and sign: what it is, its fire points, and how each was proven."""

from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.normalise import path
from keng_hub.points.states import ProofState
from keng_hub.tables import account as accounts
from keng_hub.tables import proof_test
from keng_hub.web import node
from keng_hub.web.answers import page
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require
from keng_hub.web.point import sees_people
from keng_hub.web.sessions import Account


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page, as the hub knows it now."""
    found = await request.app[DATABASE].read(load, request[ACCOUNT], request.match_info["node"])
    if found is None:
        raise web.HTTPNotFound
    return page(request, "site_report.html", names_shown=sees_people(request[ACCOUNT]), **found)


def load(connection: Connection, account: Account, id_: str) -> "dict[str, Any] | None":
    """The node, its other devices, and its fire points, each with the record of its last proof test."""
    found = node.load(connection, account, id_)
    if found is None:
        return None
    devices: list[dict[str, Any]] = sorted(found["devices"], key=lambda one: (one["kind"], one["name"]))
    records = _records(connection, id_)
    points = [one | {"record": records.get(one["id"])} for one in devices if one["fingerprint"] is not None]
    return {
        "node": found["node"],
        "standing": found["standing"],
        "health": found["health"],
        "place_words": ", ".join(name for _, name in path(connection, found["node"]["place"])),
        "points": points,
        "others": [one for one in devices if one["fingerprint"] is None],
    }


def _records(connection: Connection, id_: str) -> dict[str, dict[str, Any]]:
    """The newest proven test of each point."""
    chosen = (
        sa.select(proof_test, accounts.c.full_name.label("who"))
        .outerjoin(accounts, accounts.c.id == proof_test.c.account)
        .where(proof_test.c.node == id_, proof_test.c.state == ProofState.PROVEN.value)
        .order_by(proof_test.c.confirmed, proof_test.c.id)
    )
    return {row["device"]: dict(row) for row in connection.execute(chosen).mappings()}
