"""ntfy (docs.ntfy.sh, "Publish as JSON"): one HTTP POST to a server of the village's own, for phones in its network."""

import re
from typing import Final

from yarl import URL

from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.documents import word
from keng_hub.channels.posted import posted
from keng_hub.channels.provider import ApiAddress, NoAnswer, Provider, Timeout
from keng_hub.channels.settings import ChannelSection
from keng_hub.sections import ExistingFile, SecretFile, secret

_PRIORITY: Final = {"fire": 5, "medical": 5, "security": 4}
_ORDINARY: Final = 3
_TOPIC: Final = re.compile(r"[-_A-Za-z0-9]{1,64}")


class NtfySettings(ChannelSection):
    """The server, which stands in the own network unless `lan` says otherwise."""

    url: ApiAddress
    lan: bool = True
    token_file: SecretFile | None = None
    ca_file: ExistingFile | None = None
    timeout_s: Timeout = 10.0


class Ntfy:
    """Publishes each message to the topic in its address."""

    Settings = NtfySettings

    def __init__(self, settings: NtfySettings, office: Office) -> None:
        self._settings = settings
        self._host = URL(settings.url).host or ""
        self._headers = {"Authorization": f"Bearer {secret(settings.token_file)}"} if settings.token_file else {}
        hosts = AllowedHosts([self._host], [self._host] if settings.lan else [])
        self._provider = Provider(hosts, settings.timeout_s, settings.ca_file)

    async def send(self, message: Outgoing) -> Outcome:
        """Publish once; the server's `id` is the reference."""
        if not _TOPIC.fullmatch(message.address):
            return Outcome.refused(ErrorClass.PARAMS, "topic")
        url, document = self._settings.url, _document(message)
        try:
            answer = await self._provider.call("POST", url, headers=self._headers, json=document)
        except NoAnswer as error:
            return error.outcome
        return posted(answer, word(answer.document, "id"))

    async def check(self) -> Outcome:
        """Ask the server's own health."""
        try:
            answer = await self._provider.call("GET", f"{self._settings.url}/v1/health", headers=self._headers)
        except NoAnswer as error:
            return error.outcome
        if answer.status == 200 and (answer.document or {}).get("healthy") is not True:
            return Outcome.refused(ErrorClass.TRANSIENT, "unhealthy")
        return posted(answer)

    def hosts(self) -> list[Destination]:
        """The server."""
        return [Destination(self._host, Where.LOCAL if self._settings.lan else where(self._settings.abroad), MESSAGE)]

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()


def _document(message: Outgoing) -> dict[str, object]:
    priority = _ORDINARY if message.drill else _PRIORITY.get(message.category, _ORDINARY)
    document: dict[str, object] = {
        "topic": message.address,
        "title": message.short_code,
        "message": message.body_vi,
        "priority": priority,
        "tags": [message.kind, message.category, *(["drill"] if message.drill else [])],
    }
    return document | ({"click": message.link} if message.link else {})
