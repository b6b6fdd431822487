"""The hub as a whole: which parts there are, how they are joined, and how all of them stop."""

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from keng_hub import garbage, installation, migrations, store, watchdog
from keng_hub.broker_probe import client_context
from keng_hub.brokers import child
from keng_hub.brokers.child import Child
from keng_hub.channels.channel import Channel, Hooked, Office, Running, open_channel
from keng_hub.channels.listening import Listening
from keng_hub.channels.page import PageSettings
from keng_hub.channels.selftest import SelfTests
from keng_hub.clock import now_ms
from keng_hub.config import Config, InfluxStoreSection
from keng_hub.database import Database
from keng_hub.dead_days import DeadDays
from keng_hub.deliveries.budgets import Limits
from keng_hub.deliveries.worker import Deliveries
from keng_hub.desired import Desired
from keng_hub.downlink import Downlink
from keng_hub.errors import NotReady
from keng_hub.forward import Forwarder
from keng_hub.health import Check, Health
from keng_hub.housekeeping import RULES, Housekeeping
from keng_hub.identities import alarms
from keng_hub.incidents import pipeline
from keng_hub.incidents.drill_reminder import DrillReminder
from keng_hub.incidents.escalation import Escalation
from keng_hub.incidents.node_tests import NodeTests
from keng_hub.ingest import Ingest
from keng_hub.installation import Installation
from keng_hub.lane import Lanes
from keng_hub.media.endpoint import Endpoint
from keng_hub.media.files import Files
from keng_hub.media.live import LivePictures
from keng_hub.media.purge import Purge
from keng_hub.media.receiving import Receiving
from keng_hub.meterdata import retention
from keng_hub.meterdata.judge import Judge
from keng_hub.metrics import Metrics
from keng_hub.notices.part import Notices
from keng_hub.presence import Presence
from keng_hub.replies.part import Replies
from keng_hub.reports.weekly import WeeklyReports
from keng_hub.revoked import Revoked
from keng_hub.store import Store
from keng_hub.subscriber import Feed, Subscriber, alarm_filters, other_filters
from keng_hub.wakes import Wakes
from keng_hub.warnings.polling import Warnings
from keng_hub.web.app import make_app

log = logging.getLogger("keng.hub")


class Part(Protocol):
    """A long-lived part: one task, and an answer to how it is."""

    def run(self) -> Coroutine[Any, Any, None]:
        """Work until cancelled."""
        ...

    async def health(self) -> Health:
        """Whether it works."""
        ...


@dataclass
class Parts:
    """The running hub: its parts by name, in the order a message meets them."""

    database: Database
    store: Store
    wakes: Wakes = field(default_factory=Wakes)
    metrics: Metrics = field(default_factory=Metrics)
    live: LivePictures = field(default_factory=LivePictures)
    tasks: dict[str, Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=dict[str, Any])
    checks: dict[str, Check] = field(default_factory=dict[str, Check])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])

    def add(self, name: str, part: Part) -> None:
        """Run it, and ask it."""
        self.tasks[name], self.checks[name] = part.run, part.health


