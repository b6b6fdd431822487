"""Web Push (RFC 8030, 8291, 8292) to browsers: best effort through services abroad, so only what an answer proves."""

import json
import re
from importlib import import_module
from typing import Annotated, Any, Final

from pydantic import Field
from yarl import URL

from keng_hub.channels import push_keys, push_subscriptions
from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Result, Where
from keng_hub.channels.posted import posted
from keng_hub.channels.provider import Answer, NoAnswer, Provider, Timeout
from keng_hub.channels.settings import ChannelSection
from keng_hub.deliveries.states import CLIMBS
from keng_hub.sections import FilePath, Host
from keng_wire.alarm import Category

SERVICES: Final = [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "notify.windows.com",
]
"""The push services of Chrome, Firefox, Safari and Edge; each stands abroad. A name counts for the names below it."""

LONGEST: Final = 600
"""Characters of the text; encrypted it stays far below the 4,096 bytes that services take."""
_TOKEN_S: Final = 12 * 3600
_HOSTS_KEPT: Final = 50


class WebPushSettings(ChannelSection):
    """Our key, and whom a push service may write to about it."""

    key_file: FilePath
    contact: Annotated[str, Field(pattern=r"^(mailto:\S+@\S+|https://\S+)$")]
    services: Annotated[list[Host], Field(min_length=1)] = SERVICES
    private_hosts: list[Host] = []
    timeout_s: Timeout = 10.0


class WebPush:
    """Encrypts each message for each browser and hands it to the browser's own service."""

    Settings = WebPushSettings

    def __init__(self, settings: WebPushSettings, office: Office) -> None:
        # Imported here, because the packages are an extra: pip install 'keng-hub[push]'.
        self._encrypting: Any = import_module("pywebpush").WebPusher
        key = push_keys.load(settings.key_file)
        self._signing: Any = import_module("py_vapid").Vapid02(private_key=key)
        self.public_key = push_keys.public(key)
        self._settings, self._office = settings, office
        self._providers: dict[str, Provider] = {}

    async def send(self, message: Outgoing) -> Outcome:
        """Push to every browser that the address means; one that took it is enough."""
        rows = await self._office.database.read(push_subscriptions.of_address, message.address)
        if not rows:
            return Outcome.refused(ErrorClass.UNREACHABLE, "no_subscription")
        outcomes = {row.id: await self._push(row, message) for row in rows}
        dead = [key for key, outcome in outcomes.items() if outcome.error_class is ErrorClass.UNREACHABLE]
        if dead:
            await self._office.database.write(push_subscriptions.drop, dead, self._office.clock())
        return _best(list(outcomes.values()))

    def hosts(self) -> list[Destination]:
        """The push services: all of them abroad. What they carry is encrypted for the browser."""
        return [
            Destination(host, Where.LOCAL if host in self._settings.private_hosts else Where.ABROAD, MESSAGE)
            for host in self._settings.services
        ]

    async def close(self) -> None:
        """Close the connections."""
        for provider in self._providers.values():
            await provider.close()

    def knows(self, endpoint: str) -> bool:
        """Whether a browser's endpoint is one of a service that may be called."""
        try:
            url = URL(endpoint)
        except ValueError:
            return False
        host = (url.host or "").lower()
        secure = url.scheme == "https" or host in self._settings.private_hosts
        known = any(host == one or host.endswith(f".{one}") for one in self._settings.services)
        return secure and known and not url.user and len(endpoint) <= 1_000

    async def _push(self, row: Any, message: Outgoing) -> Outcome:
        if not self.knows(row.endpoint):
            return Outcome.refused(ErrorClass.UNREACHABLE, "service")
        keys = {"p256dh": row.p256dh, "auth": row.auth}
        try:
            body: bytes = self._encrypting({"endpoint": row.endpoint, "keys": keys}).encode(_payload(message))["body"]
        except Exception as error:  # noqa: BLE001 keys that no browser made; the package raises what its parts raise
            return Outcome.refused(ErrorClass.UNREACHABLE, type(error).__name__)
        url = URL(row.endpoint)
        headers = self._headers(url, message)
        try:
            answer = await self._provider(url).call("POST", row.endpoint, headers=headers, data=body)
        except NoAnswer as error:
            return error.outcome
        return _outcome(answer)

    def _headers(self, url: URL, message: Outgoing) -> dict[str, str]:
        # Fresh claims each time: a kept one would expire, or be for another service.
        expires = message.sent // 1000 + _TOKEN_S
        claims = {"aud": str(url.origin()), "exp": expires, "sub": self._settings.contact}
        urgent = Category(message.category) in CLIMBS and not message.drill
        signed: dict[str, str] = self._signing.sign(claims)
        return signed | {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            # Without it a service drops what it cannot hand over at this very moment: the phone sleeps.
            "TTL": str(max(0, message.expires - message.sent) // 1000),
            "Urgency": "high" if urgent else "normal",
            "Topic": re.sub(r"[^A-Za-z0-9_-]", "-", message.short_code)[:32],
        }

    def _provider(self, url: URL) -> Provider:
        host = url.host or ""
        if host not in self._providers:
            if len(self._providers) >= _HOSTS_KEPT:
                raise NoAnswer(Outcome.refused(ErrorClass.TRANSIENT, "hosts"))
            allowed = AllowedHosts([host], [one for one in self._settings.private_hosts if one == host])
            self._providers[host] = Provider(allowed, self._settings.timeout_s)
        return self._providers[host]


def _payload(message: Outgoing) -> bytes:
    text = message.body_vi if len(message.body_vi) <= LONGEST else f"{message.body_vi[: LONGEST - 1]}…"
    document = {
        "code": message.short_code,
        "text": text,
        "kind": message.kind,
        "category": message.category,
        "path": f"/incidents/{message.incident}" if message.incident else "/",
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _outcome(answer: Answer) -> Outcome:
    if answer.status == 413:
        return Outcome.refused(ErrorClass.PARAMS, "413")
    return posted(answer)


_ORDER: Final = (Result.ACCEPTED, Result.RETRY, Result.FAILED)


def _best(outcomes: list[Outcome]) -> Outcome:
    """What the best of them came to. Another try pushes to all again; the topic makes a browser replace its copy."""
    return min(outcomes, key=lambda outcome: _ORDER.index(outcome.result))
