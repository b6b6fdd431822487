"""When something really happened: stamps of clocks that cannot be trusted are reckoned anew from the boot's uptime.

Each message says how long the node had been up when it happened and when it was sent. UTC at boot is therefore known
from any message of that boot: exactly when its clock was set, otherwise from the fastest one that came in.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import boot_clock
from keng_hub.upsert import insert
from keng_wire.conditions import ClockQuality
from keng_wire.message import Message, Sent
from keng_wire.reading import Readings

EARLIEST: Final = 1_704_067_200_000
"""2024-01-01; no node is older, so an earlier stamp is a clock that never was set."""

AHEAD_MS: Final = 5 * 60_000
"""How far a stamp may lie before us in time."""

FRESH_MS: Final = 24 * 3_600_000
"""A boot's offset older than this gives way to a new one: crystals drift by seconds a day."""

JITTER_MS: Final = 50
"""A smaller gain in accuracy is not worth a write."""

CLOSE_MS: Final = 5_000
"""Reckoned readings that overlap those of the message before by so much at most are put behind them."""

REMEMBERED: Final = 10_000
"""Boots kept in memory; all are in the table."""


@dataclass(frozen=True, slots=True)
class _Offset:
    ms: int
    seen: int


class BootClocks:
    """The offset of each boot of each node: UTC ms = offset + uptime ms."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Offset] = {}
        self._newest: dict[tuple[str, str], int] = {}

    def learn(self, connection: Connection, node: str, sent: Sent, received: int) -> int:
        """Take note of when a message left the node and when it came in; gives when it left, UTC ms of the hub."""
        if received < EARLIEST:
            return received  # our own clock is not set; it would spoil what is known
        offset = (min(sent.at, received) if _is_exact(sent, received) else received) - sent.up
        known = self._offset(connection, node, sent.boot)
        if known is None or offset < known.ms - JITTER_MS or received - known.seen > FRESH_MS:
            known = _Offset(offset, received)
            self._store(connection, node, sent.boot, known)
        return min(received, known.ms + sent.up)

    def repair(self, connection: Connection, message: Message, received: int) -> tuple[int, bool]:
        """When a message's matter happened (UTC ms), and whether that is our reckoning rather than its stamp."""
        at, reckoned = self._reckon(connection, message, received)
        if reckoned and isinstance(message.body, Readings):
            at = self._behind_the_last(message, at, [row.offset for row in message.body.rows])
        return at, reckoned

    def _behind_the_last(self, message: Message, at: int, offsets: list[int]) -> int:
        """Keep the readings of a boot apart while its offset gets better: two at one time would be one in the store."""
        key = message.node, message.boot
        first, last = at + min(offsets), self._newest.get(key)
        if last is not None and 0 <= last - first < CLOSE_MS:
            at += last + 1 - first
        if len(self._newest) >= REMEMBERED:
            self._newest.clear()
        self._newest[key] = at + max(offsets)
        return at

    def _reckon(self, connection: Connection, message: Message, received: int) -> tuple[int, bool]:
        at, sent = message.at, message.sent
        if received < EARLIEST or (message.clock is not ClockQuality.UNKNOWN and is_sane(at, received)):
            return at, False
        if sent is not None and sent.boot == message.boot and _is_exact(sent, received):
            return min(sent.at - sent.up + message.up, received), True
        known = self._offset(connection, message.node, message.boot)
        if known is not None:
            return min(known.ms + message.up, received), True
        if is_sane(at, received):
            return at, True  # a clock saved at the last shutdown: too early by the time the power was off, no more
        return min(self._bound(connection, message, received) + message.up, received), True

    def _bound(self, connection: Connection, message: Message, received: int) -> int:
        """Without any exchange in its boot: it ended before the boot that sends. Keeps the distances between stamps."""
        sent = message.sent
        sending = self._offset(connection, message.node, sent.boot) if sent is not None else None
        offset = (sending.ms if sending else received) - message.up
        self._store(connection, message.node, message.boot, _Offset(offset, received))
        return offset

    def _offset(self, connection: Connection, node: str, boot: str) -> _Offset | None:
        known = self._known.get((node, boot))
        if known is None:
            query = sa.select(boot_clock.c.offset, boot_clock.c.seen)
            row = connection.execute(query.where(boot_clock.c.node == node, boot_clock.c.boot == boot)).first()
            if row is not None:
                known = self._remember(node, boot, _Offset(row.offset, row.seen))
        return known

    def _remember(self, node: str, boot: str, offset: _Offset) -> _Offset:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[node, boot] = offset
        return offset

    def _store(self, connection: Connection, node: str, boot: str, offset: _Offset) -> None:
        self._remember(node, boot, offset)
        values = {"offset": offset.ms, "seen": offset.seen}
        statement = insert(connection, boot_clock).values(node=node, boot=boot, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["node", "boot"], set_=values))


def _is_exact(sent: Sent, received: int) -> bool:
    return sent.clock is not ClockQuality.UNKNOWN and is_sane(sent.at, received)


def is_sane(at: int, received: int) -> bool:
    """Whether a stamp can be true at all: not before Kẻng existed, and not in the future."""
    return EARLIEST <= at <= received + AHEAD_MS
