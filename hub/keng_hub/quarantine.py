"""What could not be taken is kept aside with its reason, once however often it comes, and never without bound."""

from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import quarantine
from keng_hub.upsert import insert

KEPT = 10_000
"""Rows; the longest unseen give way."""

KEPT_BYTES = 65_536
"""Of one payload."""


def put(connection: Connection, topic: str, reason: str, payload: bytes, now: int, identity: str | None = None) -> None:
    """Keep a payload aside; `identity` tells repetitions whose bytes differ (a message sent again) for the same."""
    digest = sha256(payload if identity is None else identity.encode()).hexdigest()
    statement = insert(connection, quarantine).values(
        topic=_text(topic, 200),
        reason=_text(reason, 1_000),
        digest=digest,
        payload=payload[:KEPT_BYTES],
        count=1,
        first_at=now,
        last_at=now,
    )
    again = {"count": quarantine.c.count + 1, "last_at": now}
    connection.execute(statement.on_conflict_do_update(index_elements=["topic", "digest"], set_=again))


def bound(connection: Connection, kept: int = KEPT) -> int:
    """Delete what exceeds `kept` rows, the longest unseen first; says how many."""
    surplus = connection.execute(sa.select(sa.func.count()).select_from(quarantine)).scalar_one() - kept
    if surplus <= 0:
        return 0
    oldest = sa.select(quarantine.c.id).order_by(quarantine.c.last_at, quarantine.c.id).limit(surplus)
    return connection.execute(sa.delete(quarantine).where(quarantine.c.id.in_(oldest))).rowcount


def _text(words: str, length: int) -> str:
    # PostgreSQL has no NUL in a text.
    return words.encode(errors="replace").decode().replace("\x00", "␀")[:length]
