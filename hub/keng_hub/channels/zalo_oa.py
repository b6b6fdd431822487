"""Zalo Official Account: texts to its groups and to persons, approved templates to telephones, and what comes back."""

import asyncio
import logging
import secrets
from datetime import datetime, time

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.channels import documents
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Result, where
from keng_hub.channels.provider import Answer, NoAnswer
from keng_hub.channels.zalo import oa_calls, oa_queue
from keng_hub.channels.zalo.oa_calls import GROUP, Request, Template
from keng_hub.channels.zalo.oa_errors import Family, Verdict, verdict
from keng_hub.channels.zalo.oa_settings import ZaloOaSettings
from keng_hub.channels.zalo.oa_staff import Staff
from keng_hub.channels.zalo.oa_tokens import ELSEWHERE, NoToken, Tokens
from keng_hub.channels.zalo.oa_webhook import Webhook
from keng_hub.health import Health
from keng_hub.incidents.wording import VIETNAM
from keng_hub.passing import is_passing
from keng_hub.tables import inbound

log = logging.getLogger("keng.channels.zalo_oa")

CHANNEL = oa_queue.CHANNEL
WINDOW_MS = 7 * 86_400_000
"""So long after a person's last word a consultation text may be sent; later it dies without an error."""
NIGHT = (time(22), time(6))
_EVERY_S = 1.0
_ENABLED_MS = 3_600_000


