"""What a person does to a fire point: each a command row for its node, which decides, and answers. Times are UTC ms."""

import secrets
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import gates
from keng_hub.incidents.commands import LIFE_MS, UNDER_WAY
from keng_hub.incidents.errors import Refused
from keng_hub.points.states import ProofState
from keng_hub.tables import command, device, proof_test
from keng_wire.conditions import DeviceKind
from keng_wire.control import CommandName
from keng_wire.point import ProofMethod

MINUTE: Final = 60_000
LONGEST: Final = {
    CommandName.DISABLE: 30 * 24 * 60 * MINUTE,
    CommandName.TEST: 60 * MINUTE,
    CommandName.PROVE: 60 * MINUTE,
}
"""The node refuses more."""


_IS_POINT: Final = device.c.fingerprint.is_not(None)
_CAMERA: Final = DeviceKind.CAMERA.value


class Point(NamedTuple):
    """One fire point."""

    node: str
    device: str


def restrict(
    connection: Connection, point: Point, account_id: int, name: CommandName, minutes: int, reason: str, now: int
) -> str:
    """Disable a point, or put it under test, for so long; the command's id. `Refused` without a reason or an end."""
    gates.reason(reason)
    if not 0 < minutes * MINUTE <= LONGEST[name]:
        raise Refused("end_needed")
    return _order(connection, point, account_id, name, now, until=now + minutes * MINUTE, reason=reason.strip())


def lift(connection: Connection, point: Point, account_id: int, name: CommandName, reason: str, now: int) -> str:
    """Enable a point, or end its test; the command's id."""
    return _order(connection, point, account_id, name, now, reason=reason.strip() or None)


def prove(connection: Connection, point: Point, account_id: int, minutes: int, now: int) -> str:
    """Begin a proof test: the node waits for the point to speak. The command's id is the test's."""
    if not 0 < minutes * MINUTE <= LONGEST[CommandName.PROVE]:
        raise Refused("end_needed")
    until = now + minutes * MINUTE
    key = _order(connection, point, account_id, CommandName.PROVE, now, until=until)
    if connection.execute(sa.select(proof_test.c.id).where(proof_test.c.command == key)).first() is None:
        values = {"node": point.node, "device": point.device, "command": key, "begun": now, "until": until}
        connection.execute(sa.insert(proof_test).values(**values, state=ProofState.WAITING.value))
    return key


def confirm(
    connection: Connection, point: Point, account_id: int, test: str, method: ProofMethod, remark: str, now: int
) -> str:
    """Say how the point was made to speak; it is proven once the node has taken it. `Refused` before it spoke."""
    spoke = (
        proof_test.c.command == test,
        proof_test.c.node == point.node,
        proof_test.c.device == point.device,
        proof_test.c.state == ProofState.SEEN.value,
    )
    values = {"account": account_id, "method": method.value, "remark": remark.strip() or None}
    if connection.execute(sa.update(proof_test).where(*spoke).values(**values)).rowcount != 1:
        raise Refused("not_spoken")
    return _order(connection, point, account_id, CommandName.PROVEN, now, test=test, method=method.value)


def relearn(connection: Connection, camera: Point, account_id: int, reason: str, now: int) -> str:
    """Confirm that a camera's view is right as it is now; the command's id. `Refused` for anything but a camera."""
    words = reason.strip() or None
    return _order(connection, camera, account_id, CommandName.RELEARN, now, device.c.kind == _CAMERA, reason=words)


def _order(
    connection: Connection,
    point: Point,
    account_id: int,
    name: CommandName,
    now: int,
    fitting: "sa.ColumnElement[bool]" = _IS_POINT,
    **more: Any,
) -> str:
    known = sa.select(device.c.id).where(device.c.node == point.node, device.c.id == point.device, fitting)
    if connection.execute(known).first() is None:
        raise Refused("no_point")
    wanted = {"name": name.value, "account": account_id, **more}
    if (there := _on_its_way(connection, point, wanted, now)) is not None:
        return there
    key = secrets.token_hex(8)
    order = {"id": key, **point._asdict(), "state": "queued", "created": now, "expires": now + LIFE_MS}
    connection.execute(sa.insert(command).values(**order, **wanted))
    return key


def _on_its_way(connection: Connection, point: Point, wanted: dict[str, Any], now: int) -> str | None:
    """The last command to the point, when it is the same one from the same person and not answered yet."""
    of_point = (command.c.node == point.node, command.c.device == point.device)
    newest = sa.select(command).where(*of_point).order_by(command.c.created.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    if row is None or row["state"] not in UNDER_WAY or row["expires"] <= now:
        return None
    lasts = {"until": (wanted["until"] or now) - now} if "until" in wanted else {}
    found = {name: row[name] for name in wanted} | ({"until": (row["until"] or 0) - row["created"]} if lasts else {})
    return str(row["id"]) if found == wanted | lasts else None
