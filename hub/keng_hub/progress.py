"""How far each node's numbers are committed without a hole, which is what an acknowledgement says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import journal, progress
from keng_hub.upsert import insert
from keng_wire.topics import MessageClass


class Key(NamedTuple):
    """One sequence of numbers."""

    node: str
    stream: str
    message_class: MessageClass


@dataclass(slots=True)
class Standing:
    """One sequence while its new numbers are taken: committed up to `high`, and what lies beyond a hole."""

    high: int
    highest: int
    single: set[int] = field(default_factory=set[int])
    wide: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Gaps beyond the hole, first and last number."""
    changed: bool = False

    def has(self, number: int) -> bool:
        """Whether the number was committed before, or is part of this transaction."""
        return number <= self.high or number in self.single or any(last == number for _, last in self.wide)

    def follows(self, number: int) -> bool:
        """Whether everything before `number` is there, and `number` is not."""
        return number == self.high + 1

    def take(self, first: int, number: int) -> None:
        """Note that `first` to `number` are part of this transaction."""
        self.changed = True
        self.highest = max(self.highest, number)
        if first == self.high + 1 and not self.single and not self.wide:
            self.high = number
            return None
        self.put(first, number)
        while self.high + 1 in self.single:
            self.high += 1
            self.single.discard(self.high)
        for span in self.wide:
            if span[0] <= self.high + 1:
                self.wide.remove(span)
                return self.take(*span)
        return None

    def put(self, first: int, number: int) -> None:
        """Add a span without looking whether it closes a hole."""
        if first <= self.high + 1:
            self.high = max(self.high, number)
        elif first == number:
            self.single.add(number)
        else:
            self.wide.append((first, number))


def hold(connection: Connection, keys: Iterable[Key]) -> dict[Key, Standing]:
    """The standings of `keys`, kept from other hub processes until the transaction ends."""
    wanted = set(keys)
    found = _select(connection, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        rows = [{**key._asdict(), "high": 0, "highest": 0} for key in missing]
        connection.execute(insert(connection, progress).on_conflict_do_nothing(), rows)
        found |= _select(connection, set(missing))
    for key, standing in found.items():
        if standing.highest > standing.high:
            for first, number in _beyond(connection, key, standing.high):
                standing.put(first, number)
    return found


def store(connection: Connection, standings: dict[Key, Standing]) -> None:
    """Write back what changed."""
    rows = [
        {"k_node": key.node, "k_stream": key.stream, "k_class": key.message_class, "h": s.high, "t": s.highest}
        for key, s in standings.items()
        if s.changed
    ]
    if rows:
        connection.execute(_UPDATE, rows)


def committed(connection: Connection, node: str, stream: str) -> dict[MessageClass, int]:
    """The numbers to acknowledge for one stream."""
    query = sa.select(progress.c.message_class, progress.c.high)
    rows = connection.execute(query.where(progress.c.node == node, progress.c.stream == stream))
    return {MessageClass(row.message_class): row.high for row in rows}


_UPDATE = (
    sa.update(progress)
    .where(
        progress.c.node == sa.bindparam("k_node"),
        progress.c.stream == sa.bindparam("k_stream"),
        progress.c.message_class == sa.bindparam("k_class"),
    )
    .values(high=sa.bindparam("h"), highest=sa.bindparam("t"))
)

_SELECT = (
    sa.select(progress)
    .where(
        progress.c.node.in_(sa.bindparam("nodes", expanding=True)),
        progress.c.message_class.in_(sa.bindparam("classes", expanding=True)),
    )
    .order_by(progress.c.node, progress.c.stream, progress.c.message_class)
    .with_for_update()  # in one order everywhere, so that two processes wait and do not lock each other out
)


def _select(connection: Connection, keys: set[Key]) -> dict[Key, Standing]:
    if not keys:
        return {}
    parameters = {"nodes": sorted({key.node for key in keys}), "classes": sorted({key.message_class for key in keys})}
    found: dict[Key, Standing] = {}
    for row in connection.execute(_SELECT, parameters):
        key = Key(row.node, row.stream, MessageClass(row.message_class))
        if key in keys:
            found[key] = Standing(row.high, row.highest)
    return found


def _beyond(connection: Connection, key: Key, high: int) -> list[tuple[int, int]]:
    query = sa.select(journal.c.first, journal.c.number).where(
        journal.c.node == key.node,
        journal.c.stream == key.stream,
        journal.c.message_class == key.message_class,
        journal.c.number > high,
    )
    return [(row.first, row.number) for row in connection.execute(query)]
