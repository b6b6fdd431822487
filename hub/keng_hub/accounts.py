"""Accounts of the people at the commune: how one is made and what its first password is."""

import secrets
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.errors import HubError
from keng_hub.tables import account, place
from keng_hub.web.passwords import HASHER

ROLES: Final = (
    "duty",
    "commune_lead",
    "police",
    "village_head",
    "group_head",
    "security_team",
    "culture",
    "technician",
    "observer",
    "dpo",
    "security_officer",
    "supporter",
    "resident",
)
"""Role names; what each may do stands in `web.permissions`."""

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter or digit that can be taken for another one when it is read out or copied from paper."""


class CannotCreate(HubError):
    """The account cannot be made as asked; the text says why."""


def create(
    connection: Connection, username: str, full_name: str, role: str, now: int, place_id: str | None = None
) -> str:
    """Make an account and give its one-time password, which is nowhere else and must be changed at the first login.

    CannotCreate when the name is taken, or role or place do not exist.
    """
    if role not in ROLES:
        raise CannotCreate(f"không có vai trò {role!r} (no such role; roles: {', '.join(ROLES)})")
    if place_id is not None and not connection.scalar(sa.select(sa.exists().where(place.c.id == place_id))):
        raise CannotCreate(f"không có nơi {place_id!r} (no such place; see [[places]] in hub.toml)")
    if connection.scalar(sa.select(sa.exists().where(account.c.username == username))):
        raise CannotCreate(f"tài khoản {username!r} đã có (the account exists already)")
    password = one_time_password()
    connection.execute(
        account.insert().values(
            username=username,
            full_name=full_name,
            role=role,
            place=place_id,
            password=HASHER.hash(password),
            must_change=True,
            created=now,
        )
    )
    return password


def one_time_password() -> str:
    """Sixteen letters and digits in four groups: 79 bits, short enough to be copied from paper."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
