"""Slows down guessing of passwords, per account and source together, so that nobody can lock the duty officer out.

After FREE failures within WINDOW a further try from the same source on the same name has to wait PAUSE since the last
one; a try from another source does not. Each try is written down before the password is looked at, so a hundred at
once count as a hundred (ASVS V6.1.1, V6.3.1).
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import login_attempt

FREE = 5
WINDOW_MS = 15 * 60_000
PAUSE_MS = 60_000


def begin(connection: Connection, username: str, source: str, now: int) -> tuple[int | None, int]:
    """Note a try: its id, or None and the ms to wait when there were too many. A refused try prolongs nothing."""
    last_success = (
        sa.select(sa.func.coalesce(sa.func.max(login_attempt.c.at), 0))
        .where(login_attempt.c.username == username, login_attempt.c.source == source, login_attempt.c.ok)
        .scalar_subquery()
    )
    query = sa.select(sa.func.count(), sa.func.max(login_attempt.c.at)).where(
        login_attempt.c.username == username,
        login_attempt.c.source == source,
        login_attempt.c.at > now - WINDOW_MS,
        login_attempt.c.at > last_success,
        sa.not_(login_attempt.c.ok),
    )
    failures, last = connection.execute(query).one()
    if failures >= FREE and now < last + PAUSE_MS:
        return None, last + PAUSE_MS - now
    made = sa.insert(login_attempt).values(username=username, source=source, at=now, ok=False)
    return connection.execute(made.returning(login_attempt.c.id)).scalar_one(), 0


def succeeded(connection: Connection, attempt: int) -> None:
    """The noted try was right."""
    connection.execute(sa.update(login_attempt).where(login_attempt.c.id == attempt).values(ok=True))
