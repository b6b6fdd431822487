"""SMS by a gateway over HTTP: eSMS, or any other that is described in the settings."""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection
from yarl import URL

from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.channel import MESSAGE, Destination, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.hooked import NotTaken, same_secret
from keng_hub.channels.provider import NoAnswer, Provider
from keng_hub.channels.sms import esms, receipts_in
from keng_hub.channels.sms.gateway_answers import Rule
from keng_hub.channels.sms.gateway_settings import SmsGatewaySettings
from keng_hub.channels.sms.parts import sms_parts, spelled
from keng_hub.channels.sms.templates import filled, flat
from keng_hub.sections import is_loopback, secret


class SmsGateway:
    """An address is a telephone number, +84…"""

    Settings = SmsGatewaySettings

    def __init__(self, settings: SmsGatewaySettings, office: Office) -> None:
        self._settings, self._office = settings, office
        address = settings.url if settings.preset == "generic" and settings.url else settings.api
        self._host = URL(address).host or ""
        private = [*settings.private_hosts, *([self._host] if is_loopback(self._host) else [])]
        self._local = self._host in private
        self._provider = Provider(AllowedHosts([self._host], private), settings.timeout_s, settings.ca_file)
        self._secrets = {f"secret.{name}": secret(file) for name, file in settings.secrets.items()}
        self._token = secret(settings.callback_token_file) if settings.callback_token_file else ""
        self._sender = _sender(settings, self._token) if settings.preset == "esms" else None
        self._rule = Rule(settings.success, settings.id)

    async def send(self, message: Outgoing) -> Outcome:
        """Send once, spelled as the settings say."""
        text = spelled(message, self._settings.spelling)
        try:
            if self._sender is None:
                return await self._send_generic(message, text)
            body = esms.request(self._sender, message.address, text, message.key)
            answer = await self._provider.call("POST", self._settings.api + esms.SEND, json=body)
            return esms.outcome(answer, message.key)
        except NoAnswer as error:
            return error.outcome

    async def check(self) -> Outcome:
        """Ask for the money that is left. Other gateways have no question in common, so nothing is asked of them."""
        if self._sender is None:
            return Outcome.accepted()
        body = {"ApiKey": self._sender.api_key, "SecretKey": self._sender.secret_key}
        try:
            return esms.balance(await self._provider.call("POST", self._settings.api + esms.BALANCE, json=body))
        except NoAnswer as error:
            return error.outcome

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """Take a receipt. eSMS signs nothing, so the random end of the path is what it shows (constant time)."""
        if not self._token or not same_secret(request.match_info.get("rest", ""), self._token):
            raise NotTaken(404, "wrong path", request.query_string.encode())
        if request.method != "GET":
            raise NotTaken(405, "a callback is a GET", await request.read())
        receipt = esms.receipt(dict(request.query))
        if receipt is None:
            raise NotTaken(400, "no receipt", request.query_string.encode())
        known = await self._office.database.write(self._keep, receipt)
        if not known:
            # It may be faster than our own note of the message, and comes again then.
            raise NotTaken(404, "no such message to this number", request.query_string.encode())
        self._office.wake()
        return web.Response()

    def price(self, message: Outgoing) -> int:
        """Đồng for all its parts."""
        return self.parts(message) * self._settings.part_price

    def parts(self, message: Outgoing) -> int:
        """How many messages its text is."""
        return sms_parts(spelled(message, self._settings.spelling)).messages

    def hosts(self) -> list[Destination]:
        """The gateway."""
        return [Destination(self._host, Where.LOCAL if self._local else where(self._settings.abroad), MESSAGE)]

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()

    def _keep(self, connection: Connection, receipt: esms.Receipt) -> bool:
        return receipts_in.keep(connection, "sms_gateway", receipt, self._office.clock())

    async def _send_generic(self, message: Outgoing, text: str) -> Outcome:
        settings = self._settings
        values = self._secrets | _values(message, text)
        document = filled(settings.body, values)
        body: dict[str, Any] = {"json": document}
        if settings.send_as != "json":
            body = {"data" if settings.send_as == "form" else "params": flat(document)}
        headers = {name: str(filled(value, values)) for name, value in settings.headers.items()}
        answer = await self._provider.call(settings.method, settings.url or "", headers=headers, **body)
        return self._rule.outcome(answer)


def _values(message: Outgoing, text: str) -> dict[str, str]:
    phone = message.address
    return {
        "phone": phone,
        "phone84": phone.removeprefix("+"),
        "phone0": f"0{phone.removeprefix('+84')}" if phone.startswith("+84") else phone,
        "text": text,
        "key": message.key,
        "short_code": message.short_code,
    }


def _sender(settings: SmsGatewaySettings, token: str) -> esms.Sender:
    assert settings.api_key_file and settings.secret_key_file and settings.brandname  # noqa: PT018 - of the validator
    callback = f"{settings.callback_url}/{token}" if token else None
    keys = secret(settings.api_key_file), secret(settings.secret_key_file)
    return esms.Sender(*keys, settings.brandname, settings.sms_type, settings.sandbox, callback)
