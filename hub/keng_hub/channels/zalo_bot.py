"""Zalo Bot: plain text to people who wrote to the bot first, and what they write back."""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Literal, NamedTuple, Self

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from keng_hub import quarantine
from keng_hub.channels import documents, lease
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Inbound, Office, Outcome, Outgoing, where
from keng_hub.channels.hooked import NotTaken, read_object, same_secret
from keng_hub.channels.provider import Answer, ApiAddress, NoAnswer, Provider, Timeout, hosts_of
from keng_hub.channels.settings import ChannelSection
from keng_hub.channels.zalo import bot
from keng_hub.channels.zalo.texts import text
from keng_hub.errors import NotReady
from keng_hub.health import Health
from keng_hub.passing import is_passing
from keng_hub.replies import inbox
from keng_hub.sections import SecretFile, secret

log = logging.getLogger("keng.channels.zalo_bot")

_TOKEN = re.compile(r"\d{1,30}:[\w-]{8,200}", re.ASCII)
_WAITS_S = (1, 2, 4, 8, 16, 30, 60)
_PATIENCE_S = 10
"""So much longer than the provider's own long wait we wait for its answer."""


class ZaloBotSettings(ChannelSection):
    """The bot's token, and how what people write comes in."""

    token_file: SecretFile
    inbound: Literal["poll", "webhook", "off"] = "poll"
    webhook_url: Annotated[str, Field(pattern=r"^https://[^\s@?#]+/hooks/zalo_bot$")] | None = None
    webhook_secret_file: SecretFile | None = None
    groups: bool = False
    api: ApiAddress = "https://bot-api.zaloplatforms.com"
    timeout_s: Timeout = 10.0
    poll_s: Annotated[int, Field(ge=1, le=60)] = 30

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.inbound == "webhook" and not (self.webhook_url and self.webhook_secret_file):
            raise PydanticCustomError("half_webhook", 'inbound = "webhook" needs webhook_url and webhook_secret_file')
        return self


class Round(NamedTuple):
    """One round of listening: what keeps it from working, and the seconds until the next when nothing does."""

    trouble: str
    wait_s: float


