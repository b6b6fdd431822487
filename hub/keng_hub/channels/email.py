"""E-mail by SMTP (RFC 5321) with STARTTLS or TLS: for the record and for people at a desk, never the only way."""

import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate
from typing import Annotated, Literal, Self

import aiosmtplib
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.settings import ChannelSection
from keng_hub.sections import ExistingFile, Host, Port, SecretFile, is_loopback, secret

_NOT_SUPPORTED = (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported)
"""What the library raises, as these very classes, where a server has no STARTTLS or no AUTH."""

MailAddress = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)]


class EmailSettings(ChannelSection):
    """The mail server and how we show ourselves to it."""

    host: Host
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: ExistingFile | None = None
    sender: MailAddress
    username: str | None = None
    password_file: SecretFile | None = None
    timeout_s: Annotated[float, Field(gt=0, le=20)] = 10.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise PydanticCustomError("half_login", "username and password_file go together")
        if self.tls == "none" and not is_loopback(self.host):
            raise PydanticCustomError("plain_mail", 'tls = "none" is only for a mail server on this machine')
        return self


class Email:
    """One connection a message: few messages, and no connection that died unnoticed."""

    Settings = EmailSettings

    def __init__(self, settings: EmailSettings, office: Office) -> None:
        self._settings = settings
        self._password = secret(settings.password_file) if settings.password_file else None
        self._tls = ssl.create_default_context(cafile=settings.ca_file) if settings.tls != "none" else None

    async def send(self, message: Outgoing) -> Outcome:
        """Hand the message to the server; 2xx after the data is accepted, whatever happens to the mail later."""
        return await self._visit(_mail(message, self._settings.sender))

    async def check(self) -> Outcome:
        """Connect and log in; no mail is sent."""
        return await self._visit(None)

    async def _visit(self, mail: EmailMessage | None) -> Outcome:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout_s,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )
        answer = ""
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            return _not_connected(error)
        try:
            if settings.username and self._password:
                await client.login(settings.username, self._password)
            if mail is not None:
                _, answer = await client.send_message(mail)
            await _leave(client)
        except (aiosmtplib.SMTPException, OSError) as error:
            return _refused(error)
        finally:
            client.close()
        return Outcome.accepted(_queue_id(answer))

    def hosts(self) -> list[Destination]:
        """The mail server; where a mail goes from there is its owner's register."""
        host = self._settings.host
        return [Destination(host, Where.LOCAL if is_loopback(host) else where(self._settings.abroad), MESSAGE)]

    async def close(self) -> None:
        """Nothing stays open between messages."""


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye (RFC 5321, 4.1.1.10); the mail is the server's already, so a rude answer changes nothing."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit()


def _mail(message: Outgoing, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = f"[{message.short_code}] {message.body_vi.partition('.')[0]}"
    mail["Date"] = formatdate(message.sent / 1000)
    # The same for every try, so that mail programs fold duplicates into one.
    mail["Message-ID"] = f"<{message.key}@{sender.partition('@')[2]}>"
    mail["X-Keng-Incident"] = message.code or message.short_code
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if message.category == "fire" and not message.drill:
        mail["X-Priority"] = "1"
    parts = [message.body_vi, message.body_en, message.link or ""]
    mail.set_content("\n\n".join(part for part in parts if part) + "\n", cte="base64")
    return mail


def _queue_id(answer: str) -> str | None:
    return answer.strip()[:200] or None


def _not_connected(error: Exception) -> Outcome:
    """Nothing was handed over yet, so nothing is uncertain."""
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return Outcome.refused(ErrorClass.PERMISSION, "certificate")
    if type(error) in _NOT_SUPPORTED:
        return Outcome.refused(ErrorClass.PERMISSION, "not_supported")
    return Outcome.refused(ErrorClass.TRANSIENT, type(error).__name__)


def _refused(error: Exception) -> Outcome:
    """RFC 5321, 4.2.1: 4yz may go better later, 5yz will not."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Outcome.refused(_class(error.code, ErrorClass.PERMISSION), str(error.code))
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = error.recipients[0].code
        return Outcome.refused(_class(code, ErrorClass.UNREACHABLE), str(code))
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return Outcome.refused(_class(error.code, ErrorClass.PERMISSION), str(error.code))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Outcome.refused(_class(error.code, ErrorClass.PARAMS), str(error.code))
    if type(error) in _NOT_SUPPORTED:
        return Outcome.refused(ErrorClass.PERMISSION, "not_supported")
    # Cut off or silent: the server may have taken the mail before it went away.
    return Outcome.refused(ErrorClass.TRANSIENT, type(error).__name__, uncertain=True)


def _class(code: int, permanent: ErrorClass) -> ErrorClass:
    if code in (452, 552):
        return ErrorClass.QUOTA
    return ErrorClass.TRANSIENT if 400 <= code < 500 else permanent
