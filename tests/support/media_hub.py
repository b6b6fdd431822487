"""The hub's endpoint for media with a real authority, and nodes that bring pieces over real HTTPS."""

import asyncio
import hashlib
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from keng_hub import tables
from keng_hub.authority import Authority
from keng_hub.database import Database
from keng_hub.media import rows
from keng_hub.media.endpoint import Endpoint
from keng_hub.media.files import Files
from keng_hub.media.live import LivePictures
from keng_hub.media.peers import ServerFiles
from keng_hub.media.receiving import Receiving
from keng_hub.media.settings import MediaSection
from keng_hub.wakes import Wakes
from keng_wire.event import Media
from support.ports import free_port

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
CLIP = b"\x00\x00\x00\x20ftypisom" + bytes(range(256)) * 9000
OCCURRENCE = "00000000000000a1"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def announced(data: bytes, *, media: str = "still", occurrence: str = OCCURRENCE, **more: Any) -> Media:
    """What a node says of a file before it brings it."""
    facts: dict[str, Any] = {"media": media, "width": 640, "height": 360, "ago": 1000, "size": len(data)}
    if media != "clip":
        facts["moment"] = "begin"
    facts |= {"device": "cam-1", "occurrence": occurrence, "sha256": hashlib.sha256(data).hexdigest()}
    return Media.model_validate(facts | more)


class Told(NamedTuple):
    """An answer of the endpoint."""

    status: int
    body: dict[str, Any]


class NodeFiles(NamedTuple):
    """Certificates as a node has them."""

    ca: Path
    certificate: Path
    key: Path


class MediaHub:
    """The endpoint on the loopback."""

    def __init__(self, url: str, home: Path, **section: Any) -> None:
        self.database, self.folder, self.port = Database(url), home, free_port()
        self.authority = Authority(home / "authority")
        if not self.authority.exists:
            self.authority.create("Thôn Mẫu", NOW)
        given: dict[str, Any] = {"bind": "127.0.0.1", "port": self.port, "spare_mb": 10}
        self.section = MediaSection.model_validate(given | section)
        self.files = Files(self.section.folder or home / "media")
        self.now = 1_795_000_000_000
        self.receiving = Receiving(self.database, self.files, self.section, Wakes(), lambda: self.now)
        self.live = LivePictures(lambda: self.now)
        self.endpoint = Endpoint(self.receiving, self.files, self.section, self._server(), self.live)

    def _server(self) -> ServerFiles:
        issued = self.authority.issue("media", NOW, ["localhost", "127.0.0.1"])
        certificate, key = self.folder / "media.crt", self.folder / "media.key"
        certificate.write_bytes(issued.certificate)
        key.write_bytes(issued.key)
        return ServerFiles(self.authority.certificate_file, self.authority.revocation_file, certificate, key)

    def node(self, name: str, authority: Authority | None = None) -> tuple[NodeFiles, str]:
        """Certificate files for a node, of our authority or another one, and the serial number."""
        issued = (authority or self.authority).issue(name, NOW)
        folder = self.folder / f"{name}-{issued.serial[:6]}"
        folder.mkdir()
        files = NodeFiles(self.authority.certificate_file, folder / "node.crt", folder / "node.key")
        files.certificate.write_bytes(issued.certificate)
        files.key.write_bytes(issued.key)
        return files, issued.serial

    async def announce(self, node: str, body: Media) -> None:
        """The event of a node has arrived."""
        await self.database.write(rows.announce, node, body, self.now, self.now)

    def rows(self) -> list[sa.Row[Any]]:
        """All media."""
        query = sa.select(tables.media).order_by(tables.media.c.id)
        return self.database.read_now(lambda connection: list(connection.execute(query)))


def ask(hub: MediaHub, files: NodeFiles | None, media: Media, data: bytes | None = None, offset: str | int = 0) -> Told:
    """One request, blocking: a question without `data`, else a piece. ssl.SSLError and OSError as they come."""
    context = ssl.create_default_context(cafile=hub.authority.certificate_file)
    if files is not None:
        context.load_cert_chain(files.certificate, files.key)
    connection = HTTPSConnection("127.0.0.1", hub.port, context=context, timeout=20)
    try:
        path = f"/media/{media.occurrence}/{media.sha256}"
        if data is None:
            connection.request("GET", path)
        else:
            connection.request("PATCH", path, body=data, headers={"Upload-Offset": str(offset)})
        answer = connection.getresponse()
        text = answer.read()
        return Told(answer.status, json.loads(text) if text.startswith(b"{") else {})
    finally:
        connection.close()


@asynccontextmanager
async def serving(hub: MediaHub) -> AsyncGenerator[None]:
    """The endpoint, running."""
    task = asyncio.create_task(hub.endpoint.run())
    try:
        async with asyncio.timeout(10):
            while not (await hub.endpoint.health()).ok:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
