"""A camera as its pages show it: the device, its row in the register, and what is missing."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import activity, consent, registry
from keng_hub.cameras.facts import CameraFacts, Missing, missing
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraClass, CameraState
from keng_hub.tables import camera, device
from keng_hub.web import languages
from keng_hub.web.cameras import sight
from keng_hub.web.sessions import Account

EMPTY: dict[str, Any] = {
    "code": None,
    "camera_class": CameraClass.PUBLIC.value,
    "state": CameraState.DRAFT.value,
    "facts": {},
    "plan": None,
    "reported": None,
    "local_notice": False,
    "refused": None,
    "reported_at": None,
}
"""A camera of the inventory that nobody has written anything down about."""


def one(connection: Connection, account: Account, key: CameraKey, now: int) -> "dict[str, Any] | None":
    """A camera that this account may see, with its register."""
    rows = listed(connection, account, now, device.c.node == key.node, device.c.id == key.device)
    return rows[0] if rows else None


def listed(
    connection: Connection, account: Account, now: int, *which: "sa.ColumnElement[bool]"
) -> "list[dict[str, Any]]":
    """The cameras that this account may see, by place and name."""
    known = {(row["node"], row["device"]): dict(row) for row in connection.execute(sa.select(camera)).mappings()}
    notices, consents = activity.notices(connection), consent.all_current(connection)
    found: list[dict[str, Any]] = []
    for row in sight.cameras(connection, account, *which):
        key = CameraKey(row["node"], row["id"])
        registered = EMPTY | known.get(key, {})
        found.append(row | {"register": registered} | _judged(registered, notices.get(key), consents.get(key), now))
    return sorted(found, key=lambda row: (row["place_name"] or "", row["name"], row["id"]))


def _judged(
    registered: "dict[str, Any]", notice: "dict[str, Any] | None", given: "dict[str, Any] | None", now: int
) -> "dict[str, Any]":
    facts = CameraFacts.model_validate(registered["facts"])
    looks = registry.may_look(registered)
    lacking = [one.value for one in missing(facts, languages.local(now).date())]
    if notice is None:
        lacking.insert(0, Missing.PHOTO.value)
    if registered["camera_class"] == CameraClass.HOUSEHOLD and given is None:
        lacking.insert(0, Missing.CONSENT.value)
    state = "local" if looks and registered["state"] == CameraState.DRAFT else registered["state"]
    return {"record": facts, "looks": looks, "lacking": lacking, "notice": notice, "consent": given, "stands": state}
