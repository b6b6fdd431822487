"""A partner's system on loopback: a real HTTP server that checks signatures and behaves as badly as it is told to."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

SECRET = "bí-mật-chung"


@dataclass
class Received:
    """One request as it came."""

    document: dict[str, Any]
    headers: dict[str, str]
    signed: bool


@dataclass
class Behaviour:
    """How one request is answered."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    latency_s: float = 0.0
    cut: bool = False
    """Take the request and close the connection without an answer."""


class WebhookReceiver:
    """`async with WebhookReceiver() as receiver`; `script` holds the next behaviours, `usual` all others."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: list[Behaviour] = []
        self.usual = Behaviour()
        self.url = ""
        self.under_way = 0
        self.most_under_way = 0
        self._runner: web.AppRunner | None = None
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/keng", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port: int = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/keng"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def wait_for(self, count: int) -> None:
        """Wait until so many requests came."""
        async with asyncio.timeout(10):
            while len(self.received) < count:
                self._news.clear()
                await self._news.wait()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        given = request.headers.get("X-Keng-Signature", "")
        message = request.headers["X-Keng-Timestamp"].encode() + b"." + body
        expected = "sha256=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        self.received.append(Received(json.loads(body), dict(request.headers), hmac.compare_digest(given, expected)))
        self._news.set()
        behaviour = self.script.pop(0) if self.script else self.usual
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(behaviour.latency_s)
        finally:
            self.under_way -= 1
        if behaviour.cut and request.transport:
            request.transport.close()
        return web.Response(status=behaviour.status, text=behaviour.body, headers=behaviour.headers)
