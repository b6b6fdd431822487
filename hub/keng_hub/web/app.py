"""The pages as one aiohttp application: its routes are its table of contents."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from keng_hub.clock import Clock, now_ms
from keng_hub.config import Config
from keng_hub.database import Database
from keng_hub.health import Check
from keng_hub.media.files import Files
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.metrics import Metrics
from keng_hub.store import Store
from keng_hub.wakes import Wakes
from keng_hub.web import (
    account,
    acts,
    completeness,
    dead_days,
    devices,
    feeder,
    feeders,
    guards,
    healthz,
    incident,
    incidents,
    keys,
    live,
    login,
    media,
    meter,
    meter_acts,
    meter_export,
    meter_import,
    meter_questions,
    meters,
    node,
    outages,
    point,
    point_acts,
    proofs,
    render,
    reports,
    site_report,
    viewings,
    village,
)
from keng_hub.web.forms import BODY_LIMIT
from keng_hub.web.passwords import Passwords
from keng_hub.web.stream import Stream


def make_app(
    database: Database,
    store: Store,
    wakes: Wakes,
    config: Config,
    parts: Mapping[str, Check],
    clock: Clock = now_ms,
    metrics: Metrics | None = None,
) -> web.Application:
    """The application; `parts` are asked by `/healthz`, name → check; `metrics` are what `/metrics` tells."""
    middlewares = [guards.with_headers, guards.with_errors, guards.with_session, guards.with_origin]
    app = web.Application(middlewares=middlewares, client_max_size=BODY_LIMIT)
    renderer = render.renderer()
    app[keys.DATABASE], app[keys.STORE], app[keys.WAKES], app[keys.CLOCK] = database, store, wakes, clock
    app[keys.SITE] = keys.Site(config.village.name, secure=config.web.url.startswith("https://"))
    app[keys.PARTS] = parts
    app[keys.METER_DATA], app[keys.TARIFFS] = config.meter_data, Tariffs(config.meter_data.tariffs)
    app[keys.MEDIA] = Files(config.media_folder)
    if metrics is not None:
        app[keys.METRICS] = metrics
    app[keys.PASSWORDS] = Passwords()
    app[keys.RENDERER] = renderer
    app[keys.STREAM] = Stream(database, wakes)
    app[live.SOCKETS] = set()
    app.add_routes(_routes())
    app.router.add_static(renderer.static, render.STATIC)
    app.cleanup_ctx.append(_streaming)
    app.on_shutdown.append(live.close_all)
    return app


def _routes() -> list[web.RouteDef]:
    return [
        web.get("/", login.start),
        web.get("/login", login.show),
        web.post("/login", login.log_in),
        web.post("/logout", login.log_out),
        web.post("/language", login.choose_language),
        web.get("/account", account.show),
        web.get("/account/password", account.show_password),
        web.post("/account/password", account.change_password),
        web.post("/account/sessions", account.end_others),
        web.get("/incidents", incidents.show),
        web.get("/incidents/strip", incidents.strip),
        web.get(r"/incidents/{id:\d{1,15}}", incident.show),
        web.post(r"/incidents/{id:\d{1,15}}/{act}", acts.act),
        web.get(r"/snapshots/{id:\d{1,15}}", incident.snapshot),
        web.post(r"/incidents/{id:\d{1,15}}/media/{media:\d{1,15}}/watch", media.watch),
        web.post(r"/incidents/{id:\d{1,15}}/media/{media:\d{1,15}}/export", media.export),
        web.get(r"/media/{id:\d{1,15}}", media.still),
        web.get("/viewings", viewings.show),
        web.get(r"/viewings/{id:\d{1,15}}", media.viewing),
        web.get(r"/viewings/{id:\d{1,15}}/clip", media.clip),
        web.get("/devices", devices.show),
        web.get("/devices/{node}/{device}", point.show),
        web.post("/devices/{node}/{device}/{act}", point_acts.act),
        web.get("/proofs", proofs.show),
        web.get(r"/proofs/photos/{id:\d{1,15}}", point.photo),
        web.get("/dead-days", dead_days.show),
        web.get("/dead-days/export", dead_days.export),
        web.post(r"/dead-days/{id:\d{1,15}}", dead_days.note),
        web.get("/reports", reports.show),
        web.get(f"/reports/{{code:{reports.CODE}}}", reports.one),
        web.get(f"/reports/{{code:{reports.CODE}}}/content", reports.content),
        web.get("/nodes/{node}", node.show),
        web.get("/nodes/{node}/report", site_report.show),
        web.get("/meters", meters.show),
        web.get("/meters/{node}/{device}", meter.show),
        web.get("/meters/{node}/{device}/export", meter_export.of_meter),
        web.post("/meters/{node}/{device}/correct", meter_acts.correct),
        web.post("/meters/{node}/{device}/withdraw", meter_acts.withdraw),
        web.post(r"/meters/{node}/{device}/questions/{id:\d{1,15}}", meter_questions.answer_at_meter),
        web.get("/questions", meter_questions.show),
        web.post(r"/questions/{id:\d{1,15}}", meter_questions.answer),
        web.get("/village", village.show),
        web.get("/village/export", meter_export.of_village),
        web.get("/feeders", feeders.show),
        web.get("/feeders/{node}/{device}", feeder.show),
        web.post("/feeders/{node}/{device}/meters", feeder.assign),
        web.get("/outages", outages.show),
        web.get("/completeness", completeness.show),
        web.get("/imports", meter_import.show),
        web.post("/imports", meter_import.upload),
        web.get(r"/imports/{id:\d{1,15}}", meter_import.preview),
        web.post(r"/imports/{id:\d{1,15}}/confirm", meter_import.confirm),
        web.post(r"/imports/{id:\d{1,15}}/drop", meter_import.drop),
        web.get("/live", live.connect),
        web.get("/healthz", healthz.health),
        web.get("/metrics", healthz.metrics),
    ]


async def _streaming(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[keys.STREAM].run(), name="web.stream")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
