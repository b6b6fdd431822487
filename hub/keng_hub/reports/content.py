"""What a weekly report of the fire points says: how each stands, what it needs, and what was tested in the week."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.normalise import path
from keng_hub.incidents.wording import VIETNAM
from keng_hub.points.states import ProofState
from keng_hub.reports.need import of_point
from keng_hub.reports.week import Week
from keng_hub.tables import account, device, node, place, proof_test

Row = dict[str, Any]
VERSION: Final = 1
_SHOWN: Final = ("node", "id", "name", "kind", "simulated", "condition", "marks", "supervision", "interval", "seen")
_SHOWN_TOO: Final = ("certificate", "uncertified", "end_of_life", "proof")
_KNOWN: Final = device.c.place.in_(sa.select(place.c.id))
_ACTUAL: Final = sa.case((_KNOWN, device.c.place), else_=node.c.place).label("actual")
"""What stands at no known place stands where its node does."""


def gather(connection: Connection, week: Week, now: int) -> Row:
    """The content as of `now` (UTC ms), by village; names of people stand in it and are shown to whom they concern."""
    points = _points(connection, now)
    tests = _tests(connection, week)
    villages: dict[str | None, Row] = {}
    for point in points:
        key, name = village(connection, point["place"])
        villages.setdefault(key, {"place": key, "name": name, "points": []})["points"].append(point)
    for one in villages.values():
        one["points"].sort(key=_urgency)
    return {
        "version": VERSION,
        "code": week.code,
        "first": week.first,
        "last": week.last,
        "made": now,
        "villages": sorted(villages.values(), key=lambda one: (one["name"] is None, one["name"])),
        "tests": tests,
        "month_tests": _month_tests(connection, week, now),
    }


def written(content: Row) -> tuple[str, str]:
    """The content as it is kept, and the SHA-256 of that text in UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def counts(points: Iterable[Row]) -> Counter[str]:
    """Need → how many points have it; `points` counts all, `well` those without any."""
    found: Counter[str] = Counter()
    for point in points:
        found["points"] += 1
        found.update(point["needs"] or ["well"])
    return found


def next_of(points: Iterable[Row]) -> Row | None:
    """The point that a person tests next: of those that are proven the one whose proof is the oldest."""
    proven = [point for point in points if point["proof"] is not None and "unproven" not in point["needs"]]
    return min(proven, key=lambda point: (point["proof"]["at"], point["node"], point["id"]), default=None)


def village(connection: Connection, place_id: str | None) -> tuple[str | None, str | None]:
    """The village around a place; where there is none, what is innermost in the tree."""
    around = path(connection, place_id)
    kinds = dict(
        connection.execute(sa.select(place.c.id, place.c.kind).where(place.c.id.in_([key for key, _ in around]))).all()
    )
    inside = [one for one in around if kinds.get(one[0]) == "village"]
    return next(iter(inside or around), (None, None))


def _points(connection: Connection, now: int) -> list[Row]:
    chosen = (
        sa.select(device, node.c.online, _ACTUAL, node.c.name.label("node_name"))
        .join(node, node.c.id == device.c.node)
        .where(device.c.fingerprint.is_not(None), sa.not_(device.c.removed))
        .order_by(device.c.node, device.c.id)
    )
    return [_point(connection, dict(row), now) for row in connection.execute(chosen).mappings().all()]


def _point(connection: Connection, row: Row, now: int) -> Row:
    names = [name for _, name in path(connection, row["actual"])]
    disabled = next((one for one in row["details"] or () if one["mark"] == "disabled"), None)
    said: Row = {name: row[name] for name in (*_SHOWN, *_SHOWN_TOO)}
    return said | {
        "place": row["actual"],
        "place_name": names[0] if names else row["node_name"],
        "online": row["online"],
        "disabled": disabled,
        "needs": of_point(row, now),
    }


def _tests(connection: Connection, week: Week) -> list[Row]:
    """The proof tests that were confirmed in the week, and those that a person began and nobody confirmed."""
    at = sa.func.coalesce(proof_test.c.confirmed, proof_test.c.begun)
    chosen = (
        sa.select(proof_test, device.c.name, account.c.full_name, _ACTUAL)
        .select_from(
            proof_test.join(node, node.c.id == proof_test.c.node)
            .outerjoin(device, sa.and_(device.c.node == proof_test.c.node, device.c.id == proof_test.c.device))
            .outerjoin(account, account.c.id == proof_test.c.account)
        )
        .where(at >= week.first, at < week.last)
        .order_by(at, proof_test.c.id)
    )
    return [
        {
            "node": row.node,
            "id": row.device,
            "name": row.name or row.device,
            "place": row.actual,
            "at": row.confirmed or row.begun,
            "state": row.state,
            "method": row.method if row.state == ProofState.PROVEN.value else None,
            "by": row.full_name,
            "sounder_ms": row.sounder_ms,
            "hub_ms": row.hub_ms,
        }
        for row in connection.execute(chosen)
    ]


def _month_tests(connection: Connection, week: Week, now: int) -> int:
    """How many points a person has proven in the month in which the week ended."""
    end = datetime.fromtimestamp((week.last - 1) / 1000, VIETNAM)
    first = round(end.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    proven = proof_test.c.state == ProofState.PROVEN.value
    chosen = sa.select(sa.func.count()).where(proven, proof_test.c.confirmed >= first, proof_test.c.confirmed <= now)
    return connection.execute(chosen).scalar_one()


def _urgency(point: Row) -> tuple[bool, str, str]:
    return not point["needs"], point["place_name"], point["name"]
