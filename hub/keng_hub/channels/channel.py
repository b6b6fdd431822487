"""What a channel is: it takes one message and says what became of it; the ledger decides what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self, runtime_checkable

from aiohttp import web

from keng_hub.database import Database
from keng_hub.incidents.msgid import N_


class Result(StrEnum):
    """What became of one try."""

    ACCEPTED = "accepted"  # the provider took it; whether it reached the person is another question
    RETRY = "retry"
    FAILED = "failed"


class ErrorClass(StrEnum):
    """Why a try did not succeed; `deliveries.consequences` has what follows from each."""

    TOKEN = "token"  # noqa: S105 - a class of errors, not a secret
    PERMISSION = "permission"
    UNREACHABLE = "unreachable"
    WINDOW = "window"
    NIGHT = "night"
    QUOTA = "quota"
    MONEY = "money"
    PARAMS = "params"
    TRANSIENT = "transient"


_TRY_AGAIN = frozenset({ErrorClass.TOKEN, ErrorClass.TRANSIENT})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one address. Times are UTC ms; the bodies hold no resident's name."""

    key: str
    """Idempotency key, the same for every try: a receiver may drop what it has seen."""
    address: str
    kind: str
    category: str
    short_code: str
    body_vi: str
    body_ascii: str
    body_en: str
    drill: bool
    created: int
    expires: int
    sent: int
    incident: int | None = None
    code: str | None = None
    link: str | None = None
    """The guarded page with the rest."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one try. `uncertain` means that it may have reached the person although nobody said so."""

    result: Result
    error_class: ErrorClass | None = None
    error_code: str | None = None
    provider_id: str | None = None
    uncertain: bool = False
    retry_after_ms: int | None = None
    cost: int | None = None

    @classmethod
    def accepted(cls, provider_id: str | None = None, cost: int | None = None) -> Self:
        """The provider said yes."""
        return cls(Result.ACCEPTED, provider_id=provider_id, cost=cost)

    @classmethod
    def refused(
        cls, error_class: ErrorClass, code: str, *, uncertain: bool = False, retry_after_ms: int | None = None
    ) -> Self:
        """The provider said no, or nothing; `code` is what it said, without any secret, at most 40 characters."""
        result = Result.RETRY if error_class in _TRY_AGAIN else Result.FAILED
        return cls(result, error_class, code[:40], uncertain=uncertain, retry_after_ms=retry_after_ms)


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of a person. `provider_id` tells two of a channel apart; `at` is the provider's time, UTC ms."""

    channel: str
    address: str
    provider_id: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Office:
    """What the hub lends to a channel. What a person sends goes to `replies.inbox.take` in a write of `database`."""

    database: Database
    clock: Callable[[], int]
    wake: Callable[[], None]
    """Says that the channel committed something that others should see."""


class Channel(Protocol):
    """A way to reach people.

    A class of this kind also has `Settings`, the pydantic model of its `[channels.NAME]`, and is made by
    `Class(settings, office)`.
    """

    async def send(self, message: Outgoing) -> Outcome:
        """Try once, within the channel's own time limit; errors of the other side are outcomes, not exceptions."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class Refreshing(Protocol):
    """The ability to get a new token when the provider says that the old one ran out."""

    async def refresh(self) -> None:
        """Get a new token, durably, before it is used."""
        ...


@runtime_checkable
class Running(Protocol):
    """The ability to listen by itself: to poll a provider, to wait for a modem."""

    async def run(self) -> None:
        """Work until cancelled; what the other side does is never an exception."""
        ...


@runtime_checkable
class Hooked(Protocol):
    """The ability to be called by its provider, at `/hooks/<channel>` and below."""

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """Check who calls, keep what is said, answer within two seconds."""
        ...


@runtime_checkable
class Checkable(Protocol):
    """The ability to say whether it works without bothering a person."""

    async def check(self) -> Outcome:
        """Ask the provider: the daily self-test."""
        ...


@runtime_checkable
class Priced(Protocol):
    """The ability to say beforehand what a message costs."""

    def price(self, message: Outgoing) -> int:
        """Đồng, for one address."""
        ...


@runtime_checkable
class Parted(Protocol):
    """The ability to say in how many parts a message goes: an SMS of many characters is several."""

    def parts(self, message: Outgoing) -> int:
        """How many, for one address."""
        ...


class Where(StrEnum):
    """Where a destination stands, as far as the law on personal data asks."""

    LOCAL = "local"  # in the office or the village, on our own network
    VIETNAM = "vietnam"
    ABROAD = "abroad"  # needs a dossier of transfer (Law 91/2025/QH15, Article 20)
    UNKNOWN = "unknown"  # nobody has said: counts as abroad until somebody does


@dataclass(frozen=True, slots=True)
class Destination:
    """One line of the outbound register: a host that gets something, where it stands, and what it gets, in words."""

    host: str
    where: Where
    data: str


MESSAGE = N_("Alarms and notices: place, cause, time and short code; no resident’s name")
"""What every message holds."""


def where(abroad: bool | None) -> Where:
    """What the setting `abroad` says."""
    return Where.UNKNOWN if abroad is None else Where.ABROAD if abroad else Where.VIETNAM


@runtime_checkable
class Outbound(Protocol):
    """The duty to say what leaves the hub; every channel has it."""

    def hosts(self) -> Sequence[Destination]:
        """Every host this channel may call, with what it is told; empty when nothing leaves."""
        ...


def open_channel(kind: str, settings: Any, office: Office) -> Channel:
    """Make the channel `kind`; KeyError when there is none of that name."""
    from importlib import import_module

    from keng_hub.channels import CHANNELS

    module, _, name = CHANNELS[kind].partition(":")
    channel: Channel = getattr(import_module(module), name)(settings, office)
    return channel
