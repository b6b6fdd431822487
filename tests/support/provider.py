"""Providers of channels on loopback: real HTTP servers that answer as documented, or as badly as a test wants."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

from aiohttp import web


class Call(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The object in the body."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def form(self) -> dict[str, str]:
        """The fields of the form in the body."""
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Reply:
    """How one request is answered; a `dict` body goes out as JSON."""

    body: object = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    latency_s: float = 0.0
    cut: bool = False
    """Take the request and close the connection without an answer."""
    half: bool = False
    """Promise a whole answer, send half of it and close."""

    @property
    def data(self) -> bytes:
        """The bytes of the body."""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


BAD: dict[str, Reply] = {
    "cut off": Reply(cut=True),
    "half an answer": Reply({"ok": True, "error": 0, "CodeResult": "100", "filler": "x" * 5_000}, half=True),
    "too slow": Reply(latency_s=30),
    "no JSON": Reply("<html>xin chờ</html>"),
    "a list": Reply([1, 2]),
    "deeply nested": Reply("[" * 5_000),
    "a huge answer": Reply('{"ok": true, "error": 0, "CodeResult": "100", "x": "' + "x" * 200_000 + '"}'),
    "server error": Reply("", status=500),
    "bad gateway": Reply("<html>502</html>", status=502),
}
"""What no provider should answer; the message may have been taken every time."""


IMPATIENT_S = 0.4
"""How long a channel waits in tests with them."""


class FakeProvider:
    """`async with FakeProvider() as provider`: `script` holds the next replies, `respond` makes all others."""

    def __init__(self, respond: Callable[[Call], Reply] | None = None) -> None:
        self.calls: list[Call] = []
        self.script: list[Reply] = []
        self.respond: Callable[[Call], Reply] = respond or self.usual
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._news = asyncio.Event()

    def usual(self, call: Call) -> Reply:
        """What a provider does that a test wants nothing special of."""
        return Reply({})

    async def waits(self, call: Call) -> None:
        """For providers that keep a caller waiting."""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    def of(self, path: str) -> list[Call]:
        """The calls of an address."""
        return [call for call in self.calls if call.path == path]

    async def wait_for(self, count: int) -> None:
        """Wait until so many requests came."""
        async with asyncio.timeout(10):
            while len(self.calls) < count:
                self._news.clear()
                await self._news.wait()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.method, request.path, dict(request.query), dict(request.headers), await request.read())
        self.calls.append(call)
        self._news.set()
        reply = self.script.pop(0) if self.script else None
        if reply is None:
            await self.waits(call)
            reply = self.respond(call)
        await asyncio.sleep(reply.latency_s)
        if reply.cut and request.transport:
            request.transport.close()
        if reply.half:
            return await _half(request, reply)
        return web.Response(status=reply.status, body=reply.data, headers=reply.headers)


async def _half(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(reply.data))})
    await response.prepare(request)
    await response.write(reply.data[: len(reply.data) // 2])
    if request.transport:
        request.transport.close()
    return response
