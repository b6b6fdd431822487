"""How fast a channel may go and what it may cost: a token bucket in the process, and money summed from the ledger."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Channel, Outgoing, Parted, Priced
from keng_hub.channels.settings import ChannelSection
from keng_hub.deliveries.quiet import start_of_day
from keng_hub.tables import attempt
from keng_wire.alarm import Category

DAILY_CAP = "daily_cap"
"""The error code of what the day's money did not suffice for."""

_MINUTE_MS = 60_000


class Limits(NamedTuple):
    """What a channel may do, by its settings."""

    slots: int = 12
    per_minute: float | None = None
    burst: int = 10
    daily_cap: int | None = None

    @classmethod
    def of(cls, section: object) -> Self:
        """The limits of a channel with these settings; a channel without any, as the page, has none."""
        if not isinstance(section, ChannelSection):
            return cls()
        return cls(section.slots, section.per_minute, section.burst, section.daily_cap)

    @property
    def reserved(self) -> int:
        """Slots kept for fire and medical, so that slow ordinary messages never hold them up."""
        return self.slots // 3


class Bucket:
    """Tokens that come back with time, one for each part of a message: an SMS of three parts takes three.

    A message begins while one token is left; what its other parts take beyond that is owed, and paid back first.
    Messages that are neither fire nor medical owe out of their own two thirds alone: no long notice holds up a fire.
    """

    def __init__(self, limits: Limits) -> None:
        self._burst = limits.burst
        self._each_ms = _MINUTE_MS / limits.per_minute if limits.per_minute else 0.0
        self._all = self._urgent = 0.0
        """What is owed, in ms: by all messages, and as far as urgent ones have to wait for it."""
        self._at = 0

    def left(self, now: int) -> int | None:
        """Parts that may begin now; None where nothing limits them."""
        self._pay_back(now)
        return self._tokens(self._urgent)

    def left_for_ordinary(self, now: int) -> int | None:
        """The same for messages that are neither fire nor medical: a third stays for those."""
        self._pay_back(now)
        left = self._tokens(self._all)
        return None if left is None else max(0, left - self._burst // 3)

    def take(self, parts: int, now: int, *, urgent: bool = False) -> None:
        """A message of so many parts began."""
        self._pay_back(now)
        taken = parts * self._each_ms
        share = (self._burst - self._burst // 3) * self._each_ms
        self._all += taken
        self._urgent = self._urgent + taken if urgent else max(self._urgent, min(self._urgent + taken, share))

    def _tokens(self, owed: float) -> int | None:
        if not self._each_ms:
            return None
        return max(0, int(self._burst - owed / self._each_ms + 1e-6))

    def _pay_back(self, now: int) -> None:
        """What the time since the last look is worth; a clock that was set back forgives nothing and costs nothing."""
        paid, self._at = max(0, now - self._at), now
        self._all, self._urgent = max(0.0, self._all - paid), max(0.0, self._urgent - paid)


class Purse(NamedTuple):
    """What messages of a channel cost, and the most they may cost a day (đồng; None: no cap)."""

    price: Callable[[Outgoing], int]
    daily_cap: int | None

    def allows(self, message: Outgoing, price: int, spent: int) -> bool:
        """Whether it may be sent; a real fire always may."""
        fire = message.category == Category.FIRE.value and not message.drill
        return fire or self.daily_cap is None or spent + price <= self.daily_cap


def parted(channels: Mapping[str, Channel], limits: Mapping[str, Limits]) -> dict[str, Callable[[Outgoing], int]]:
    """How many parts a message has, for each channel that has a rate and counts them."""
    return {
        name: channel.parts
        for name, channel in channels.items()
        if isinstance(channel, Parted) and limits[name].per_minute is not None
    }


def purses(channels: Mapping[str, Channel], limits: Mapping[str, Limits]) -> dict[str, Purse]:
    """The purse of each channel that knows its prices."""
    return {
        name: Purse(channel.price, limits[name].daily_cap)
        for name, channel in channels.items()
        if isinstance(channel, Priced)
    }


def spent_today(connection: Connection, channel: str, now: int) -> int:
    """Đồng that this channel has cost since midnight, tries under way included."""
    query = sa.select(sa.func.coalesce(sa.func.sum(attempt.c.cost), 0))
    query = query.where(attempt.c.channel == channel, attempt.c.charged >= start_of_day(now))
    return int(connection.execute(query).scalar_one())
