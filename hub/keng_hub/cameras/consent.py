"""The consent of a house to the camera in front of it: who of it agreed and when, and that it can be withdrawn."""

import hashlib
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import registry
from keng_hub.cameras.errors import Refused
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraChange, CameraClass, CameraState
from keng_hub.points.photos import Photo
from keng_hub.tables import camera_consent, camera_notice


class Given(NamedTuple):
    """What a house said: who of it, on which day, and whether the neighbours' doors and windows are masked."""

    given_by: str
    given: date
    neighbours_masked: bool


def give(connection: Connection, key: CameraKey, account_id: int, said: Given, paper: Photo | None, now: int) -> None:
    """Write a consent down, with a photo of the signed paper where there is one."""
    row = registry.ensure(connection, key, now)
    if row["camera_class"] != CameraClass.HOUSEHOLD:
        raise Refused("not_household")
    if current(connection, key) is not None:
        raise Refused("consent_given")
    values: dict[str, Any] = {"node": key.node, "device": key.device, "account": account_id, "at": now}
    values |= said._asdict() | {"given": said.given.isoformat()}
    if paper is not None:
        values |= paper._asdict() | {"sha256": hashlib.sha256(paper.jpeg).hexdigest()}
    connection.execute(sa.insert(camera_consent).values(**values))
    data = {"given": said.given.isoformat(), "neighbours_masked": said.neighbours_masked, "paper": paper is not None}
    registry.note(connection, key, account_id, CameraChange.CONSENT, data, now)
    if row["state"] == CameraState.WITHDRAWN:
        state = CameraState.CONFIRMED if _has_notice(connection, key) else CameraState.DRAFT
        registry.set_state(connection, key, account_id, state, None, now)


def withdraw(connection: Connection, key: CameraKey, account_id: int, reason: str, now: int) -> None:
    """The house takes its consent back: the camera stops at once, and what it recorded goes in the next night."""
    given = current(connection, key)
    if given is None:
        raise Refused("no_consent_to_withdraw")
    ended = {"withdrawn": now, "withdrawn_by": account_id, "reason": reason.strip() or None}
    connection.execute(sa.update(camera_consent).where(camera_consent.c.id == given["id"]).values(**ended))
    registry.note(connection, key, account_id, CameraChange.CONSENT, {"withdrawn": True}, now)
    registry.set_state(connection, key, account_id, CameraState.WITHDRAWN, reason.strip() or None, now)


def current(connection: Connection, key: CameraKey) -> dict[str, Any] | None:
    """The consent that holds, without the picture of its paper."""
    return all_current(connection, camera_consent.c.node == key.node, camera_consent.c.device == key.device).get(key)


def all_current(connection: Connection, *which: sa.ColumnElement[bool]) -> dict[CameraKey, dict[str, Any]]:
    """The same of all cameras, or of those that are meant."""
    columns = [column for column in camera_consent.c if column.name != "jpeg"]
    chosen = sa.select(*columns).where(*which, camera_consent.c.withdrawn.is_(None)).order_by(camera_consent.c.id)
    return {CameraKey(row["node"], row["device"]): dict(row) for row in connection.execute(chosen).mappings()}


def _has_notice(connection: Connection, key: CameraKey) -> bool:
    mine = (camera_notice.c.node == key.node, camera_notice.c.device == key.device)
    return connection.execute(sa.select(camera_notice.c.id).where(*mine).limit(1)).first() is not None
