"""`/healthz` asks each part of the hub; `/metrics` tells Prometheus. Details stay on the machine or with a login."""

import asyncio
import ipaddress
import logging

from aiohttp import web

from keng_hub.health import Check, Health
from keng_hub.metrics import CONTENT_TYPE
from keng_hub.web.keys import ACCOUNT, DATABASE, METRICS, PARTS
from keng_hub.web.permissions import Action, may

log = logging.getLogger("keng.web.health")

PATIENCE_S = 5.0


async def health(request: web.Request) -> web.StreamResponse:
    """200 when every part did its work just now, else 503."""
    parts = request.app[PARTS]
    answers = dict(zip(parts, await asyncio.gather(*map(_ask, parts.values())), strict=True))
    ok = all(answer.ok for answer in answers.values())
    body: dict[str, object] = {"ok": ok}
    if _insider(request):
        body["parts"] = {name: {"ok": answer.ok, "detail": answer.detail} for name, answer in answers.items()}
    return web.json_response(body, status=200 if ok else 503)


async def metrics(request: web.Request) -> web.StreamResponse:
    """The Prometheus exposition of this process."""
    if not _insider(request):
        raise web.HTTPForbidden
    if METRICS not in request.app:
        raise web.HTTPNotFound
    body = await request.app[METRICS].exposition(request.app[DATABASE])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


async def _ask(check: Check) -> Health:
    try:
        return await asyncio.wait_for(check(), PATIENCE_S)
    except TimeoutError:
        return Health(False, f"no answer within {PATIENCE_S:.0f} s")
    except Exception as error:  # noqa: BLE001 a part that fails to say how it is, is not well; the others still answer
        log.warning("health check failed: %s", error)
        return Health(False, type(error).__name__)


def _insider(request: web.Request) -> bool:
    """On this machine (and not through a proxy on it), or logged in with the right to it."""
    account = request.get(ACCOUNT)
    if account is not None and may(account, Action.SEE_PARTS):
        return True
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback and not forwarded
    except ValueError:
        return False
