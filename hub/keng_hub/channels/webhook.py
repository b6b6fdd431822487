"""Signed JSON over HTTPS to the systems of city and partners; `docs/channels.md` is the contract they get."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

import aiohttp
from pydantic import Field

from keng_hub.channels.allowed_hosts import AllowedHosts, NotAllowed
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.settings import ChannelSection
from keng_hub.sections import ExistingFile, Host, SecretFile, secret

SCHEMA = "keng.webhook/1"
_ANSWER_LIMIT = 4096


class WebhookSettings(ChannelSection):
    """Who may be called, and the secret both sides share."""

    secret_file: SecretFile
    hosts: Annotated[list[Host], Field(min_length=1)]
    private_hosts: list[Host] = []
    ca_file: ExistingFile | None = None
    timeout_s: Annotated[float, Field(gt=0, le=20)] = 10.0


class Webhook:
    """Posts each message; a redirect is not followed, a private address is refused unless its host is listed."""

    Settings = WebhookSettings

    def __init__(self, settings: WebhookSettings, office: Office) -> None:
        self._secret = secret(settings.secret_file).encode()
        self._hosts = AllowedHosts(settings.hosts, settings.private_hosts)
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout_s)
        self._ca_file = settings.ca_file
        self._destinations = [
            *(Destination(host, where(settings.abroad), MESSAGE) for host in settings.hosts),
            *(Destination(host, Where.LOCAL, MESSAGE) for host in settings.private_hosts),
        ]
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Outgoing) -> Outcome:
        """Post once; 2xx is accepted, 4xx will not get better, 5xx and silence may."""
        body = json.dumps(_document(message), ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(message.sent // 1000)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message.key,
            "X-Keng-Timestamp": timestamp,
            "X-Keng-Signature": f"sha256={signature(self._secret, timestamp, body)}",
        }
        try:
            url = self._hosts.checked(message.address)
            async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as response:
                answer = await response.content.read(_ANSWER_LIMIT)
                return _outcome(response.status, response.headers.get("Retry-After"), answer, message.sent)
        except NotAllowed as error:
            return Outcome.refused(ErrorClass.PARAMS, error.code)
        except aiohttp.ClientConnectorCertificateError:
            return Outcome.refused(ErrorClass.PERMISSION, "certificate")
        except aiohttp.ClientConnectorError as error:
            # aiohttp wraps what our resolver raises; a refused address is a setting to correct, not an outage.
            if isinstance(error.__cause__, NotAllowed):
                return Outcome.refused(ErrorClass.PARAMS, error.__cause__.code)
            return Outcome.refused(ErrorClass.TRANSIENT, type(error.os_error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Outcome.refused(ErrorClass.TRANSIENT, type(error).__name__, uncertain=True)

    def hosts(self) -> list[Destination]:
        """The hosts of both lists; one that stands in both is local."""
        local = {one.host for one in self._destinations if one.where is Where.LOCAL}
        return [one for one in self._destinations if one.where is Where.LOCAL or one.host not in local]

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        # Made on first use, because it belongs to the running event loop.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._hosts.connector(self._ca_file), timeout=self._timeout, trust_env=False
            )
        return self._session


def signature(shared_secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `timestamp.body` as lower-case hex: what a receiver computes and compares in constant time."""
    return hmac.new(shared_secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _document(message: Outgoing) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "id": message.key,
        "type": message.kind,
        "incident": message.code,
        "sent": datetime.fromtimestamp(message.sent / 1000, UTC).isoformat(timespec="milliseconds"),
        "data": {
            "category": message.category,
            "short_code": message.short_code,
            "drill": message.drill,
            "text_vi": message.body_vi,
            "text_en": message.body_en,
            "link": message.link,
        },
    }


def _outcome(status: int, retry_after: str | None, answer: bytes, sent: int) -> Outcome:
    code = str(status)
    if 200 <= status < 300:
        return Outcome.accepted(_provider_id(answer))
    if status in (408, 425, 429) or status >= 500:
        return Outcome.refused(ErrorClass.TRANSIENT, code, retry_after_ms=_wait(retry_after, sent))
    if status in (401, 403):
        return Outcome.refused(ErrorClass.PERMISSION, code)
    if status in (404, 410):
        return Outcome.refused(ErrorClass.UNREACHABLE, code)
    return Outcome.refused(ErrorClass.PARAMS, code)


def _provider_id(answer: bytes) -> str | None:
    """The receiver's own `id`, when it gives one."""
    try:
        given: object = json.loads(answer)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return given[:200] if isinstance(given, str) else None


def _wait(retry_after: str | None, sent: int) -> int | None:
    """Retry-After in ms: seconds or a date (RFC 9110, 10.2.3); nonsense counts as not given."""
    if retry_after is None:
        return None
    try:
        if retry_after.isdigit():
            return int(retry_after) * 1000
        return max(0, int(parsedate_to_datetime(retry_after).timestamp() * 1000) - sent)
    except ValueError:
        return None
