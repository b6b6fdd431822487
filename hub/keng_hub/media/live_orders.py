"""Nodes are told by a command to show a camera, and may refuse."""

import secrets
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.tables import command
from keng_wire.control import CommandName

LIFE_MS: Final = 20_000
"""A node that hears of it later need not begin: who looked has gone, or asks again."""
RECENT_MS: Final = 60_000


def order(connection: Connection, camera: CameraKey, account_id: int, until: int, now: int) -> str:
    """Have a camera shown until then; the command's id. Who looked, and why, stands in the view log; old orders go."""
    key = secrets.token_hex(8)
    connection.execute(sa.delete(command).where(*_of(camera), command.c.created < now - RECENT_MS))
    said = {"node": camera.node, "device": camera.device, "name": CommandName.SHOW.value, "until": until}
    state = {"state": "queued", "created": now, "expires": now + LIFE_MS}
    connection.execute(sa.insert(command).values(id=key, account=account_id, **said, **state))
    return key


def refusals(connection: Connection, cameras: Collection[CameraKey], now: int) -> dict[CameraKey, str]:
    """Why nodes do not show these cameras, in their own words; none of one that is shown, or said nothing lately."""
    answered = command.c.state.in_(("done", "failed")), command.c.created > now - RECENT_MS
    chosen = sa.select(command.c.node, command.c.device, command.c.state, command.c.error)
    chosen = chosen.where(*_of(*cameras), *answered).order_by(command.c.created.desc(), command.c.id)
    newest: dict[CameraKey, sa.Row[Any, Any, Any, Any]] = {}
    for row in connection.execute(chosen):
        newest.setdefault(CameraKey(row.node, row.device), row)
    return {camera: row.error or "" for camera, row in newest.items() if row.state == "failed"}


def _of(*cameras: CameraKey) -> "tuple[sa.ColumnElement[bool], ...]":
    return sa.tuple_(command.c.node, command.c.device).in_(cameras), command.c.name == CommandName.SHOW.value
