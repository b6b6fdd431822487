"""What cameras are told to watch: drawn at the hub, kept with who and why, and wanted of each node."""

import json
from collections import defaultdict
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import registry
from keng_hub.cameras.errors import Refused
from keng_hub.cameras.masks import unmasks
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraChange
from keng_hub.tables import camera, device
from keng_wire.camera import CameraPlan

LARGEST: Final = 180_000
"""Bytes of all plans of a node: with the list of certificates they stay below the broker's packet limit."""

Plans = dict[str, dict[str, Any]]
"""Device id → plan, as JSON."""


def in_sight(row: dict[str, Any]) -> dict[str, Any]:
    """What a camera watches and when: as the hub wants it, else as its node last told."""
    shown: dict[str, Any] = {"areas": [], "lines": [], "masks": [], "day_hours": None, "market_days": []}
    sources: tuple[dict[str, Any], ...] = (row["reported"] or {}, row["plan"] or {})
    for source in sources:
        shown |= {name: source[name] for name in shown if name in source}
    return shown


def save(
    connection: Connection,
    key: CameraKey,
    account_id: int,
    plan: CameraPlan,
    reason: str,
    now: int,
    *,
    may_unmask: bool,
) -> None:
    """Want this of a camera from now on. Another mask needs a reason, and one that hides less needs `may_unmask`."""
    row = registry.ensure(connection, key, now)
    before = in_sight(row)
    new = plan.model_dump(mode="json", exclude_none=True, exclude={"active"})
    masks = plan.masks or []
    if row["plan"] == new:
        return  # the same form again
    if before["masks"] != new.get("masks", []):
        if not reason.strip():
            raise Refused("reason_needed")
        if not may_unmask and unmasks(before["masks"], masks):
            raise Refused("unmasking")
    connection.execute(sa.update(camera).where(registry.of(key)).values(plan=new, changed=now))
    if len(json.dumps(wanted(connection).get(key.node, {}))) > LARGEST:
        raise Refused("plan_large")
    data = {"before": before, "after": new, "reason": reason.strip() or None}
    registry.note(connection, key, account_id, CameraChange.PLAN, data, now)


def wanted(connection: Connection) -> dict[str, Plans]:
    """Node → what each of its cameras shall run with; only of nodes that have told of their cameras."""
    same = sa.and_(device.c.node == camera.c.node, device.c.id == camera.c.device)
    chosen = sa.select(camera).join(device, same).where(~device.c.removed, camera.c.reported.is_not(None))
    found: dict[str, Plans] = defaultdict(dict)
    for row in connection.execute(chosen.order_by(camera.c.node, camera.c.device)).mappings():
        found[row["node"]][row["device"]] = {"active": registry.may_look(dict(row))} | (row["plan"] or {})
    return dict(found)
