"""A mail server on loopback: real SMTP with STARTTLS or TLS, a login, and replies as bad as a test wants them."""

import asyncio
import base64
import datetime
import ssl
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "mật-khẩu-thử"


@dataclass(frozen=True)
class Mail:
    """One mail the server took."""

    sender: str
    recipient: str
    message: Message
    encrypted: bool
    user: str | None

    @property
    def text(self) -> str:
        """Its body."""
        payload = self.message.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode()


class SmtpServer:
    """`async with SmtpServer(folder) as server`.

    `replies` overrides the answer to a verb (`RCPT`, `.` for the end of the data); `cut` closes the connection at a
    verb, after having read what belongs to it; `mute` never answers from that verb on.
    """

    def __init__(self, folder: Path, tls: Literal["starttls", "tls", "none"] = "starttls") -> None:
        self.mails: list[Mail] = []
        self.replies: dict[str, str] = {}
        self.cut: str | None = None
        self.mute: str | None = None
        self.port = 0
        self.certificate = folder / "mail.crt"
        self._tls = tls
        self._context = _certificate(folder) if tls != "none" else None
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.over = asyncio.Event()

    async def __aenter__(self) -> Self:
        context = self._context if self._tls == "tls" else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        self.over.set()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._sessions)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.create_task(self._run(reader, writer))
        self._sessions.add(session)
        self._writers.add(writer)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(self, reader, writer, encrypted=self._tls == "tls", context=self._context).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()


class _Session:
    def __init__(
        self,
        server: SmtpServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        encrypted: bool,
        context: ssl.SSLContext | None,
    ) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._encrypted, self._context = encrypted, context
        self._user: str | None = None
        self._sender = self._recipient = ""

    async def run(self) -> None:
        await self._say("220 thu.example ESMTP")
        while line := await self._reader.readline():
            verb = line[:4].decode().strip().upper()
            argument = line[4:].decode().strip()
            if verb == "DATA":
                await self._say("354 go on")
                data = await self._reader.readuntil(b"\r\n.\r\n")
                if not await self._answer(".", "250 2.0.0 taken as Q1"):
                    return
                if "." not in self._server.replies:
                    self._take(data)
            elif verb == "STAR" and self._context:
                await self._say("220 go on")
                await self._writer.start_tls(self._context)
                self._encrypted = True
            elif not await self._answer(verb, self._reply(verb, argument)):
                return

    async def _answer(self, verb: str, usual: str) -> bool:
        if self._server.cut == verb:
            return False
        if self._server.mute == verb:
            await self._server.over.wait()
            return False
        await self._say(self._server.replies.get(verb, usual))
        return verb != "QUIT"

    def _reply(self, verb: str, argument: str) -> str:
        if verb == "EHLO":
            offers = ["250-thu.example", "250-AUTH PLAIN"]
            if self._context and not self._encrypted:
                offers.append("250-STARTTLS")
            return "\r\n".join([*offers, "250 8BITMIME"])
        if verb == "AUTH":
            _, user, password = base64.b64decode(argument.split()[1]).decode().split("\0")
            if password != PASSWORD:
                return "535 5.7.8 wrong"
            self._user = user
            return "235 2.7.0 welcome"
        if verb == "MAIL":
            self._sender = argument.partition("<")[2].partition(">")[0]
        if verb == "RCPT":
            self._recipient = argument.partition("<")[2].partition(">")[0]
        return "221 bye" if verb == "QUIT" else "250 ok"

    def _take(self, data: bytes) -> None:
        message = message_from_bytes(data.removesuffix(b".\r\n"))
        self._server.mails.append(Mail(self._sender, self._recipient, message, self._encrypted, self._user))

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()


def _certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "mail.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "mail.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "mail.crt", folder / "mail.key")
    return context
