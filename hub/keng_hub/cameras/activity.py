"""Whether a camera may look: not before somebody saw its notice hang, and in front of a house only with its consent."""

import hashlib
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import consent, registry
from keng_hub.cameras.errors import Refused
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraChange, CameraClass, CameraState
from keng_hub.points.photos import Photo
from keng_hub.tables import camera, camera_notice

CAMERA: Final = (camera_notice.c.node, camera_notice.c.device)


def confirm_notice(connection: Connection, key: CameraKey, account_id: int, photo: Photo, now: int) -> None:
    """Somebody saw the notice hang, and this is its photo (Law 91/2025/QH15, art. 32.2)."""
    row = registry.ensure(connection, key, now)
    digest = hashlib.sha256(photo.jpeg).hexdigest()
    last = notice(connection, key)
    if last is None or last["sha256"] != digest:  # the same photo shows nothing that was not seen before
        values = {"node": key.node, "device": key.device, "account": account_id, "at": now, "sha256": digest}
        connection.execute(sa.insert(camera_notice).values(**values, **photo._asdict()))
        registry.note(connection, key, account_id, CameraChange.NOTICE, {"sha256": digest}, now)
    if row["state"] == CameraState.DRAFT:
        # The decision is the commune's from here on: one that looks by the word of its node's file goes on looking.
        state = CameraState.ACTIVE if registry.may_look(row) else CameraState.CONFIRMED
        connection.execute(sa.update(camera).where(registry.of(key)).values(state=state.value, changed=now))


def activate(connection: Connection, key: CameraKey, account_id: int, now: int) -> None:
    """It may look from now on; Refused says what is missing."""
    row = registry.ensure(connection, key, now)
    if row["state"] == CameraState.ACTIVE:
        raise Refused("active_already")
    if notice(connection, key) is None:
        raise Refused("no_notice")
    if row["camera_class"] == CameraClass.HOUSEHOLD:
        given = consent.current(connection, key)
        if given is None:
            raise Refused("no_consent")
        if not given["neighbours_masked"]:
            raise Refused("neighbours_seen")
    registry.set_state(connection, key, account_id, CameraState.ACTIVE, None, now)


def pause(connection: Connection, key: CameraKey, account_id: int, reason: str, now: int) -> None:
    """It may not look any more, until somebody activates it again; Refused without a reason."""
    row = registry.ensure(connection, key, now)
    if not reason.strip():
        raise Refused("reason_needed")
    if not registry.may_look(row):
        raise Refused("not_active")
    registry.set_state(connection, key, account_id, CameraState.PAUSED, reason.strip(), now)


def notice(connection: Connection, key: CameraKey) -> dict[str, Any] | None:
    """The newest confirmation of the notice, without its picture."""
    return notices(connection, camera_notice.c.node == key.node, camera_notice.c.device == key.device).get(key)


def notices(connection: Connection, *which: sa.ColumnElement[bool]) -> dict[CameraKey, dict[str, Any]]:
    """The same of all cameras, or of those that are meant."""
    columns = [column for column in camera_notice.c if column.name != "jpeg"]
    newest = sa.select(sa.func.max(camera_notice.c.id)).where(*which).group_by(*CAMERA)
    chosen = sa.select(*columns).where(camera_notice.c.id.in_(newest))
    return {CameraKey(row["node"], row["device"]): dict(row) for row in connection.execute(chosen).mappings()}
