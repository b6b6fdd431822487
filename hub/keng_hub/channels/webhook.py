"""Signed JSON over HTTPS to the systems of city and partners; `docs/channels.md` is the contract they get."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

from pydantic import Field

from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.provider import Answer, NoAnswer, Provider
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
        allowed = AllowedHosts(settings.hosts, settings.private_hosts)
        self._provider = Provider(allowed, settings.timeout_s, settings.ca_file, _ANSWER_LIMIT)
        self._destinations = [
            *(Destination(host, where(settings.abroad), MESSAGE) for host in settings.hosts),
            *(Destination(host, Where.LOCAL, MESSAGE) for host in settings.private_hosts),
        ]

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
            answer = await self._provider.call("POST", message.address, data=body, headers=headers)
        except NoAnswer as error:
            return error.outcome
        return _outcome(answer, message.sent)

    def hosts(self) -> list[Destination]:
        """The hosts of both lists; one that stands in both is local."""
        local = {one.host for one in self._destinations if one.where is Where.LOCAL}
        return [one for one in self._destinations if one.where is Where.LOCAL or one.host not in local]

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()


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


def _outcome(answer: Answer, sent: int) -> Outcome:
    code = str(answer.status)
    if 200 <= answer.status < 300:
        return Outcome.accepted(_provider_id(answer))
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return Outcome.refused(ErrorClass.TRANSIENT, code, retry_after_ms=_wait(answer, sent))
    if answer.status in (401, 403):
        return Outcome.refused(ErrorClass.PERMISSION, code)
    if answer.status in (404, 410):
        return Outcome.refused(ErrorClass.UNREACHABLE, code)
    return Outcome.refused(ErrorClass.PARAMS, code)


def _provider_id(answer: Answer) -> str | None:
    """The receiver's own `id`, when it gives one."""
    given = (answer.document or {}).get("id")
    return given[:200] if isinstance(given, str) else None


def _wait(answer: Answer, sent: int) -> int | None:
    """In ms; a receiver may also name a date, and nonsense counts as not given."""
    if answer.retry_after_ms is not None:
        return answer.retry_after_ms
    try:
        return max(0, int(parsedate_to_datetime(answer.retry_after).timestamp() * 1000) - sent)
    except ValueError:
        return None
