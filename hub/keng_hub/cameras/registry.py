"""The register of cameras: one row each, made by what its node tells or by whoever first writes something down."""

import secrets
from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras.errors import Refused
from keng_hub.cameras.facts import CameraFacts
from keng_hub.cameras.states import CameraChange, CameraClass, CameraState
from keng_hub.tables import camera, camera_entry, device
from keng_wire.camera import CameraPlanned
from keng_wire.conditions import DeviceKind


class CameraKey(NamedTuple):
    """One camera."""

    node: str
    device: str


def take(connection: Connection, node: str, body: CameraPlanned, at: int) -> bool:
    """A node tells what a camera runs with; whether that is news. What is older than what is known is passed over."""
    key = CameraKey(node, body.device)
    row = find(connection, key)
    if row is None and body.plan is None:
        return False
    if row is None:
        row = _add(connection, key, at)
    if (row["reported_at"] or 0) > at:
        return False
    plan = None if body.plan is None else body.plan.model_dump(mode="json", exclude_none=True)
    said: dict[str, Any] = {"reported": plan, "local_notice": body.notice, "refused": body.refused}
    connection.execute(sa.update(camera).where(of(key)).values(**said, reported_at=at))
    return any(row[name] != value for name, value in said.items())


def find(connection: Connection, key: CameraKey) -> dict[str, Any] | None:
    """A camera's row."""
    row = connection.execute(sa.select(camera).where(of(key))).mappings().one_or_none()
    return None if row is None else dict(row)


def find_all(connection: Connection, keys: Collection[CameraKey]) -> dict[CameraKey, dict[str, Any]]:
    """The rows of those cameras that have one."""
    among = sa.tuple_(camera.c.node, camera.c.device).in_(keys)
    found = connection.execute(sa.select(camera).where(among)).mappings()
    return {CameraKey(row["node"], row["device"]): dict(row) for row in found}


def ensure(connection: Connection, key: CameraKey, now: int) -> dict[str, Any]:
    """A camera's row, made if need be; Refused when there is no such camera in the inventory of its node."""
    row = find(connection, key)
    if row is not None:
        return row
    of_kind = (device.c.node == key.node, device.c.id == key.device, device.c.kind == DeviceKind.CAMERA.value)
    if connection.execute(sa.select(device.c.id).where(*of_kind)).first() is None:
        raise Refused("no_camera")
    return _add(connection, key, now)


def may_look(row: dict[str, Any]) -> bool:
    """Whether a camera may find and keep anything: a person's decision, else the notice its node's file confirms."""
    if row["state"] == CameraState.DRAFT:
        return bool(row["local_notice"]) and row["camera_class"] == CameraClass.PUBLIC
    return bool(row["state"] == CameraState.ACTIVE)


def change_facts(
    connection: Connection, key: CameraKey, account_id: int, kind: CameraClass, facts: CameraFacts, now: int
) -> None:
    """Write down what is known; a camera that becomes one of a house is paused until the house has agreed."""
    row = ensure(connection, key, now)
    new, old = facts.stored() | {"class": kind.value}, row["facts"] | {"class": row["camera_class"]}
    changed = {name: [old.get(name), new.get(name)] for name in new.keys() | old.keys()}
    changed = {name: pair for name, pair in sorted(changed.items()) if pair[0] != pair[1]}
    if not changed:
        return
    values: dict[str, Any] = {"facts": facts.stored(), "camera_class": kind.value, "changed": now}
    if kind is CameraClass.HOUSEHOLD and row["camera_class"] != kind and may_look(row):
        values["state"] = CameraState.PAUSED.value
        changed["state"] = [row["state"], values["state"]]
    connection.execute(sa.update(camera).where(of(key)).values(**values))
    note(connection, key, account_id, CameraChange.FACTS, changed, now)


def set_state(
    connection: Connection, key: CameraKey, account_id: int, state: CameraState, reason: str | None, now: int
) -> None:
    """Move a camera to a state and write down who and why."""
    connection.execute(sa.update(camera).where(of(key)).values(state=state.value, changed=now))
    note(connection, key, account_id, CameraChange.STATE, {"state": state.value, "reason": reason}, now)


def note(
    connection: Connection, key: CameraKey, account_id: int, kind: CameraChange, data: dict[str, Any], now: int
) -> None:
    """A line of the camera's history."""
    values = {"node": key.node, "device": key.device, "account": account_id, "at": now, "kind": kind.value}
    connection.execute(sa.insert(camera_entry).values(**values, data=data))


def of(key: CameraKey) -> sa.ColumnElement[bool]:
    """The condition on `camera`."""
    return sa.and_(camera.c.node == key.node, camera.c.device == key.device)


def _add(connection: Connection, key: CameraKey, now: int) -> dict[str, Any]:
    start: dict[str, Any] = {
        "node": key.node,
        "device": key.device,
        "code": secrets.token_hex(6),
        "camera_class": CameraClass.PUBLIC.value,
        "state": CameraState.DRAFT.value,
        "facts": {},
        "added": now,
        "changed": now,
    }
    connection.execute(sa.insert(camera).values(**start))
    row = find(connection, key)
    assert row is not None
    return row
