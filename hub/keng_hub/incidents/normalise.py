"""First stage: put a finding into the village's terms: its place as named now, how late, real or simulated."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.lateness import LATE_AFTER_MS
from keng_hub.incidents.case import HUB, Case
from keng_hub.tables import device, node, place

_DEPTH = 12
"""No real tree is deeper; a circle made by hand must not hang an alarm."""


def normalise(connection: Connection, case: Case) -> None:
    """Find the place (the alarm's own, else the device's, else the node's), its words, and what the register knows."""
    finding = case.finding
    known = connection.execute(
        sa.select(device.c.place, device.c.simulated).where(
            device.c.node == finding.node, device.c.id == finding.device
        )
    ).one_or_none()
    box = connection.execute(sa.select(node.c.place, node.c.name).where(node.c.id == finding.node)).one_or_none()
    case.place = finding.place or (known.place if known else None) or (box.place if box else None)
    case.simulated = bool(known and known.simulated)
    names = [name for _, name in path(connection, case.place)]
    fallback = box.name if box else "Máy chủ xã" if finding.node == HUB else finding.node
    case.place_words = ", ".join(names)[:400] or fallback
    lateness = finding.received - finding.happened
    case.late = lateness if lateness > LATE_AFTER_MS else None


def path(connection: Connection, place_id: str | None) -> list[tuple[str, str]]:
    """The place and all that it lies in, innermost first, as (id, name of today); empty when it is not in the tree."""
    found: list[tuple[str, str]] = []
    while place_id is not None and len(found) < _DEPTH:
        row = connection.execute(
            sa.select(place.c.id, place.c.name, place.c.parent).where(place.c.id == place_id)
        ).one_or_none()
        if row is None:
            break
        found.append((row.id, row.name))
        place_id = row.parent
    return found
