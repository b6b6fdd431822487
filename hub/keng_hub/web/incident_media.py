"""The stills and clips of one incident, as its page shows them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.media import viewings
from keng_hub.media.states import MediaState
from keng_hub.tables import account as accounts
from keng_hub.tables import alarm, incident_hold
from keng_hub.tables import snapshot as snapshots
from keng_hub.web.cameras import opened
from keng_hub.web.permissions import Action, may
from keng_hub.web.sessions import Account
from keng_wire.event import MediaKind


def media_of(connection: Connection, account: Account, id_: int, now: int) -> "dict[str, Any]":
    """Stills before and after, clips, what is not there with the reason; the first sight until better stills came.

    Pictures of a camera in front of a house are `shut` until this account has said why it looks.
    """
    if not may(account, Action.SEE_SNAPSHOTS):
        return {"pictures": [], "stills": [], "clips": [], "awaited": [], "hold": None, "shut": []}
    of_house = opened.of_houses(connection)
    shut = {key for key in of_house if not opened.by(connection, account, CameraKey(*key), now)}
    rows = viewings.of_incident(connection, id_)
    hidden = {(row["node"], row["device"]) for row in rows if row["kind"] != MediaKind.CLIP} & shut
    rows = [row for row in rows if row["kind"] == MediaKind.CLIP or (row["node"], row["device"]) not in shut]
    stored = [row for row in rows if row["state"] == MediaState.STORED and row["kind"] != MediaKind.CLIP]
    clean = {(row["occurrence"], row["moment"]): row["id"] for row in stored if row["kind"] == MediaKind.STILL}
    boxed = {(row["occurrence"], row["moment"]) for row in stored if row["kind"] == MediaKind.BOXED}
    shown = [row for row in stored if row["kind"] == MediaKind.BOXED or (row["occurrence"], row["moment"]) not in boxed]
    stills = [
        row | {"clean": clean.get((row["occurrence"], row["moment"])) if row["kind"] == MediaKind.BOXED else None}
        for row in shown
    ]
    devices = {row["device"] for row in stills}
    first = _pictures(connection, id_)
    hidden |= {(one["node"], one["device"]) for one in first} & shut
    seen = [one for one in first if (one["node"], one["device"]) not in shut]
    return {
        "pictures": [one for one in seen if one["device"] not in devices],
        "shut": sorted(hidden),
        "stills": stills,
        "clips": [row for row in rows if row["kind"] == MediaKind.CLIP],
        "hold": _hold(connection, id_),
        "awaited": [row for row in rows if row["kind"] != MediaKind.CLIP and row["state"] != MediaState.STORED],
    }


def pictured() -> sa.ColumnElement[bool]:
    """The condition that joins a first sight with its alarm."""
    return sa.and_(snapshots.c.node == alarm.c.node, snapshots.c.occurrence == alarm.c.occurrence)


def _pictures(connection: Connection, id_: int) -> "list[dict[str, Any]]":
    columns = [snapshots.c[key] for key in ("id", "at", "width", "height", "node", "device")]
    chosen = sa.select(*columns).join(alarm, pictured()).where(alarm.c.incident == id_).order_by(snapshots.c.at)
    return [dict(row) for row in connection.execute(chosen.distinct()).mappings()]


def _hold(connection: Connection, id_: int) -> "dict[str, Any] | None":
    chosen = (
        sa.select(incident_hold, accounts.c.full_name.label("who"))
        .join(accounts, accounts.c.id == incident_hold.c.account)
        .where(incident_hold.c.incident == id_, incident_hold.c.ended.is_(None))
        .limit(1)
    )
    row = connection.execute(chosen).mappings().one_or_none()
    return dict(row) if row is not None else None
