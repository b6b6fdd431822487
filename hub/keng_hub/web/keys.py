"""What the pages find on the application and on a request."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from keng_hub.channels.channel import Hooked
from keng_hub.clock import Clock
from keng_hub.database import Database
from keng_hub.health import Check
from keng_hub.media.files import Files
from keng_hub.media.live import LivePictures
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.metrics import Metrics
from keng_hub.store import Store
from keng_hub.wakes import Wakes
from keng_hub.web.passwords import Passwords
from keng_hub.web.render import Renderer
from keng_hub.web.sessions import Account
from keng_hub.web.stream import Stream


@dataclass(frozen=True)
class Site:
    """What the pages need to know of the installation."""

    village: str
    secure: bool
    """Whether browsers come by HTTPS; decides the cookie's name and `Strict-Transport-Security`."""


DATABASE = web.AppKey("database", Database)
STORE: web.AppKey[Store] = web.AppKey("store")
WAKES = web.AppKey("wakes", Wakes)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
SITE = web.AppKey("site", Site)
PARTS: web.AppKey[Mapping[str, Check]] = web.AppKey("parts")
METRICS = web.AppKey("metrics", Metrics)
HOOKED: web.AppKey[Mapping[str, Hooked]] = web.AppKey("hooked")
"""Channels that their providers call, by name."""
MEDIA = web.AppKey("media", Files)
LIVE_PICTURES = web.AppKey("live_pictures", LivePictures)
PASSWORDS = web.AppKey("passwords", Passwords)
METER_DATA = web.AppKey("meter_data", MeterData)
TARIFFS = web.AppKey("tariffs", Tariffs)
RENDERER = web.AppKey("renderer", Renderer)
STREAM = web.AppKey("stream", Stream)

ACCOUNT = web.RequestKey("account", Account)
"""Who is logged in; absent when nobody is."""
NAMED = web.RequestKey("named", str)
"""The login name somebody gave who is not logged in yet."""
LANGUAGE = web.RequestKey("language", str)
