"""An Official Account's two tokens: sealed in the database, renewed by one at a time, durable before they are used.

The refresh token lives three months and counts once; who loses the answer to its use loses the account until an
administrator authorises again (OAuth v4, docs.zaloplatforms.com).
"""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Connection

from keng_hub.channels import documents, lease
from keng_hub.channels.channel import ErrorClass, Office, Outcome
from keng_hub.channels.provider import Answer, NoAnswer, Provider
from keng_hub.channels.zalo.oa_errors import error_code
from keng_hub.passing import is_passing
from keng_hub.tables import zalo_account
from keng_hub.upsert import insert

RENEW_BEFORE_MS = 6 * 3_600_000
"""So long before its end the access token is renewed."""
ELSEWHERE = "renewed elsewhere"
"""The error code while another process is at it: soon there is a token."""
_LEASE_MS = 60_000
_LEASE = "zalo_oa.renew"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tokens and the end of the first, UTC ms; they are never printed."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: int

    @classmethod
    def of(cls, answer: Answer, now: int) -> Self | None:
        """What the token endpoint gave; None when it gave none. `expires_in` is a text with seconds."""
        document = answer.document
        access, refresh = (documents.at(document, name) for name in ("access_token", "refresh_token"))
        if not (isinstance(access, str) and isinstance(refresh, str) and access and refresh):
            return None
        given = documents.word(document, "expires_in") or ""
        seconds = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 3600
        return cls(access, refresh, now + seconds * 1000)


@dataclass(frozen=True, slots=True)
class App:
    """The application that speaks for the account."""

    id: str
    secret: str = field(repr=False)
    oauth: str

    @property
    def _key(self) -> Fernet:
        derived = HKDF(SHA256(), 32, None, b"keng zalo tokens").derive(self.secret.encode())
        return Fernet(urlsafe_b64encode(derived))

    def seal(self, pair: Pair) -> str:
        """Both tokens as text that is nothing without the app's secret: a copy of the database sends no message."""
        return self._key.encrypt(json.dumps([pair.access, pair.refresh]).encode()).decode()

    def unseal(self, sealed: str, expires: int) -> Pair | None:
        """The pair again; None when it was sealed under another secret."""
        try:
            access, refresh = json.loads(self._key.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            return None
        return Pair(access, refresh, expires)


class NoToken(Exception):
    """No access token can be had; `outcome` is what that makes of a try."""

    def __init__(self, error_class: ErrorClass, code: str) -> None:
        super().__init__(code)
        self.outcome = Outcome.refused(error_class, code)


class Tokens:
    """Gives the access token, and renews the pair."""

    def __init__(self, app: App, provider: Provider, office: Office, holder: str) -> None:
        self._app, self._provider, self._office, self._holder = app, provider, office, holder
        self._renewal: asyncio.Task[Pair] | None = None

    async def access(self) -> str:
        """The access token; one that ended is renewed first. NoToken when that cannot be done."""
        pair = await self._read()
        if pair.expires <= self._office.clock():
            pair = await self.renew(pair.access)
        return pair.access

    async def keep(self) -> None:
        """Renew the pair when its end is near."""
        pair = await self._read()
        if pair.expires - self._office.clock() < RENEW_BEFORE_MS:
            await self.renew(pair.access)

    async def renew(self, used: str | None = None) -> Pair:
        """A new pair, or that which somebody else got since `used` was read.

        It goes on when the caller gives up: an answer that nobody writes down would be lost for good.
        """
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(used), name="zalo_oa.renew")
            self._renewal.add_done_callback(_seen)
        return await asyncio.shield(self._renewal)

    async def close(self) -> None:
        """Let a renewal under way end."""
        if self._renewal:
            await asyncio.wait([self._renewal], timeout=15)

    async def _renew(self, used: str | None) -> Pair:
        database, clock = self._office.database, self._office.clock
        if not await database.write(lease.take, _LEASE, self._holder, clock(), _LEASE_MS):
            raise NoToken(ErrorClass.TRANSIENT, ELSEWHERE)
        try:
            pair = await self._read()  # under the lease: nobody else renews it now
            if used is not None and pair.access != used:
                return pair
            return await self._exchange(pair)
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        try:
            await self._office.database.write(lease.give_back, _LEASE, self._holder)
        except Exception as error:
            if not is_passing(error):
                raise  # else it ends by itself

    async def _exchange(self, pair: Pair) -> Pair:
        fields = {"grant_type": "refresh_token", "refresh_token": pair.refresh, "app_id": self._app.id}
        try:
            new = await exchange(self._app, self._provider, fields, self._office.clock())
        except NoToken:
            late = await self._read()
            if late.access != pair.access:
                return late  # a slow other process had the turn before us
            raise
        while True:
            try:
                await self._office.database.write_urgently(store, self._app, new, self._office.clock())
                return new
            except Exception as error:
                if not is_passing(error):
                    raise
            await asyncio.sleep(0.2)  # the old pair is used up: this one must not be lost

    async def _read(self) -> Pair:
        pair = await self._office.database.read(find, self._app)
        if pair is None:
            raise NoToken(ErrorClass.PERMISSION, "not authorised")
        return pair


def _seen(task: asyncio.Task[Pair]) -> None:
    """Whoever waited may be gone; the next one meets the same error."""
    if not task.cancelled():
        task.exception()


async def exchange(app: App, provider: Provider, fields: Mapping[str, str], now: int) -> Pair:
    """Ask the token endpoint once; NoToken with what it said, or that it said nothing."""
    try:
        answer = await provider.call(
            "POST", f"{app.oauth}/v4/oa/access_token", data=dict(fields), headers={"secret_key": app.secret}
        )
    except NoAnswer as error:
        raise NoToken(ErrorClass.TRANSIENT, f"oauth {error.outcome.error_code}") from None
    pair = Pair.of(answer, now)
    if pair is not None:
        return pair
    code = error_code(answer)
    kind = ErrorClass.TRANSIENT if code is None else ErrorClass.PERMISSION
    raise NoToken(kind, f"oauth {answer.status if code is None else code}")


def find(connection: Connection, app: App) -> Pair | None:
    """The pair in the database; None when nobody has authorised, or under another secret."""
    query = sa.select(zalo_account.c.sealed, zalo_account.c.expires).where(zalo_account.c.app_id == app.id)
    row = connection.execute(query).one_or_none()
    return None if row is None else app.unseal(row.sealed, row.expires)


def store(connection: Connection, app: App, pair: Pair, now: int) -> None:
    """Put the pair in the place of the old one."""
    values = {"sealed": app.seal(pair), "expires": pair.expires, "renewed": now}
    row = insert(connection, zalo_account).values(app_id=app.id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["app_id"], set_=values))
