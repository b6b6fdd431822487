"""One fire point: how it stands, since when and by whom, its proof tests, and what can be done to it. Phone-sized."""

from collections import defaultdict
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.points.states import ProofState
from keng_hub.tables import account as accounts
from keng_hub.tables import command, device, node, node_event, proof_photo, proof_test
from keng_hub.web.answers import page
from keng_hub.web.devices import of_nodes
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, may, require, sees_device
from keng_hub.web.sessions import Account
from keng_wire.point import ProofMethod

SHOWN: Final = 10
DONE: Final = {
    "disable": N_("The node was told to disable the point."),
    "enable": N_("The node was told to enable the point. If it is in alarm, it sounds at once."),
    "test": N_("The node was told: alarms of this point are test results now."),
    "end_test": N_("The node was told to end the test."),
    "relearn": N_("The camera was told: what it shows now is how it is to look."),
    "prove": N_("The proof test begins. Make the point speak now, and watch this page."),
    "confirm": N_("The node was told. The point is proven once it has answered."),
}
"""What an act did, said on the page it leads to."""
LENGTHS: Final = (30, 120, 480, 1440, 10_080)
"""Minutes for which a point may be disabled, as the page offers them."""
TESTS: Final = (10, 30, 60)
_PHOTO: Final = (proof_photo.c.id.label("photo"), proof_photo.c.width, proof_photo.c.height)
_UNSAID: Final[dict[str, Any]] = dict.fromkeys(("since", "by", "reason", "until"))


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#point` out of it."""
    return await render(request)


@require(Action.SEE_DEVICES)
async def photo(request: web.Request) -> web.StreamResponse:
    """The photo of a proof test: it may show a home, so only for who may see people."""
    account, key = request[ACCOUNT], int(request.match_info["id"])
    jpeg = await request.app[DATABASE].read(_jpeg, account, key) if sees_people(account) else None
    if jpeg is None:
        raise web.HTTPNotFound
    return web.Response(body=jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def render(
    request: web.Request, *, status: int = 200, problem: str | None = None, act: str = "", reason: str = ""
) -> web.Response:
    """The page, perhaps with why `act` was refused and the `reason` typed into its form."""
    key = request.match_info["node"], request.match_info["device"]
    found = await request.app[DATABASE].read(load, request[ACCOUNT], *key, request.app[CLOCK]())
    if found is None:
        raise web.HTTPNotFound
    return page(
        request,
        "point.html",
        status=status,
        problem=problem,
        typed=defaultdict(str, {act: reason}),
        done=DONE.get(request.query.get("done", "")),
        lengths=LENGTHS,
        tests_minutes=TESTS,
        methods=[method.value for method in ProofMethod],
        **found,
    )


def sees_people(account: Account) -> bool:
    """Whether names, reasons and photos of a point are shown to this account."""
    return may(account, Action.SEE_PEOPLE) or may(account, Action.DISABLE)


def visible(connection: Connection, account: Account, node_id: str, device_id: str) -> "dict[str, Any] | None":
    """The device's row with its standing, when this account may see it."""
    condition = sa.and_(device.c.node == node_id, device.c.id == device_id, sees_device(account))
    return next(iter(of_nodes(connection, condition)), None)


def load(connection: Connection, account: Account, node_id: str, device_id: str, now: int) -> "dict[str, Any] | None":
    """Everything the page shows; names of people only for who may act or see people."""
    row = visible(connection, account, node_id, device_id)
    if row is None:
        return None
    names = sees_people(account)
    known: dict[str, dict[str, Any]] = {one["mark"]: one for one in row["details"] or ()}
    tests = _tests(connection, node_id, device_id)
    return {
        "point": row,
        "marks": [_UNSAID | {"mark": mark} | known.get(mark, {}) for mark in row["marks"]],
        "names_shown": names,
        "tests": tests,
        "running": _running(tests, now),
        "commands": _commands(connection, node_id, device_id) if names else [],
        "events": _events(connection, node_id, device_id),
        "names": {device_id: row["name"]},
    }


def _tests(connection: Connection, node_id: str, device_id: str) -> "list[dict[str, Any]]":
    chosen = (
        sa.select(
            proof_test, accounts.c.full_name.label("who"), command.c.state.label("told"), command.c.error, *_PHOTO
        )
        .select_from(
            proof_test.outerjoin(accounts, proof_test.c.account == accounts.c.id)
            .outerjoin(command, proof_test.c.command == command.c.id)
            .outerjoin(proof_photo, proof_photo.c.test == proof_test.c.id)
        )
        .where(proof_test.c.node == node_id, proof_test.c.device == device_id)
        .order_by(proof_test.c.begun.desc(), proof_test.c.id.desc())
        .limit(SHOWN)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _jpeg(connection: Connection, account: Account, id_: int) -> bytes | None:
    chosen = (
        sa.select(proof_photo.c.jpeg)
        .join(proof_test, proof_test.c.id == proof_photo.c.test)
        .join(device, sa.and_(device.c.node == proof_test.c.node, device.c.id == proof_test.c.device))
        .join(node, node.c.id == device.c.node)
        .where(proof_photo.c.id == id_, sees_device(account))
    )
    return connection.execute(chosen).scalar()


def _running(tests: "list[dict[str, Any]]", now: int) -> "dict[str, Any] | None":
    """The proof test that is going on: not refused by its node, not over, not confirmed yet."""
    newest = next(iter(tests), None)
    if newest is None or newest["state"] == ProofState.PROVEN.value or newest["until"] <= now:
        return None
    return newest if newest["told"] in ("queued", "sent", "done") else None


def _commands(connection: Connection, node_id: str, device_id: str) -> "list[dict[str, Any]]":
    chosen = (
        sa.select(command, accounts.c.full_name.label("who"))
        .select_from(command.outerjoin(accounts, command.c.account == accounts.c.id))
        .where(command.c.node == node_id, command.c.device == device_id)
        .order_by(command.c.created.desc(), command.c.id)
        .limit(SHOWN)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _events(connection: Connection, node_id: str, device_id: str) -> "list[dict[str, Any]]":
    chosen = sa.select(node_event).where(node_event.c.node == node_id, node_event.c.device == device_id)
    chosen = chosen.order_by(node_event.c.at.desc(), node_event.c.id.desc()).limit(SHOWN)
    return [dict(row) for row in connection.execute(chosen).mappings()]
