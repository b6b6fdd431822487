"""Screens on a wall: accounts without a password, which see one page, let in by a code that is typed once.

A screen is an account of the role `screen`, so its sessions, its places and its end are those of every account.
"""

import secrets
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.accounts import LETTERS
from keng_hub.tables import account, place, screen_code, session
from keng_hub.web import sessions

ROLE: Final = "screen"
CODE_MS: Final = 10 * 60_000
NO_PASSWORD: Final = "-"  # noqa: S105
"""No hash of anything: nothing that is typed matches it."""


def add(connection: Connection, name: str, place_id: str | None, now: int) -> tuple[int, str]:
    """A screen that sees `place_id` and below (None: everything); gives its number and its code."""
    row = sa.insert(account).values(
        username=f"man-hinh-{secrets.token_hex(4)}",
        full_name=name,
        role=ROLE,
        place=place_id,
        password=NO_PASSWORD,
        must_change=False,
        created=now,
    )
    number: int = connection.execute(row.returning(account.c.id)).scalar_one()
    return number, code_for(connection, number, now)


def code_for(connection: Connection, screen: int, now: int) -> str:
    """A new code (39 bits, ten minutes, once); an older one no longer works."""
    code = "".join(secrets.choice(LETTERS) for _ in range(8))
    connection.execute(
        sa.delete(screen_code).where(sa.or_(screen_code.c.account == screen, screen_code.c.expires < now))
    )
    values = {"digest": sessions.digest(code), "account": screen, "expires": now + CODE_MS}
    connection.execute(sa.insert(screen_code).values(**values))
    return code


def enter(connection: Connection, code: str, now: int) -> str | None:
    """Use up a code; gives the token of a session, or None when there is no such code (any more)."""
    typed = "".join(code.split()).replace("-", "").casefold()
    used = sa.delete(screen_code).where(screen_code.c.digest == sessions.digest(typed), screen_code.c.expires > now)
    screen = connection.execute(used.returning(screen_code.c.account)).scalar_one_or_none()
    if screen is None or connection.execute(sa.select(account.c.disabled).where(account.c.id == screen)).scalar_one():
        return None
    sessions.end_all(connection, screen)  # one screen, one session
    return sessions.begin(connection, screen, now, sessions.SCREEN_MS)


def end(connection: Connection, screen: int) -> None:
    """Let it see nothing any more; its line stays in the list of accounts."""
    connection.execute(sa.update(account).where(account.c.id == screen, account.c.role == ROLE).values(disabled=True))
    connection.execute(sa.delete(screen_code).where(screen_code.c.account == screen))
    sessions.end_all(connection, screen)


def listed(connection: Connection) -> list[dict[str, Any]]:
    """The screens that may see something, with the last time each was heard of."""
    used = sa.func.max(session.c.used).label("used")
    query = (
        sa.select(account.c.id, account.c.full_name, account.c.place, account.c.created, place.c.name, used)
        .outerjoin(session, session.c.account == account.c.id)
        .outerjoin(place, place.c.id == account.c.place)
        .where(account.c.role == ROLE, sa.not_(account.c.disabled))
        .group_by(account.c.id, account.c.full_name, account.c.place, account.c.created, place.c.name)
        .order_by(account.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
