"""Codes that open the page for joining: on the household's paper, or from a supporter; for one household each."""

import hashlib
import secrets
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.accounts import LETTERS
from keng_hub.people.states import CodeKind
from keng_hub.tables import household, joining_code

LENGTH: Final = 14
"""Letters and digits of a code: 69 bits."""
DAY_MS: Final = 86_400_000


def make(connection: Connection, household_id: int, kind: CodeKind, account_id: int | None, days: int, now: int) -> str:
    """A new code, which is nowhere else than in the answer; a household's earlier paper is void from now on."""
    if kind is CodeKind.HOUSEHOLD:
        revoke(connection, household_id, now, kind)
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    connection.execute(
        sa.insert(joining_code).values(
            digest=digest(code),
            household=household_id,
            kind=kind.value,
            account=account_id,
            made=now,
            expires=now + days * DAY_MS,
        )
    )
    return code


def find(connection: Connection, typed: str) -> sa.Row[Any] | None:
    """The code's row with label and place of its household; None when it never was one or was taken back.

    Whether it still opens anything is `good`'s to say.
    """
    query = (
        sa.select(joining_code, household.c.label, household.c.place)
        .join(household, household.c.id == joining_code.c.household)
        .where(joining_code.c.digest == digest(typed), joining_code.c.revoked.is_(None), household.c.ended.is_(None))
    )
    return connection.execute(query).one_or_none()


def good(row: sa.Row[Any], now: int) -> bool:
    """Whether somebody can still join by it; a paper that is too old still lets its household leave."""
    return bool(now < row.expires and row.used is None)


def revoke(connection: Connection, household_id: int, now: int, kind: CodeKind | None = None) -> int:
    """Make the household's codes void, all or those of one kind; says how many were not void before."""
    gone = sa.update(joining_code).where(joining_code.c.household == household_id, joining_code.c.revoked.is_(None))
    if kind is not None:
        gone = gone.where(joining_code.c.kind == kind.value)
    return connection.execute(gone.values(revoked=now)).rowcount


def spelt(code: str) -> str:
    """In groups, as it is printed and read out."""
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


def digest(typed: str) -> str:
    """What the database knows of a code; capitals, spaces and hyphens do not matter."""
    plain = "".join(letter for letter in typed.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
