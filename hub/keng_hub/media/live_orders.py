"""Nodes are told by a command to show a camera, and may refuse."""

import secrets
from typing import Final

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


def refusal(connection: Connection, camera: CameraKey, now: int) -> str | None:
    """Why the node does not show the camera, in its own words; None when it does, or said nothing lately."""
    answered = command.c.state.in_(("done", "failed")), command.c.created > now - RECENT_MS
    chosen = sa.select(command.c.state, command.c.error).where(*_of(camera), *answered)
    chosen = chosen.order_by(command.c.created.desc(), command.c.id).limit(1)
    row = connection.execute(chosen).one_or_none()
    return (row.error or "") if row is not None and row.state == "failed" else None


def _of(camera: CameraKey) -> "tuple[sa.ColumnElement[bool], ...]":
    return command.c.node == camera.node, command.c.device == camera.device, command.c.name == CommandName.SHOW.value
