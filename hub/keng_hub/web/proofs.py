"""All fire points by their proof tests: what is not proven, what is due next, and what one is to test this month."""

from typing import Any, Final

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.sessions import Account

LIMIT: Final = 300


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#proofs` out of it."""
    points = await request.app[DATABASE].read(load, request[ACCOUNT])
    unproven = [point for point in points if "unproven" in point["marks"]]
    proven = [point for point in points if point["proof"] is not None]
    return page(
        request,
        "proofs.html",
        points=points[:LIMIT],
        total=len(points),
        unproven=len(unproven),
        next_point=proven[0] if proven else None,
    )


def load(connection: Connection, account: Account) -> "list[dict[str, Any]]":
    """The fire points this account may see: unproven ones first, then the longest untested."""
    points = [row for row in of_nodes(connection, sees_device(account)) if row["fingerprint"] is not None]
    return sorted(points, key=_age)


def _age(row: "dict[str, Any]") -> tuple[bool, int, str]:
    proof: dict[str, Any] | None = row["proof"]
    return "unproven" not in row["marks"], proof["at"] if proof else 0, row["name"]
