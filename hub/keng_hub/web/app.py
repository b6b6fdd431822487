"""The pages as one aiohttp application: what they share, and how they begin and end."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from aiohttp import web

from keng_hub.channels.channel import Channel, Hooked
from keng_hub.clock import Clock, now_ms
from keng_hub.config import Config
from keng_hub.database import Database
from keng_hub.deliveries.budgets import Limits
from keng_hub.health import Check
from keng_hub.media.files import Files
from keng_hub.media.live import LivePictures
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.metrics import Metrics
from keng_hub.second_factors import Seal
from keng_hub.store import Store
from keng_hub.wakes import Wakes
from keng_hub.web import guards, hooks, keys, live, lock, render
from keng_hub.web.audited import with_audit
from keng_hub.web.duty.shared import Shared
from keng_hub.web.forms import BODY_LIMIT
from keng_hub.web.once import LASTS, Lasts, with_lasts
from keng_hub.web.passwords import Passwords
from keng_hub.web.refill import with_refill
from keng_hub.web.routes import ROUTES
from keng_hub.web.stream import Stream


def make_app(
    database: Database,
    store: Store,
    wakes: Wakes,
    config: Config,
    parts: Mapping[str, Check],
    clock: Clock = now_ms,
    metrics: Metrics | None = None,
    live_pictures: LivePictures | None = None,
    hooked: Mapping[str, Hooked] = MappingProxyType({}),
    channels: Mapping[str, Channel] = MappingProxyType({}),
) -> web.Application:
    """The application; `parts` are asked by `/healthz`, name → check; `metrics` are what `/metrics` tells.

    `hooked` are the channels that their providers call at `/hooks/<name>`, `channels` all of them.
    """
    middlewares = [guards.with_headers, with_refill, guards.with_errors, guards.with_session, with_audit]
    middlewares += [guards.with_origin, guards.with_limit, lock.with_lock, with_lasts]
    app = web.Application(middlewares=middlewares, client_max_size=BODY_LIMIT)
    renderer = render.renderer()
    app[keys.DATABASE], app[keys.STORE], app[keys.WAKES], app[keys.CLOCK] = database, store, wakes, clock
    secure = config.web.url.startswith("https://")
    app[keys.SITE] = keys.Site(config.village.name, secure, config.web.url, config.media_settings)
    residents = config.residents
    app[keys.JOINING] = keys.Joining(
        residents, frozenset(config.channels), config.web.url, residents.controller or config.village.name
    )
    app[keys.EMERGENCY] = config.emergency
    app[keys.PARTS] = parts
    app[keys.METER_DATA], app[keys.TARIFFS] = config.meter_data, Tariffs(config.meter_data.tariffs)
    app[keys.MEDIA] = Files(config.media_folder)
    app[keys.LIVE_PICTURES] = live_pictures or LivePictures(clock)
    if metrics is not None:
        app[keys.METRICS] = metrics
    app[keys.PASSWORDS] = Passwords()
    app[keys.RENDERER] = renderer
    app[keys.STREAM] = Stream(database, wakes)
    app[keys.CHANNELS] = channels
    app[keys.LIMITS] = {name: Limits.of(section) for name, section in config.channels.items()}
    app[keys.HOOKED], app[hooks.REFUSALS] = hooked, hooks.Refusals()
    seal = Seal(config.data / "second-factor.key")
    app[keys.SECOND] = keys.SecondFactor(seal, required=config.web.second_factor_for_all)
    app[keys.DESK], app[LASTS] = Shared(), Lasts()
    app[lock.AFTER] = lock.After.of(config.web)
    app[live.SOCKETS] = set()
    app.add_routes(ROUTES)
    app.router.add_static(renderer.static, render.STATIC)
    app.cleanup_ctx.append(_streaming)
    app.on_shutdown.append(live.close_all)
    return app


async def _streaming(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[keys.STREAM].run(), name="web.stream")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
