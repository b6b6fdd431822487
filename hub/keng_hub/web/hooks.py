"""`/hooks/<channel>`: providers bring receipts and what people send. No session; each channel checks who calls."""

import asyncio
import logging
from collections import OrderedDict

from aiohttp import web

from keng_hub import quarantine
from keng_hub.channels.hooked import NotTaken
from keng_hub.passing import is_passing
from keng_hub.web.keys import CLOCK, DATABASE, HOOKED

log = logging.getLogger("keng.web.hooks")

PATIENCE_S = 10.0
"""Longest time for a whole call, its body included."""
AT_ONCE = 64
"""Calls under way; more are asked to come again, which providers do."""
FREE = 30
"""Refusals a minute and source that are answered one by one and kept aside."""
MINUTE_MS = 60_000
SOURCES = 1_000
"""Sources remembered; the longest silent give way."""


class Refusals:
    """Counts what was refused, for each channel and source.

    It is asked after a call was found wanting, so nobody who only knows the address can keep the provider itself out.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self.under_way = 0

    def too_many(self, channel: str, source: str, now: int) -> bool:
        """Count one more; says whether it is beyond the free ones of this minute."""
        key = (channel, source)
        since, count = self._counts.pop(key, (now, 0))
        if now - since >= MINUTE_MS:
            since, count = now, 0
        self._counts[key] = (since, count + 1)
        while len(self._counts) > SOURCES:
            self._counts.popitem(last=False)
        return count >= FREE


REFUSALS = web.AppKey("refusals", Refusals)


async def hook(request: web.Request) -> web.StreamResponse:
    """Hand the call to its channel; what cannot be taken is kept aside with its reason."""
    name, refusals = request.match_info["channel"], request.app[REFUSALS]
    channel = request.app[HOOKED].get(name)
    if channel is None:
        return _plain(404)
    if refusals.under_way >= AT_ONCE:
        return _plain(503, again_s=5)
    refusals.under_way += 1
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await channel.hook(request)
    except NotTaken as refused:
        return await _refuse(request, name, refused)
    except web.HTTPRequestEntityTooLarge:
        return await _refuse(request, name, NotTaken(413, "larger than a call may be"))
    except TimeoutError:
        return _plain(503, again_s=5)
    except Exception as error:
        if is_passing(error):
            log.warning("a call of %s cannot be kept now: %s", name, type(error).__name__)
        else:
            log.exception("the hook of %s failed", name)  # without the path, which may hold a secret
        return _plain(503, again_s=30)
    finally:
        refusals.under_way -= 1


async def _refuse(request: web.Request, name: str, refused: NotTaken) -> web.Response:
    now = request.app[CLOCK]()
    if request.app[REFUSALS].too_many(name, request.remote or "", now):
        return _plain(429, again_s=60)
    await request.app[DATABASE].write(quarantine.put, f"hooks/{name}", refused.reason, refused.payload, now)
    return _plain(refused.status)


def _plain(status: int, again_s: int | None = None) -> web.Response:
    headers = {} if again_s is None else {"Retry-After": str(again_s)}
    return web.Response(status=status, text=f"{status}\n", headers=headers)
