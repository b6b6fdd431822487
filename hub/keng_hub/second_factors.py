"""The second factor: six digits of a telephone's authenticator (RFC 6238), or a code from paper, each used once.

The secrets are encrypted with a key in a file beside the database, so a copy of the database alone logs nobody in.
"""

import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final

import pyotp
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from pyotp.totp import TOTP
from sqlalchemy.engine import Connection

from keng_hub.accounts import LETTERS
from keng_hub.tables import account, recovery_code, second_factor
from keng_hub.upsert import insert
from keng_hub.web.sessions import digest

STEP_S: Final = 30
AROUND: Final = 1
"""A code of the step before or after is taken too: telephones are some seconds off."""
PAPER: Final = 8
"""Codes on paper, each of 12 letters (59 bits)."""


class Seal:
    """The key of the secrets, in a file of its own (mode 0600), made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self, secret: str) -> str:
        """Encrypt."""
        return Fernet(self._key()).encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """Decrypt; None when the key is another one than it was."""
        try:
            return Fernet(self._key()).decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def _key(self) -> bytes:
        if not self._path.exists():
            try:
                with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(urlsafe_b64encode(secrets.token_bytes(32)))
            except FileExistsError:
                pass  # another hub on the same folder was quicker
        return self._path.read_bytes()


def begin(connection: Connection, seal: Seal, account_id: int, now: int, *, again: bool = False) -> str:
    """Make a secret to be shown; an account that has a confirmed one keeps it until the new one is confirmed: ''.

    `again`: the one that was shown last, because the telephone knows it already and only the digits were wrong.
    """
    if has(connection, account_id):
        return ""
    known = sa.select(second_factor.c.sealed).where(second_factor.c.account == account_id)
    sealed = connection.execute(known).scalar_one_or_none() if again else None
    if sealed is not None and (there := seal.open(sealed)):
        return there
    secret = pyotp.random_base32()
    values = {"sealed": seal.close(secret), "step": 0, "made": now, "confirmed": None}
    row = insert(connection, second_factor).values(account=account_id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["account"], set_=values))
    return secret


def confirm(connection: Connection, seal: Seal, account_id: int, typed: str, now: int) -> list[str]:
    """The right digits: from now on they are asked for. Gives the codes for paper; [] when they are wrong."""
    if has(connection, account_id) or not _digits_are_right(connection, seal, account_id, typed, now):
        return []
    mine = second_factor.c.account == account_id
    connection.execute(sa.update(second_factor).where(mine).values(confirmed=now))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(12)) for _ in range(PAPER)]
    connection.execute(sa.delete(recovery_code).where(recovery_code.c.account == account_id))
    connection.execute(sa.insert(recovery_code), [{"digest": digest(code), "account": account_id} for code in codes])
    return codes


def check(connection: Connection, seal: Seal, account_id: int, typed: str, now: int) -> bool:
    """Whether these are the digits of now, or a code from paper; either is used up by that."""
    if not has(connection, account_id):
        return False
    if _digits_are_right(connection, seal, account_id, typed, now):
        return True
    code = typed.replace("-", "").replace(" ", "").casefold()
    used = sa.delete(recovery_code).where(recovery_code.c.digest == digest(code), recovery_code.c.account == account_id)
    return connection.execute(used).rowcount == 1


def has(connection: Connection, account_id: int) -> bool:
    """Whether the account has a confirmed second factor."""
    query = sa.select(second_factor.c.confirmed).where(second_factor.c.account == account_id)
    return connection.execute(query).scalar_one_or_none() is not None


def forget(connection: Connection, username: str) -> bool:
    """The telephone is lost: the account has to set up another one. False when there is no such account."""
    found = connection.execute(sa.select(account.c.id).where(account.c.username == username)).scalar_one_or_none()
    if found is None:
        return False
    connection.execute(sa.delete(second_factor).where(second_factor.c.account == found))
    connection.execute(sa.delete(recovery_code).where(recovery_code.c.account == found))
    return True


def _digits_are_right(connection: Connection, seal: Seal, account_id: int, typed: str, now: int) -> bool:
    row = connection.execute(
        sa.select(second_factor).where(second_factor.c.account == account_id).with_for_update()
    ).one_or_none()
    secret = None if row is None else seal.open(row.sealed)
    digits = typed.replace(" ", "")
    if row is None or secret is None or not (digits.isascii() and digits.isdigit()):
        return False
    present = now // 1000 // STEP_S
    totp = TOTP(secret)
    for step in range(present - AROUND, present + AROUND + 1):
        if step > row.step and secrets.compare_digest(totp.at(step * STEP_S), digits):
            mine = sa.and_(second_factor.c.account == account_id, second_factor.c.step == row.step)
            return connection.execute(sa.update(second_factor).where(mine).values(step=step)).rowcount == 1
    return False
