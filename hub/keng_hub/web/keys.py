"""What the pages find on the application and on a request."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from keng_hub.channels.channel import Channel, Hooked
from keng_hub.clock import Clock
from keng_hub.database import Database
from keng_hub.deliveries.budgets import Limits
from keng_hub.health import Check
from keng_hub.incidents.emergency import Emergency
from keng_hub.media.files import Files
from keng_hub.media.live import LivePictures
from keng_hub.media.settings import MediaSection
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.metrics import Metrics
from keng_hub.people.settings import Residents
from keng_hub.second_factors import Seal
from keng_hub.store import Store
from keng_hub.wakes import Wakes
from keng_hub.web.duty.shared import Shared
from keng_hub.web.passwords import Passwords
from keng_hub.web.render import Renderer
from keng_hub.web.sessions import Account
from keng_hub.web.stream import Stream


@dataclass(frozen=True)
class SecondFactor:
    """How the second factor is kept, and whether every account has to have one."""

    seal: Seal
    required: bool


@dataclass(frozen=True)
class Site:
    """What the pages need to know of the installation."""

    village: str
    secure: bool
    """Whether browsers come by HTTPS; decides the cookie's name and `Strict-Transport-Security`."""
    url: str
    """The address people type."""
    media: MediaSection

    def keep_days(self, node: str, device: str) -> int:
        """For how many days the media of a camera are kept, by the file."""
        return self.media.days(node, device)


@dataclass(frozen=True)
class Joining:
    """What the pages for joining, and those that print codes for it, need to know."""

    settings: Residents
    channels: frozenset[str]
    """The channels that are set up."""
    url: str
    """Where residents find the pages."""
    controller: str
    """Who keeps the residents' data."""


DATABASE = web.AppKey("database", Database)
STORE: web.AppKey[Store] = web.AppKey("store")
WAKES = web.AppKey("wakes", Wakes)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
SITE = web.AppKey("site", Site)
JOINING = web.AppKey("joining", Joining)
EMERGENCY = web.AppKey("emergency", Emergency)
PARTS: web.AppKey[Mapping[str, Check]] = web.AppKey("parts")
METRICS = web.AppKey("metrics", Metrics)
CHANNELS: web.AppKey[Mapping[str, Channel]] = web.AppKey("channels")
LIMITS: web.AppKey[Mapping[str, Limits]] = web.AppKey("limits")
HOOKED: web.AppKey[Mapping[str, Hooked]] = web.AppKey("hooked")
"""Channels that their providers call, by name."""
MEDIA = web.AppKey("media", Files)
LIVE_PICTURES = web.AppKey("live_pictures", LivePictures)
PASSWORDS = web.AppKey("passwords", Passwords)
METER_DATA = web.AppKey("meter_data", MeterData)
TARIFFS = web.AppKey("tariffs", Tariffs)
RENDERER = web.AppKey("renderer", Renderer)
STREAM = web.AppKey("stream", Stream)
SECOND = web.AppKey("second", SecondFactor)
DESK = web.AppKey("desk", Shared)

ACCOUNT = web.RequestKey("account", Account)
"""Who is logged in; absent when nobody is."""
HALF = web.RequestKey("half", Account)
"""Who gave a password and not yet the second factor: nobody is logged in."""
NAMED = web.RequestKey("named", str)
"""The login name somebody gave who is not logged in yet."""
TYPED: web.RequestKey[dict[str, str]] = web.RequestKey("typed")
"""The fields of the form that came, as somebody typed them: for the page that says what is wrong with them."""
LANGUAGE = web.RequestKey("language", str)
