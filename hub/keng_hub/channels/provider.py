"""HTTP to one provider: bounded answers, no redirects, and no error that holds an address, for some hold a token."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import aiohttp
from pydantic import Field
from yarl import URL

from keng_hub.channels import documents
from keng_hub.channels.allowed_hosts import AllowedHosts, NotAllowed
from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.channels.documents import Document
from keng_hub.sections import is_loopback

ANSWER_LIMIT = 64 * 1024
"""Bytes that are read of an answer."""

ApiAddress = Annotated[str, Field(pattern=r"^https?://[^/\s@]+$")]
"""Scheme and host of a provider; plain http only on this machine, which is seen when it is called."""
Timeout = Annotated[float, Field(gt=0, le=18)]
"""Seconds; below the longest time that the ledger gives to one try."""


class Answer(NamedTuple):
    """What a provider said."""

    status: int
    body: bytes
    retry_after: str = ""
    """As it stands in the header: seconds, or a date (RFC 9110, 10.2.3)."""

    @property
    def retry_after_ms(self) -> int | None:
        """The seconds in it; None when there are none."""
        seconds = self.retry_after
        return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 6 else None

    @property
    def document(self) -> Document | None:
        """The JSON object in it."""
        return documents.read(self.body)


class NoAnswer(Exception):
    """There was none; `outcome` is what that makes of a try."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error_code)
        self.outcome = outcome


def hosts_of(*addresses: str) -> AllowedHosts:
    """Just the hosts of these addresses; one on this machine may be called there."""
    hosts = [URL(address).host or "" for address in addresses]
    return AllowedHosts(hosts, [host for host in hosts if is_loopback(host)])


class Provider:
    """The connections to a provider, made on first use because they belong to the running event loop."""

    def __init__(
        self, hosts: AllowedHosts, timeout_s: float, ca_file: Path | None = None, limit: int = ANSWER_LIMIT
    ) -> None:
        self._hosts, self._timeout_s, self._ca_file, self._limit = hosts, timeout_s, ca_file, limit
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        **body: Any,
    ) -> Answer:
        """Ask once; `body` is one of aiohttp's `json`, `data`, `params`. NoAnswer when nothing came back."""
        timeout = aiohttp.ClientTimeout(total=timeout_s or self._timeout_s)
        try:
            url = self._hosts.checked(address)
            async with self._open().request(
                method, url, headers=headers, timeout=timeout, allow_redirects=False, **body
            ) as response:
                return await _read(response, self._limit)
        except NotAllowed as error:
            outcome = Outcome.refused(ErrorClass.PARAMS, error.code)
        except aiohttp.ClientConnectorCertificateError:
            outcome = Outcome.refused(ErrorClass.PERMISSION, "certificate")
        except aiohttp.ClientConnectorError as error:
            outcome = _not_connected(error)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Cut off or silent: the other side may have done what it was asked for.
            outcome = Outcome.refused(ErrorClass.TRANSIENT, type(error).__name__, uncertain=True)
        raise NoAnswer(outcome) from None  # what aiohttp raised may hold the address

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=self._hosts.connector(self._ca_file), trust_env=False)
        return self._session


async def _read(response: aiohttp.ClientResponse, limit: int) -> Answer:
    body = bytearray()
    async for chunk in response.content.iter_chunked(8192):
        body += chunk
        if len(body) > limit:
            break  # cut short it is no document, and counts as unreadable
    return Answer(response.status, bytes(body), response.headers.get("Retry-After", ""))


def _not_connected(error: aiohttp.ClientConnectorError) -> Outcome:
    """Nothing was handed over. aiohttp wraps what our resolver raises: a refused address is a setting to correct."""
    if isinstance(error.__cause__, NotAllowed):
        return Outcome.refused(ErrorClass.PARAMS, error.__cause__.code)
    return Outcome.refused(ErrorClass.TRANSIENT, type(error.os_error).__name__)


def http_outcome(answer: Answer) -> Outcome | None:
    """What the HTTP status alone says: nothing as long as it is one under which a provider explains itself."""
    code = str(answer.status)
    if answer.status == 429:
        return Outcome.refused(ErrorClass.TRANSIENT, code, retry_after_ms=answer.retry_after_ms)
    if answer.status == 408 or answer.status >= 500:
        # A gateway in front may have passed it on before it gave up.
        return Outcome.refused(ErrorClass.TRANSIENT, code, uncertain=True, retry_after_ms=answer.retry_after_ms)
    return None


UNREADABLE = Outcome.refused(ErrorClass.TRANSIENT, "unreadable", uncertain=True)
"""An answer that is no answer: the message may have been taken all the same."""
