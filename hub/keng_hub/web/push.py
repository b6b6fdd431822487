"""Browser notifications of one's own account: the hub's key, this browser on and off, and what shows a message."""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from keng_hub.channels import push_subscriptions
from keng_hub.channels.web_push import WebPush
from keng_hub.web.answers import translate
from keng_hub.web.forms import Form, read
from keng_hub.web.keys import ACCOUNT, CHANNELS, CLOCK, DATABASE, RENDERER
from keng_hub.web.permissions import Action, require

Endpoint = Annotated[str, StringConstraints(min_length=12, max_length=1_000, pattern=r"^https?://\S+$")]
Key = Annotated[str, StringConstraints(min_length=16, max_length=100, pattern=r"^[A-Za-z0-9_-]+=*$")]


class Browser(Form):
    """A subscription as the browser made it (Push API, W3C)."""

    endpoint: Endpoint
    p256dh: Key
    auth: Annotated[Key, StringConstraints(max_length=40)]


class Gone(Form):
    """A subscription that ended."""

    endpoint: Endpoint


@require(Action.OWN_ACCOUNT)
async def key(request: web.Request) -> web.StreamResponse:
    """The hub's public key; 404 where nobody can be pushed to."""
    return web.json_response({"key": _channel(request).public_key})


@require(Action.OWN_ACCOUNT)
async def begin(request: web.Request) -> web.StreamResponse:
    """Push to this browser from now on. Only services that are listed are taken: the hub will call them."""
    form = await read(request, Browser)
    if not _channel(request).knows(form.endpoint):
        return web.json_response({"problem": translate(request, "This cannot be used.")}, status=422)
    values = (form.endpoint, form.p256dh, form.auth, request[ACCOUNT].id, request.app[CLOCK]())
    await request.app[DATABASE].write(push_subscriptions.keep, *values)
    return web.Response(status=204)


@require(Action.OWN_ACCOUNT)
async def end(request: web.Request) -> web.StreamResponse:
    """No longer."""
    form = await read(request, Gone)
    account_id, now = request[ACCOUNT].id, request.app[CLOCK]()
    await request.app[DATABASE].write(push_subscriptions.drop_endpoint, form.endpoint, account_id, now)
    return web.Response(status=204)


@require(Action.OWN_ACCOUNT)
async def worker(request: web.Request) -> web.StreamResponse:
    """The service worker that shows messages; it keeps nothing and sees no page."""
    file = f"{request.app[RENDERER].static}/push_worker.js"
    text = f'importScripts("{file}");\n'
    return web.Response(text=text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _channel(request: web.Request) -> WebPush:
    channel = request.app[CHANNELS].get("web_push")
    if not isinstance(channel, WebPush):
        raise web.HTTPNotFound
    return channel
