"""What is sent twice is done once: a second press, or a phone that did not hear the answer and sends again."""

import asyncio
import hashlib
from collections import OrderedDict
from functools import wraps
from typing import Final, NamedTuple

from aiohttp import web

from keng_hub.web.guards import SAFE
from keng_hub.web.keys import ACCOUNT, CLOCK
from keng_hub.web.permissions import Handler

AGAIN_MS: Final = 30_000
"""So long the same form, sent by the same screen right after, is the same act and no other one."""
SCREENS: Final = 1_000
"""Screens remembered; the longest silent give way."""
LARGEST: Final = 256 * 1024
"""Bytes of an answer that is kept."""


class Answer(NamedTuple):
    """What the first one was told."""

    status: int
    location: str = ""
    page: bytes = b""

    def again(self) -> web.Response:
        """The same once more."""
        if self.location:
            raise web.HTTPSeeOther(self.location)
        return web.Response(status=self.status, body=self.page, content_type="text/html", charset="utf-8")


class Last(NamedTuple):
    """The last form of a screen, when it came, and what it was told; None when it was refused."""

    path: str
    digest: bytes
    at: int
    answer: "asyncio.Future[Answer | None]"


Lasts = OrderedDict[str, Last]
LASTS: web.AppKey[Lasts] = web.AppKey("lasts")
"""Session → its last form, in this process."""


@web.middleware
async def with_lasts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Another act in between, and the same form is a new one: what was muted, ended and muted again is muted."""
    lasts = request.app[LASTS]
    if request.method not in SAFE and ACCOUNT in request:
        last = lasts.get(request[ACCOUNT].session)
        if last is not None and last.path != request.path_qs:
            del lasts[request[ACCOUNT].session]
    return await handler(request)


def once(handler: Handler) -> Handler:
    """Decorate a handler that makes something new: the same form again gets the first one's answer and makes nothing.

    Acts that their own state guards need none of this, and those that somebody may mean to repeat must not have it.
    """

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        session, now, lasts = request[ACCOUNT].session, request.app[CLOCK](), request.app[LASTS]
        digest = hashlib.sha256(await request.read()).digest()
        last = lasts.pop(session, None)
        if last is not None and (last.path, last.digest) == (request.path_qs, digest) and abs(now - last.at) < AGAIN_MS:
            lasts[session] = last
            known = await asyncio.shield(last.answer)
            if known is not None:
                return known.again()
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        lasts[session] = Last(request.path_qs, digest, now, answer)
        while len(lasts) > SCREENS:
            lasts.popitem(last=False)
        try:
            return _keep(answer, await handler(request))
        except web.HTTPSeeOther as done:
            answer.set_result(Answer(done.status, location=done.headers["Location"]))
            raise
        finally:
            if not answer.done():
                answer.set_result(None)

    return guarded


def _keep(answer: "asyncio.Future[Answer | None]", response: web.StreamResponse) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else None
    if response.status == 200 and isinstance(body, bytes) and len(body) <= LARGEST:
        answer.set_result(Answer(200, page=body))
    return response
