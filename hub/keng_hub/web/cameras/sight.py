"""What the wall and the live view share: which cameras somebody may see, asking for pictures, and why none comes."""

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras import registry
from keng_hub.cameras.facts import CameraFacts
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraClass
from keng_hub.incidents.msgid import N_
from keng_hub.media import live_orders
from keng_hub.tables import device
from keng_hub.web.answers import translate
from keng_hub.web.devices import of_nodes
from keng_hub.web.forms import Form, Text
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, LIVE_PICTURES, WAKES
from keng_hub.web.permissions import sees_device
from keng_hub.web.sessions import Account
from keng_hub.web.words import word
from keng_wire.conditions import DeviceKind

UNSERVED: Final = N_("This hub takes no pictures: set up [media] in its configuration.")
AWAY: Final = N_("The node %(node)s is away. Pictures come again when it is back.")
UNALLOWED: Final = N_("The camera may not look: its notice is not confirmed, or it was stopped.")
UNHEARD: Final = N_("The camera does not answer its node.")
BLIND: Final = N_("The camera may not see what it should: %(words)s")
REFUSED: Final = N_("The node shows no picture: %(words)s")
_BLINDING: Final = ("tamper", "fault")


class Why(Form):
    """Why somebody looks."""

    reason: Text


def cameras(connection: Connection, account: Account, *which: "sa.ColumnElement[bool]") -> "list[dict[str, Any]]":
    """The cameras this account may see, of those that meet the conditions."""
    return of_nodes(connection, sa.and_(device.c.kind == DeviceKind.CAMERA.value, sees_device(account), *which))


def registered(connection: Connection, rows: "list[dict[str, Any]]") -> "list[dict[str, Any]]":
    """The rows and what the register says: whether it may look as far as the hub knows, its class, and its purpose."""
    found = registry.find_all(connection, [of_row(row) for row in rows])
    return [_with(row, found.get(of_row(row))) for row in rows]


def _with(row: "dict[str, Any]", found: "dict[str, Any] | None") -> "dict[str, Any]":
    if found is None:
        return row | {"may_look": True, "camera_class": CameraClass.PUBLIC.value, "purpose": CameraFacts().purpose}
    purpose = CameraFacts.model_validate(found["facts"]).purpose
    return row | {"may_look": registry.may_look(found), "camera_class": found["camera_class"], "purpose": purpose}


def of_row(row: "dict[str, Any]") -> CameraKey:
    """Which camera a row is."""
    return CameraKey(row["node"], row["id"])


async def ask(
    request: web.Request, wanted: Iterable[CameraKey], who: str, pause_ms: int, look_ms: int, until: int
) -> None:
    """Say that `who` looks for `look_ms` more, and tell the nodes that need to hear of it to show until then."""
    live, now = request.app[LIVE_PICTURES], request.app[CLOCK]()
    due: list[CameraKey] = []
    for camera in wanted:
        live.look(camera, who, pause_ms, now + look_ms)
        if live.must_tell(camera, until):
            live.told(camera, until)
            due.append(camera)
    if due:
        await request.app[DATABASE].write(_order, due, request[ACCOUNT].id, until, now)
        request.app[WAKES].after_commit()


def trouble(request: web.Request, row: "dict[str, Any]", refusal: str | None) -> str | None:
    """Why no picture comes, or why it may deceive, in the reader's language; None when all is well."""
    if not request.app[LIVE_PICTURES].served:
        return translate(request, UNSERVED)
    if not row["may_look"]:
        return translate(request, UNALLOWED)
    if not row["online"]:
        return translate(request, AWAY, node=row["node"])
    if "comms_lost" in row["marks"]:
        return translate(request, UNHEARD)
    if refusal is not None:
        return translate(request, REFUSED, words=refusal)
    blinding = [_said(request, row, mark) for mark in _BLINDING if mark in row["marks"]]
    return translate(request, BLIND, words=", ".join(blinding)) if blinding else None


def _said(request: web.Request, row: "dict[str, Any]", mark: str) -> str:
    """The mark and, where the node gave one, its reason."""
    text = translate(request, word("mark", mark))
    reasons = [one["reason"] for one in row["details"] or () if one["mark"] == mark and one.get("reason")]
    return f"{text} ({reasons[0]})" if reasons else text


def _order(connection: Connection, due: list[CameraKey], account_id: int, until: int, now: int) -> None:
    for camera in due:
        live_orders.order(connection, camera, account_id, until, now)
