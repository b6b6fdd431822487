"""The chain itself: a row more, and whether all rows still follow from each other (ASVS V16.4.2)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.audit.outcomes import AuditOutcome
from keng_hub.tables import audit_entry

BEGIN = "0" * 64
_LOCK = 0x6B656E67_03
"""Key of the PostgreSQL lock that keeps rows in the order of commits; any constant no one else uses."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `account` is None for the command line and for a login; `act` holds no secret and no form field."""

    name: str
    act: str
    outcome: AuditOutcome
    account: int | None = None
    role: str | None = None
    source: str | None = None
    """The address that asked."""
    of: int | None = None
    """The row that asked, on the row that says what became of it."""


class Verdict(NamedTuple):
    """What checking found: how many rows, the first and last of them, the hash of the last, and the first wrong one."""

    rows: int
    first: int | None
    last: int | None
    head: str
    broken: int | None
    passed: bool
    """Whether the hash that was asked for stands in the chain; True when none was."""


def write(connection: Connection, entry: Entry, now: int) -> int:
    """Add a row; gives its number."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = sa.select(audit_entry.c.hash).order_by(audit_entry.c.id.desc()).limit(1)
    previous = connection.execute(last).scalar_one_or_none() or BEGIN
    facts = {
        "at": now,
        "account": entry.account,
        "name": entry.name[:60],
        "role": entry.role,
        "source": entry.source,
        "act": entry.act[:300],
        "outcome": entry.outcome.value,
        "of": entry.of,
    }
    row = sa.insert(audit_entry).values(**facts, previous=previous, hash=_link(previous, facts))
    number: int = connection.execute(row.returning(audit_entry.c.id)).scalar_one()
    return number


def verify(connection: Connection, head: str | None = None) -> Verdict:
    """Follow the chain from its first row; `head` is a hash noted earlier, which must still be in it.

    Old rows go when their time is over, so the first one is believed in what it says of the one before it.
    """
    rows, first, last, previous, passed = 0, None, None, None, head is None
    for row in connection.execute(sa.select(audit_entry).order_by(audit_entry.c.id)).mappings():
        facts = {key: value for key, value in row.items() if key not in ("id", "previous", "hash")}
        if previous not in (None, row["previous"]) or _link(row["previous"], facts) != row["hash"]:
            return Verdict(rows, first, last, previous or BEGIN, int(row["id"]), passed)
        rows, first, last, previous = rows + 1, first or int(row["id"]), int(row["id"]), row["hash"]
        passed = passed or previous == head
    return Verdict(rows, first, last, previous or BEGIN, None, passed)


def _link(previous: str, facts: dict[str, Any]) -> str:
    return hashlib.sha256((previous + json.dumps(facts, sort_keys=True)).encode()).hexdigest()
