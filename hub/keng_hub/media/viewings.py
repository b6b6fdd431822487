"""Viewings: who looked at what cameras see or took it away, when and why; each is a row before anything is shown."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.media.states import MediaState, ViewingKind
from keng_hub.tables import account, alarm, device, incident, media, media_viewing, node, place

LASTS_MS = 30 * 60_000
"""So long a viewing shows its clip; then a reason is asked for again."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a person says before a clip is shown; an export also says for whom and on what basis."""

    kind: ViewingKind
    reason: str
    requester: str | None = None
    document: str | None = None


def note(connection: Connection, media_id: int, incident_id: int, account_id: int, why: Why, now: int) -> int:
    """Write the viewing down; its id."""
    values = {"media": media_id, "incident": incident_id, "account": account_id, "at": now}
    said = {"kind": why.kind, "reason": why.reason, "requester": why.requester, "document": why.document}
    made = sa.insert(media_viewing).values(**values, **said).returning(media_viewing.c.id)
    key: int = connection.execute(made).scalar_one()
    return key


def find(connection: Connection, id_: int, account_id: int, now: int) -> dict[str, Any] | None:
    """A viewing of this account that still lasts, with its file while that is there."""
    columns = [media.c[name] for name in ("node", "device", "at", "duration", "width", "height", "sha256", "size")]
    chosen = (
        sa.select(*_own(), *columns[:2], columns[2].label("taken"), *columns[3:], media.c.file, media.c.state)
        .add_columns(incident.c.code, device.c.name.label("device_name"))
        .select_from(_joined())
        .where(media_viewing.c.id == id_, media_viewing.c.account == account_id, media_viewing.c.at > now - LASTS_MS)
        .where(media.c.state == MediaState.STORED)
    )
    row = connection.execute(chosen).mappings().one_or_none()
    return dict(row) if row is not None else None


def listed(connection: Connection, limit: int, *, before: int | None = None, of: int | None = None) -> list[Any]:
    """Viewings, newest first, before the one with id `before`, or of one incident."""
    chosen = (
        sa.select(*_own(), _camera("node"), _camera("device"), media.c.at.label("taken"), media.c.sha256)
        .add_columns(account.c.full_name.label("who"), account.c.role, incident.c.code, device.c.name.label("name"))
        .add_columns(place.c.name.label("place_name"))
        .select_from(_joined().join(account, account.c.id == media_viewing.c.account).outerjoin(place, _scope()))
        .order_by(media_viewing.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        chosen = chosen.where(media_viewing.c.id < before)
    if of is not None:
        chosen = chosen.where(media_viewing.c.incident == of)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def of_incident(connection: Connection, incident_id: int) -> list[dict[str, Any]]:
    """The stills and clips of an incident in the order they were taken, whatever became of them."""
    chosen = (
        sa.select(media)
        .where(sa.exists().where(_same(), alarm.c.incident == incident_id))
        .order_by(media.c.at, media.c.id)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def visible(connection: Connection, media_id: int, seen: "sa.ColumnElement[bool]") -> dict[str, Any] | None:
    """A stored file of an incident for which `seen` (a condition on incident and node) holds."""
    chosen = (
        sa.select(media, incident.c.id.label("incident"))
        .select_from(
            media.join(alarm, _same())
            .join(incident, incident.c.id == alarm.c.incident)
            .outerjoin(node, node.c.id == incident.c.node)
        )
        .where(media.c.id == media_id, media.c.state == MediaState.STORED, seen)
        .limit(1)
    )
    row = connection.execute(chosen).mappings().one_or_none()
    return dict(row) if row is not None else None


def _same() -> "sa.ColumnElement[bool]":
    return sa.and_(alarm.c.node == media.c.node, alarm.c.occurrence == media.c.occurrence)


def _scope() -> "sa.ColumnElement[bool]":
    return place.c.id == media_viewing.c.place


def _own() -> "list[sa.Column[Any]]":
    return [column for column in media_viewing.c if column.name not in ("node", "device")]


def _camera(name: str) -> "sa.Label[str]":
    """Of which camera: a clip's own, or the one that was seen live."""
    return sa.func.coalesce(media.c[name], media_viewing.c[name]).label(name)


def _joined() -> sa.FromClause:
    """A live view has no clip and no incident, and the wall has no single camera."""
    node_id = sa.func.coalesce(media.c.node, media_viewing.c.node)
    device_id = sa.func.coalesce(media.c.device, media_viewing.c.device)
    of_device = sa.and_(device.c.node == node_id, device.c.id == device_id)
    joined = media_viewing.outerjoin(media, media.c.id == media_viewing.c.media)
    return joined.outerjoin(incident, incident.c.id == media_viewing.c.incident).outerjoin(device, of_device)
