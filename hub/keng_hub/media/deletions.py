"""The proof of what was deleted: a line each, chained so that none can be changed or taken out alone."""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import media_deletion

BEGIN = "0" * 64


def note(connection: Connection, facts: dict[str, Any]) -> None:
    """Write a line; `facts` are all columns but `id` and `chain`."""
    last = sa.select(media_deletion.c.chain).order_by(media_deletion.c.id.desc()).limit(1)
    before = connection.execute(last).scalar_one_or_none() or BEGIN
    connection.execute(sa.insert(media_deletion).values(**facts, chain=_link(before, facts)))


def broken_at(connection: Connection) -> int | None:
    """The first line that does not follow from the one before; None when all do."""
    before = BEGIN
    for row in connection.execute(sa.select(media_deletion).order_by(media_deletion.c.id)).mappings():
        facts = {key: value for key, value in row.items() if key not in ("id", "chain")}
        if _link(before, facts) != row["chain"]:
            return int(row["id"])
        before = row["chain"]
    return None


def _link(before: str, facts: dict[str, Any]) -> str:
    return hashlib.sha256((before + json.dumps(facts, sort_keys=True)).encode()).hexdigest()
