"""Sessions on the server's side: the cookie is random, the database knows its digest only (ASVS V7)."""

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import account as accounts
from keng_hub.tables import second_factor
from keng_hub.tables import session as sessions

MINUTE = 60_000
IDLE_MS = 12 * 60 * MINUTE
"""A session unused for a shift ends. An open page that shows alarms uses it."""
ABSOLUTE_MS = 7 * 24 * 60 * MINUTE
"""After a week everyone logs in again."""
SCREEN_MS = 400 * 24 * 60 * MINUTE
"""A screen on a wall has nobody who could; it is asked for a new code once a year."""


@dataclass(frozen=True)
class Account:
    """Who is logged in, and by which session."""

    id: int
    username: str
    full_name: str
    role: str
    place: str | None
    must_change: bool
    language: str
    session: str
    """The session's digest."""
    has_second: bool = False
    """Whether a second factor is set up; `second_given` whether this session got it."""
    second_given: bool = False
    acted: int = 0
    """When its person last did something, UTC ms."""
    locked: bool = False
    """Whether the password has to be given again before anything is done."""


def begin(connection: Connection, account: int, now: int, life_ms: int = ABSOLUTE_MS, second: int | None = None) -> str:
    """Make a session and return the token for the cookie; it is stored nowhere. Sessions long over are removed."""
    token = secrets.token_urlsafe(32)
    connection.execute(sa.delete(sessions).where(_over(now)))
    connection.execute(
        sa.insert(sessions).values(
            digest=digest(token), account=account, created=now, used=now, expires=now + life_ms, second=second
        )
    )
    return token


def find(connection: Connection, session: str, now: int) -> Account | None:
    """The account behind the session of this digest; None when it is over or the account is disabled."""
    query = (
        sa.select(accounts, sessions.c.created.label("begun"), sessions.c.second, sessions.c.acted, sessions.c.locked)
        .add_columns(second_factor.c.confirmed)
        .select_from(sessions.join(accounts).outerjoin(second_factor, second_factor.c.account == accounts.c.id))
        .where(sessions.c.digest == session, sa.not_(_over(now)), sa.not_(accounts.c.disabled))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Account(
        row.id,
        row.username,
        row.full_name,
        row.role,
        row.place,
        row.must_change,
        row.language,
        session=session,
        has_second=row.confirmed is not None,
        second_given=row.second is not None,
        acted=row.acted or row.begun,
        locked=row.locked is not None,
    )


def needs_touch(connection: Connection, session: str, now: int) -> bool:
    """Whether the last use was noted more than a minute ago: a write each request would be waste."""
    used = connection.execute(sa.select(sessions.c.used).where(sessions.c.digest == session)).scalar_one_or_none()
    return used is not None and used < now - MINUTE


def touch(connection: Connection, session: str, now: int) -> None:
    """Note that the session was used."""
    connection.execute(sa.update(sessions).where(sessions.c.digest == session).values(used=now))


def act(connection: Connection, session: str, now: int) -> None:
    """Note that its person did something; a locked session notes nothing."""
    mine = sa.and_(sessions.c.digest == session, sessions.c.locked.is_(None))
    connection.execute(sa.update(sessions).where(mine).values(acted=now))


def lock(connection: Connection, account: Account, now: int) -> bool:
    """Lock the session, unless it is locked or somebody acted in it since `account` was found."""
    since = sa.func.coalesce(sessions.c.acted, sessions.c.created) <= account.acted
    mine = sa.and_(sessions.c.digest == account.session, sessions.c.locked.is_(None), since)
    return connection.execute(sa.update(sessions).where(mine).values(locked=now)).rowcount == 1


def unlock(connection: Connection, session: str, now: int) -> None:
    """Open it again."""
    connection.execute(sa.update(sessions).where(sessions.c.digest == session).values(locked=None, acted=now))


def end(connection: Connection, session: str) -> None:
    """Log out."""
    connection.execute(sa.delete(sessions).where(sessions.c.digest == session))


def end_all(connection: Connection, account: int, but: str | None = None) -> int:
    """End every session of the account, save the one with the digest `but`; how many ended comes back."""
    statement = sa.delete(sessions).where(sessions.c.account == account, sessions.c.digest != (but or ""))
    return connection.execute(statement).rowcount


def digest(token: str) -> str:
    """What the database knows of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def _over(now: int) -> sa.ColumnElement[bool]:
    """What lives longer than a week is a screen's, and may be dark for a night."""
    long = sessions.c.expires - sessions.c.created > ABSOLUTE_MS
    return sa.or_(sessions.c.expires <= now, sa.and_(sessions.c.used <= now - IDLE_MS, sa.not_(long)))
