"""The register of days dead: since when a device tells nothing that counts, why, who sees to it, what it costs.

A device is dead while nobody can rely on it: it or its node is silent, faulty, was tampered with, or is unknown.
Each stretch is a row that opens and closes by itself; cause, owner and cost are a person's word, with name and time.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import upsert
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import account, dead_note, dead_stretch, device, node, node_event, place

EVERY_S: Final = 60
COUNTS_MS: Final = 3_600_000
"""Shorter stretches are a restart or a cable being moved; they stand in no list."""


class Finding(StrEnum):
    """What the hub itself sees, the plainest first."""

    NODE_SILENT = "node_silent"
    COMMS_LOST = "comms_lost"
    FAULT = "fault"
    TAMPER = "tamper"
    UNKNOWN = "unknown"


class Note(NamedTuple):
    """A person's word about a stretch; `cost` is in đồng."""

    cause: str | None
    owner: str | None
    cost: int | None


def finding(row: Mapping[str, Any]) -> Finding | None:
    """Why a device's row, joined with its node's `online`, counts as dead; None while it can be relied on."""
    marks = set(row["marks"])
    holds = {
        Finding.NODE_SILENT: not row["online"],
        Finding.COMMS_LOST: "comms_lost" in marks,
        Finding.FAULT: "fault" in marks,
        Finding.TAMPER: "tamper" in marks,
        Finding.UNKNOWN: row["condition"] == "unknown",
    }
    return next((one for one, true in holds.items() if true), None)


def look(connection: Connection, now: int) -> int:
    """Open a stretch for each device that died and close those of the ones that live; gives how many changed."""
    chosen = sa.select(device, node.c.online, node.c.seen.label("node_seen")).join(node, node.c.id == device.c.node)
    rows = [dict(row) for row in connection.execute(chosen.where(~device.c.removed)).mappings()]
    found = {(row["node"], row["id"]): (row, finding(row)) for row in rows}
    still_open = connection.execute(sa.select(dead_stretch).where(dead_stretch.c.ended.is_(None))).mappings()
    running = {(row["node"], row["device"]): row["id"] for row in still_open}
    changed = 0
    for key, (row, why) in found.items():
        if why is not None and key not in running:
            changed += _open(connection, row, why, now)
        elif why is None and key in running:
            changed += _close(connection, running[key], row["changed"], now)
    for key in running.keys() - found.keys():  # taken out of the village
        changed += _close(connection, running[key], None, now)
    return changed


def _open(connection: Connection, row: Mapping[str, Any], why: Finding, now: int) -> int:
    since = row["node_seen"] if why is Finding.NODE_SILENT else row["changed"]
    values = {
        "node": row["node"],
        "device": row["id"],
        "begun": min(now, now if since is None else since),
        "finding": why.value,
        "detail": _detail(connection, row["node"], row["id"]) if why is not Finding.NODE_SILENT else None,
    }
    # Two hubs on one database may both see it; the second one's row is the same.
    fresh = upsert.insert(connection, dead_stretch).values(**values).on_conflict_do_nothing()
    return connection.execute(fresh).rowcount


def _detail(connection: Connection, node_id: str, device_id: str) -> str | None:
    """The device's last word about itself."""
    chosen = sa.select(node_event.c.body).where(
        node_event.c.node == node_id, node_event.c.device == device_id, node_event.c.kind == "device"
    )
    body = connection.execute(chosen.order_by(node_event.c.at.desc(), node_event.c.id.desc()).limit(1)).scalar()
    return body.get("detail") if body else None


def _close(connection: Connection, stretch: int, changed: int | None, now: int) -> int:
    ended = sa.case((dead_stretch.c.begun > (changed or now), now), else_=changed or now)
    where = (dead_stretch.c.id == stretch, dead_stretch.c.ended.is_(None))
    return connection.execute(sa.update(dead_stretch).where(*where).values(ended=ended)).rowcount


def stretches(
    connection: Connection, condition: "sa.ColumnElement[bool]", start: int, end: int, now: int
) -> "list[dict[str, Any]]":
    """What was dead for an hour or more within [start, end), UTC ms, longest first, each with its newest note.

    `condition` is on `device` joined with `node`; `dead` and `total` are ms, within the range and in all.
    """
    newest = sa.select(sa.func.max(dead_note.c.id).label("id"), dead_note.c.stretch).group_by(dead_note.c.stretch)
    last = newest.subquery("last")
    same = sa.and_(device.c.node == dead_stretch.c.node, device.c.id == dead_stretch.c.device)
    chosen = (
        sa.select(
            dead_stretch,
            device.c.name,
            device.c.kind,
            device.c.simulated,
            place.c.name.label("place_name"),
            dead_note.c.cause,
            dead_note.c.owner,
            dead_note.c.cost,
            dead_note.c.at.label("noted"),
            account.c.full_name.label("who"),
        )
        .select_from(
            dead_stretch.join(device, same)
            .join(node, node.c.id == device.c.node)
            .outerjoin(place, place.c.id == device.c.place)
            .outerjoin(last, last.c.stretch == dead_stretch.c.id)
            .outerjoin(dead_note, dead_note.c.id == last.c.id)
            .outerjoin(account, account.c.id == dead_note.c.account)
        )
        .where(condition, dead_stretch.c.begun < end)
        .where(sa.or_(dead_stretch.c.ended.is_(None), dead_stretch.c.ended > start))
    )
    found = [dict(row) for row in connection.execute(chosen).mappings()]
    for one in found:
        stop = now if one["ended"] is None else one["ended"]
        one["total"] = max(0, stop - one["begun"])
        one["dead"] = max(0, min(stop, end, now) - max(one["begun"], start))
    counted = [one for one in found if one["total"] >= COUNTS_MS and one["dead"] > 0]
    return sorted(counted, key=lambda one: (one["ended"] is not None, -one["total"], one["id"]))


def note(connection: Connection, stretch: int, account_id: int, words: Note, now: int) -> None:
    """Write down what a person says; what was said before stays in the register."""
    values: dict[str, Any] = {"stretch": stretch, "account": account_id, **words._asdict()}
    newest = sa.select(dead_note).where(dead_note.c.stretch == stretch).order_by(dead_note.c.id.desc()).limit(1)
    last = connection.execute(newest).mappings().one_or_none()
    if last is None or values != {name: last[name] for name in values}:  # else the same form came again
        connection.execute(sa.insert(dead_note).values(**values, at=now))


class DeadDays(Rounds):
    """Looks every minute; a minute late at first, so that the nodes have spoken after the hub's start."""

    area, every_s, first_s = "dead_days", EVERY_S, EVERY_S
    failing = "the register of days dead could not be kept, next try in a minute"
    well = "kept"

    def __init__(self, database: Database, clock: Clock = now_ms, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(sleep)
        self._database, self._clock = database, clock

    async def run_once(self) -> int:
        """Open and close stretches; gives how many changed."""
        return await self._database.write(look, self._clock())