async def serve(config: Config) -> None:
    """Be the hub until SIGTERM or SIGINT; NotReady when what it stands on is missing."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        database = open_database(config)
        stack.callback(database.close)
        broker = await _start_broker(config, stack)
        parts = Parts(database, await stack.enter_async_context(open_store(config)))
        parts.checks |= {"database": database.health, "store": parts.store.health}
        if broker:
            parts.add("broker", broker)
        join(config, parts)
        if dog := watchdog.of_systemd([parts.checks["database"], parts.checks["ingest"]]):
            parts.add("watchdog", dog)
        await stack.enter_async_context(_pages(config, parts))
        garbage.collect_rarely()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(), name=name) for name, run in parts.tasks.items()]
            log.info("the hub of %s works, pages at %s", config.village.name, config.web.url)
            await stop.wait()
            log.info("stopping")
            for task in tasks:
                task.cancel()


def join(config: Config, parts: Parts) -> None:
    """Make the parts between broker and people, each with what it needs of the others."""
    database, wakes, metrics = parts.database, parts.wakes, parts.metrics
    lanes = Lanes()
    subscriber = Subscriber(config.broker.host, config.broker.port, _feeds(config, lanes), lanes.offer)
    downlink = Downlink(database, subscriber, wakes)
    presence = Presence(database, pipeline, wakes, listening=lambda: subscriber.connected, metrics=metrics)
    keep_days = config.store.keep_days

    parts.add("subscriber", subscriber)
    parts.add("ingest", Ingest(database, downlink, wakes, pipeline, lanes=lanes, presence=presence, metrics=metrics))
    parts.add("presence", presence)
    parts.add("dead_days", DeadDays(database))
    parts.add("downlink", downlink)
    own = Installation(config)
    revoked = Revoked(own.authority.revocation_file) if own.own_broker else None
    parts.add("desired", Desired(database, downlink, revoked))
    parts.add("forward", Forwarder(database, parts.store, metrics, keep_days))
    parts.add("meter_data", Judge(database, parts.store, config.meter_data, keep_days))
    parts.add("housekeeping", Housekeeping(database, (*RULES, *retention.rules(config.meter_data.keep_days))))
    parts.add("incidents", Escalation(database, wakes))
    parts.add("drills", DrillReminder(database, wakes))
    parts.add("node_tests", NodeTests(database, wakes, config.drills.self_test_hour))
    _join_residents(config, parts)
    parts.add("reports", WeeklyReports(database, wakes, config.web.url))
    _join_media(config, parts)
    parts.channels |= _channels(config, parts)
    for name, channel in parts.channels.items():
        if isinstance(channel, Running):
            parts.add(f"channel_{name}", Listening(name, channel))
    if config.warnings.feeds:
        parts.add("warnings", Warnings(database, wakes, config.warnings))
    parts.add("self_tests", SelfTests(database, parts.channels, wakes))
    limits = {name: Limits.of(section) for name, section in config.channels.items()}
    parts.add("deliveries", Deliveries(database, parts.channels, wakes, link_base=config.web.url, limits=limits))


def _join_residents(config: Config, parts: Parts) -> None:
    """What they are told, and what they say."""
    database, wakes, url = parts.database, parts.wakes, config.web.url
    parts.add("replies", Replies(database, wakes, url, config.emergency, config.media_settings.keep_days))
    automatic, speaking = config.residents.automatic, "loudspeaker" in config.channels
    parts.add("notices", Notices(database, wakes, url, automatic=automatic, speaking=speaking))


def _join_media(config: Config, parts: Parts) -> None:
    server, section, files = Installation(config).media, config.media_settings, Files(config.media_folder)
    if server is not None:
        receiving = Receiving(parts.database, files, section, parts.wakes, now_ms)
        parts.add("media", Endpoint(receiving, files, section, server, parts.live))
        parts.live.served = True
    parts.add("purge", Purge(parts.database, files, section))


def open_database(config: Config) -> Database:
    """The database, brought up to date and with the lists of the file in it; NotReady before `keng-hub init`."""
    if not config.data.is_dir():
        raise NotReady(f"chưa có {config.data}: hãy chạy keng-hub init (missing; run keng-hub init)")
    database = Database(config.database_url)
    try:
        if database.read_now(migrations.current) is None:
            raise NotReady("cơ sở dữ liệu trống: hãy chạy keng-hub init (empty database; run keng-hub init)")
        if migrations.upgrade(database):
            log.info("database brought up to revision %s", migrations.head())
        database.write_now(installation.apply_lists, config, now_ms())
    except BaseException:
        database.close()
        raise
    return database


def open_store(config: Config) -> Store:
    """The time-series store of the configuration, not entered yet."""
    section = config.store
    make: Any = store.kind(section.kind)
    if isinstance(section, InfluxStoreSection):
        made: Store = make(**section.model_dump(exclude={"kind", "keep_days"}))
    else:
        made = make(section.path or config.data / "readings.db")
    return made


def _channels(config: Config, parts: Parts) -> dict[str, Channel]:
    """The channels of the file, and the page, which needs no settings."""
    office = Office(parts.database, now_ms, parts.wakes.after_commit)
    names: dict[str, Any] = {"page": PageSettings(), **config.channels}
    return {name: open_channel(name, settings, office) for name, settings in names.items()}


def _feeds(config: Config, lanes: Lanes) -> list[Feed]:
    identity, group = config.broker.identity, config.broker.shared_group
    return [
        Feed(alarms(identity), alarm_filters(group), lanes.alarms, _tls(config, alarms(identity))),
        Feed(identity, other_filters(group), lanes.rest, _tls(config, identity)),
    ]


def _tls(config: Config, name: str) -> ssl.SSLContext | None:
    files = Installation(config).client(name)
    if files is None:
        return None
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise NotReady(f"chưa có {missing[0]}: hãy chạy keng-hub init (missing; run keng-hub init)")
    return client_context(files)


async def _start_broker(config: Config, stack: AsyncExitStack) -> Child | None:
    command = child.arguments(config)
    if command is None:
        return None
    broker = Child(command, config.broker.host, config.broker.port, read_at_start=config.broker_folder / "ca.crl")
    return await stack.enter_async_context(broker.running())


@asynccontextmanager
async def _pages(config: Config, parts: Parts) -> AsyncGenerator[None]:
    """Serve the pages; NotReady when the port is taken."""
    hooked = {name: channel for name, channel in parts.channels.items() if isinstance(channel, Hooked)}
    also: dict[str, Any] = {
        "metrics": parts.metrics,
        "live_pictures": parts.live,
        "hooked": hooked,
        "channels": parts.channels,
    }
    app = make_app(parts.database, parts.store, parts.wakes, config, parts.checks, **also)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, config.web.host, config.web.port, ssl_context=_web_tls(config)).start()
        except OSError as error:
            raise NotReady(
                f"không mở được cổng {config.web.port} (cannot serve on this port): {error.strerror}; "
                "đổi [web] port (choose another [web] port)"
            ) from None
        yield
    finally:
        await runner.cleanup()


def _web_tls(config: Config) -> ssl.SSLContext | None:
    if config.web.certificate_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(config.web.certificate_file, config.web.key_file)
    return context
