"""How fast a channel may go and what it may cost: a token bucket in the process, and money summed from the ledger."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Channel, Outgoing, Priced
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
    """Tokens that come back with time. It keeps the moment at which it will be full again: one number, no drift."""

    def __init__(self, limits: Limits) -> None:
        self._burst = limits.burst
        self._each_ms = _MINUTE_MS / limits.per_minute if limits.per_minute else 0.0
        self._full_at = 0.0

    def left(self, now: int) -> int | None:
        """Messages that may begin now; None where nothing limits them."""
        if not self._each_ms:
            return None
        owed = min(max(0.0, self._full_at - now), self._burst * self._each_ms)
        return int(self._burst - owed / self._each_ms + 1e-6)

    def left_for_ordinary(self, now: int) -> int | None:
        """The same for messages that are neither fire nor medical: a third stays for those."""
        left = self.left(now)
        return None if left is None else max(0, left - self._burst // 3)

    def take(self, count: int, now: int) -> None:
        """So many began. A clock that was set back costs one full bucket at most."""
        longest = self._burst * self._each_ms
        owed = min(max(0.0, self._full_at - now), longest)
        self._full_at = now + min(owed + count * self._each_ms, longest)


class Purse(NamedTuple):
    """What messages of a channel cost, and the most they may cost a day (đồng; None: no cap)."""

    price: Callable[[Outgoing], int]
    daily_cap: int | None

    def allows(self, message: Outgoing, price: int, spent: int) -> bool:
        """Whether it may be sent; a real fire always may."""
        fire = message.category == Category.FIRE.value and not message.drill
        return fire or self.daily_cap is None or spent + price <= self.daily_cap


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