class ZaloBot:
    """The bot's token is part of every address it calls, so no address of it is ever told to anybody."""

    Settings = ZaloBotSettings

    def __init__(self, settings: ZaloBotSettings, office: Office) -> None:
        self._settings, self._office = settings, office
        self._base = f"{settings.api}/bot{_token(settings)}"
        self._secret = _webhook_secret(settings)
        self._provider = Provider(hosts_of(settings.api), settings.timeout_s)
        self._holder = secrets.token_hex(8)
        self._trouble = "not begun"

    async def send(self, message: Outgoing) -> Outcome:
        """Send once, as plain text: what residents wrote is never read as markup."""
        try:
            return bot.outcome(await self._call("sendMessage", {"chat_id": message.address, "text": text(message)}))
        except NoAnswer as error:
            return error.outcome

    async def check(self) -> Outcome:
        """Ask who we are; here also 404 means that the token is none."""
        try:
            answer = await self._call("getMe", {})
        except NoAnswer as error:
            return error.outcome
        outcome = bot.outcome(answer)
        if outcome.error_code == "404":
            return Outcome.refused(ErrorClass.PERMISSION, outcome.error_code or "")
        return outcome

    async def run(self) -> None:
        """Hear what people write, in the way the settings name, until cancelled."""
        rounds = {"poll": self._poll, "webhook": self._see_to_webhook, "off": self._nothing}
        failures = 0
        while True:
            trouble, wait_s = await self._round(rounds[self._settings.inbound])
            if trouble != self._trouble:
                level = logging.WARNING if trouble else logging.INFO
                log.log(level, "zalo_bot: %s", trouble or "hears what people write")
            self._trouble = trouble
            failures = failures + 1 if trouble else 0
            await asyncio.sleep(_WAITS_S[min(failures, len(_WAITS_S)) - 1] if failures else wait_s)

    async def health(self) -> Health:
        """Whether what people write arrives here."""
        return Health(not self._trouble, self._trouble or f"inbound: {self._settings.inbound}")

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """Take one event of the webhook (header `X-Bot-Api-Secret-Token`, compared in constant time)."""
        if self._settings.inbound != "webhook":
            raise NotTaken(404, "the webhook is off")
        if not same_secret(request.headers.get("X-Bot-Api-Secret-Token", ""), self._secret):
            raise NotTaken(401, "wrong secret token", await request.read())
        body, document = await read_object(request)
        said = bot.inbound(document.get("result", document), body, self._office.clock(), groups=self._settings.groups)
        if said is not None:
            await self._keep(said)
        return web.json_response({"ok": True})

    def hosts(self) -> list[Destination]:
        """Zalo's bot platform."""
        host = self._settings.api.partition("://")[2].partition(":")[0]
        return [Destination(host, where(self._settings.abroad), MESSAGE)]

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()

    async def _call(self, method: str, body: dict[str, object], timeout_s: float | None = None) -> Answer:
        return await self._provider.call("POST", f"{self._base}/{method}", json=body, timeout_s=timeout_s)

    async def _round(self, listen: Callable[[], Awaitable[Round]]) -> Round:
        try:
            return await listen()
        except NoAnswer as error:
            return Round(error.outcome.error_code or "no answer", 0)
        except Exception as error:
            if not is_passing(error):
                raise
            return Round("database", 0)

    async def _poll(self) -> Round:
        """One long wait for one event: the platform has no cursor, so what is fetched has to be kept."""
        settings, office, loop = self._settings, self._office, asyncio.get_running_loop()
        for_ms = (settings.poll_s + 3 * _PATIENCE_S) * 1000
        if not await office.database.write(lease.take, "zalo_bot.poll", self._holder, office.clock(), for_ms):
            return Round("", _PATIENCE_S)  # another process of this hub polls; two would steal from each other
        begun = loop.time()
        answer = await self._call("getUpdates", {"timeout": settings.poll_s}, settings.poll_s + _PATIENCE_S)
        if bot.is_no_news(answer):
            return Round("", 0 if loop.time() - begun >= 1 else 1)
        if bot.error_code(answer) == 400 and await self._take_back_webhook():
            return Round("", 0)
        if not bot.is_ok(answer):
            return Round(f"getUpdates: {bot.error_code(answer)}", 0)  # 401: the token; 400: a webhook is set
        await self._take(answer)
        return Round("", 0)

    async def _see_to_webhook(self) -> Round:
        body: dict[str, object] = {"url": self._settings.webhook_url, "secret_token": self._secret}
        answer = await self._call("setWebhook", body)
        return Round("", 3600) if bot.is_ok(answer) else Round(f"setWebhook: {bot.error_code(answer)}", 0)

    async def _take_back_webhook(self) -> bool:
        """Whether a webhook stood in the way that this hub had set before, and is gone now; a foreign one stays."""
        found = await self._call("getWebhookInfo", {})
        own = self._settings.webhook_url
        if own is None or documents.word(found.document, "result.url") != own:
            return False
        return bot.is_ok(await self._call("deleteWebhook", {}))

    async def _nothing(self) -> Round:
        return Round("", 3600)

    async def _take(self, answer: Answer) -> None:
        clock, database = self._office.clock, self._office.database
        try:
            said = bot.inbound(bot.result(answer), answer.body, clock(), groups=self._settings.groups)
        except NotTaken as refused:
            aside = partial(quarantine.put, topic="getUpdates/zalo_bot", reason=refused.reason, payload=refused.payload)
            await _insist(lambda: database.write(lambda connection: aside(connection, now=clock())))
            return
        if said is not None:
            await _insist(lambda: self._keep(said))

    async def _keep(self, said: Inbound) -> None:
        await self._office.database.write_urgently(inbox.take, said, self._office.clock())
        self._office.wake()


async def _insist(write: Callable[[], Awaitable[object]]) -> None:
    """Again and again while the database is away: the provider will not bring it a second time."""
    while True:
        try:
            await write()
        except Exception as error:
            if not is_passing(error):
                raise
            await asyncio.sleep(1)
        else:
            return


def _token(settings: ZaloBotSettings) -> str:
    token = secret(settings.token_file)
    if not _TOKEN.fullmatch(token):
        raise NotReady(f"{settings.token_file}: không phải mã của bot (not a bot's token: digits:letters)")
    return token


def _webhook_secret(settings: ZaloBotSettings) -> str:
    if settings.webhook_secret_file is None:
        return ""
    given = secret(settings.webhook_secret_file)
    if not 8 <= len(given) <= 256:
        raise NotReady(f"{settings.webhook_secret_file}: cần 8-256 ký tự (needs 8 to 256 characters)")
    return given
