"""What a notice to many would cost, before anybody sends it."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Channel, Outgoing, Parted, Priced
from keng_hub.deliveries.ledger import Text
from keng_hub.tables import recipient


class Estimate(NamedTuple):
    """One channel's share: how many begin there, at most how many it may be, and đồng for either.

    `parts` is the most that one message takes (an SMS may need several), 1 where there are no parts.
    """

    channel: str
    first: int
    most: int
    parts: int
    dong: int
    most_dong: int


def estimate(
    connection: Connection, channels: Mapping[str, Channel], recipients: Collection[str], text: Text
) -> list[Estimate]:
    """What sending `text` to these recipients costs on each channel of their ladders, the dearest first.

    A ladder ends at the first step that is accepted, so `dong` is what is to be expected and `most_dong` what it can
    come to when first steps fail.
    """
    first: Counter[str] = Counter()
    addresses: dict[str, list[tuple[str, bool]]] = {}
    for ladder in _ladders(connection, recipients):
        for n, step in enumerate(ladder):
            if step["channel"] in channels:
                first[step["channel"]] += n == 0
                addresses.setdefault(step["channel"], []).append((step["address"], n == 0))
    found = [_of(name, channels[name], steps, first[name], text) for name, steps in addresses.items()]
    return sorted(found, key=lambda one: (-one.most_dong, one.channel))


def _of(name: str, channel: Channel, steps: list[tuple[str, bool]], first: int, text: Text) -> Estimate:
    parts, dong, most = 1, 0, 0
    for address, is_first in steps:
        message = _sample(address, text)
        price = channel.price(message) if isinstance(channel, Priced) else 0
        dong, most = dong + (price if is_first else 0), most + price
        parts = max(parts, channel.parts(message) if isinstance(channel, Parted) else 1)
    return Estimate(name, first, len(steps), parts, dong, most)


def _ladders(connection: Connection, recipients: Collection[str]) -> list[list[dict[str, str]]]:
    wanted = set(recipients)
    rows = connection.execute(sa.select(recipient.c.id, recipient.c.ladder).where(recipient.c.active))
    return [row.ladder for row in rows if row.id in wanted]


def _sample(address: str, text: Text) -> Outgoing:
    return Outgoing(
        key="0" * 32,
        address=address,
        kind="notice",
        category="info",
        short_code="TB-0000",
        body_vi=text.vi,
        body_ascii=text.ascii,
        body_en=text.en,
        drill=False,
        created=0,
        expires=0,
        sent=0,
    )
