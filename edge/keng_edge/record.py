"""One numbered record of the outbox, and the message it becomes."""

import json
from typing import NamedTuple

from keng_edge.clock import Clock
from keng_wire import SCHEMA_VERSION
from keng_wire.conditions import ClockQuality
from keng_wire.event import Gap
from keng_wire.topics import MessageClass

ROW_BYTES = 60  # what a record takes beside its body, about
GAP_REASON = "Bộ nhớ trạm đầy, bỏ bản ghi cũ nhất (node storage full, oldest given up)"


class Stamp(NamedTuple):
    """When something happened: boot, UTC ms and its quality, ms since boot."""

    boot: str
    at: int
    clock: ClockQuality
    up: int


def stamp(clock: Clock, up: int | None = None) -> Stamp:
    """The stamp of now, or of an earlier moment of this boot."""
    now = clock.up_ms()
    then = now if up is None else min(max(0, up), now)
    return Stamp(clock.boot, max(0, clock.utc_ms() - (now - then)), clock.quality(), then)


class Row(NamedTuple):
    """One record. `given_up` > 0 makes it a gap: so many messages, numbered `first` to `number`, are gone."""

    number: int
    given_up: int
    first: int
    boot: str
    at: int
    clock: str
    up: int
    body: bytes

    @property
    def size(self) -> int:
        """Bytes, about."""
        return ROW_BYTES + len(self.body)


def compose(node: str, stream: str, cls: MessageClass, row: Row) -> bytes:
    """The message of a record, without the time of sending (`keng_wire.message.stamped` adds it)."""
    envelope: dict[str, object] = {"v": SCHEMA_VERSION, "node": node, "stream": stream, "number": row.number}
    envelope |= {"boot": row.boot, "at": row.at, "clock": row.clock, "up": row.up, "class": cls.value}
    body = row.body
    if row.given_up:
        body = Gap(first=row.first, count=row.given_up, reason=GAP_REASON).model_dump_json().encode()
    return json.dumps(envelope, separators=(",", ":"))[:-1].encode() + b',"body":' + body + b"}"