class ZaloOa:
    """An address says the way: `gmf:ID` a group, `+84…` a template to a telephone, else a user's id."""

    Settings = ZaloOaSettings

    def __init__(self, settings: ZaloOaSettings, office: Office) -> None:
        self._settings, self._office = settings, office
        self._app, self._provider = settings.app(), settings.provider()
        self._tokens = Tokens(self._app, self._provider, office, secrets.token_hex(8))
        self._staff = Staff(office, settings.silence_min * 60_000, listening=settings.oa_secret_file is not None)
        self._enabled: dict[str, int] = {}
        self._webhook = Webhook(settings, office, self._staff)
        self._refused = ""
        self._trouble = ""

    async def send(self, message: Outgoing) -> Outcome:
        """Send once, in the way that the address says; what is known to be refused is not asked."""
        try:
            if message.address.startswith(GROUP):
                found = await self._ask(oa_calls.to_group(message))
                await self._staff.judge("gmf", found)
            elif message.address.startswith("+"):
                found = await self._by_template(message)
                await self._staff.judge("template", found)
            else:
                found = await self._to_user(message)
        except (NoToken, NoAnswer) as error:
            return error.outcome
        except Exception as error:
            if not is_passing(error):
                raise
            return Outcome.refused(ErrorClass.TRANSIENT, "database")
        if found.outcome.result is Result.ACCEPTED and not message.address.startswith(GROUP):
            self._staff.sent(self._office.clock())
        return found.outcome

    async def refresh(self) -> None:
        """Get another pair than the one that was refused; what keeps us from it is met again by the next try."""
        try:
            await self._tokens.renew(self._refused)
        except NoToken as error:
            log.warning("zalo_oa: no new token: %s", error)

    async def check(self) -> Outcome:
        """Ask for the groups and for each template: token, permissions, and whether they may be sent to."""
        try:
            groups = await self._get(self._settings.api, "/v3.0/oa/group/getgroupsofoa", offset="0", count="50")
            found = verdict(Family.MESSAGE, groups)
            if found.outcome.result is not Result.ACCEPTED:
                return found.outcome
            shut = [one for one in documents.items(groups.document, "data.groups") if _is_shut(one)]
            if shut:
                return Outcome.refused(ErrorClass.PARAMS, f"{len(shut)} groups not enabled")
            for template in self._settings.templates.values():
                outcome = await self._template_state(template)
                if outcome is not None:
                    return outcome
        except (NoToken, NoAnswer) as error:
            return error.outcome
        return Outcome.accepted()

    async def run(self) -> None:
        """Work on what the webhook brought, keep the tokens young, notice a webhook that fell silent."""
        kept_at = 0
        while True:
            now = self._office.clock()
            try:
                await self._webhook.work(now)
                if now - kept_at >= 60_000:
                    kept_at = now
                    await self._keep(now)
            except Exception as error:
                if not is_passing(error):
                    raise
                log.info("zalo_oa: the database is away: %s", type(error).__name__)
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._webhook.news.wait()
                self._webhook.news.clear()
            except TimeoutError:
                pass

    async def health(self) -> Health:
        """Whether there is a token, and whether the webhook is heard."""
        trouble = self._trouble or self._staff.trouble
        return Health(not trouble, trouble or "token kept")

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """Take one event of the webhook."""
        return await self._webhook.take(request)

    def price(self, message: Outgoing) -> int:
        """By the settings; a consultation text is free."""
        if message.address.startswith(GROUP):
            return self._settings.group_price
        return self._settings.template_price if message.address.startswith("+") else 0

    def hosts(self) -> list[Destination]:
        """Zalo's three addresses."""
        names = (self._settings.api, self._settings.template_api, self._settings.oauth)
        hosts = [name.partition("://")[2].partition(":")[0] for name in names]
        return [Destination(host, where(self._settings.abroad), MESSAGE) for host in dict.fromkeys(hosts)]

    async def close(self) -> None:
        """Let a renewal end, then close the connections."""
        await self._tokens.close()
        await self._provider.close()

    async def _to_user(self, message: Outgoing) -> Verdict:
        if not self._settings.cs_at_night and _is_night(message.sent):
            return Verdict(Outcome.refused(ErrorClass.NIGHT, "cs_at_night"))
        last = await self._office.database.read(_last_word, message.address)
        if last is None or message.sent - last > WINDOW_MS:
            return Verdict(Outcome.refused(ErrorClass.WINDOW, "7_days"))
        return await self._ask(oa_calls.to_user(message))

    async def _by_template(self, message: Outgoing) -> Verdict:
        template = self._settings.templates.get(message.kind)  # type: ignore[call-overload]  # a kind without one
        if template is None:
            return Verdict(Outcome.refused(ErrorClass.PARAMS, f"no template: {message.kind}"), staff=True)
        refused = await self._template_state(template)
        if refused is not None:
            return Verdict(refused, staff=refused.error_class is ErrorClass.PARAMS)
        return await self._ask(oa_calls.by_template(message, template))

    async def _template_state(self, template: Template) -> Outcome | None:
        """Why the template cannot be used now; what was enabled within the hour still is."""
        now = self._office.clock()
        if now - self._enabled.get(template.id, -_ENABLED_MS) < _ENABLED_MS:
            return None
        answer = await self._get(self._settings.template_api, "/template/info/v2", template_id=template.id)
        found = verdict(Family.TEMPLATE, answer)
        if found.outcome.result is not Result.ACCEPTED:
            return found.outcome
        state = documents.word(answer.document, "data.status") or "none"
        if state != "ENABLE":
            return Outcome.refused(ErrorClass.PARAMS, f"template {state}"[:40])
        self._enabled[template.id] = now
        return None

    async def _ask(self, request: Request) -> Verdict:
        base = self._settings.api if request.family is Family.MESSAGE else self._settings.template_api
        access = await self._tokens.access()
        headers = oa_calls.headers(access, self._app.secret)
        answer = await self._provider.call("POST", base + request.path, headers=headers, json=request.body)
        found = verdict(request.family, answer)
        if found.outcome.error_class is ErrorClass.TOKEN:
            self._refused = access
        return found

    async def _get(self, base: str, path: str, **query: str) -> Answer:
        headers = oa_calls.headers(await self._tokens.access(), self._app.secret)
        return await self._provider.call("GET", base + path, headers=headers, params=query)

    async def _keep(self, now: int) -> None:
        try:
            await self._tokens.keep()
            trouble = ""
        except NoToken as error:
            if error.outcome.error_code == ELSEWHERE:
                return
            trouble = str(error)
            if error.outcome.error_class is ErrorClass.PERMISSION:
                await self._staff.tell("token", trouble)
        if not trouble:
            await self._staff.well("token")
        if trouble != self._trouble:
            log.log(logging.WARNING if trouble else logging.INFO, "zalo_oa: token: %s", trouble or "kept")
        self._trouble = trouble
        await self._staff.look_at_silence(self._app.id, now)


def _is_night(at: int) -> bool:
    clock = datetime.fromtimestamp(at / 1000, VIETNAM).time()
    return clock >= NIGHT[0] or clock < NIGHT[1]


def _is_shut(group: object) -> bool:
    state = documents.word(group, "status")
    return state is not None and state.lower() != "enabled"


def _last_word(connection: Connection, user: str) -> int | None:
    query = sa.select(sa.func.max(inbound.c.at)).where(inbound.c.channel == CHANNEL, inbound.c.address == user)
    last: int | None = connection.execute(query).scalar_one()
    return last
