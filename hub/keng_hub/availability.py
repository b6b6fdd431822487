"""How available each path was: from a node to the hub, and from the hub to people (promise 10, target 99.8 % a month).

An outage counts from the last time the path was known to work, so a loss that was noticed late is not made shorter.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import node, path_outage
from keng_hub.upsert import insert

TARGET: Final = 0.998


class PathKind(StrEnum):
    """Between whom."""

    NODE = "node"
    CHANNEL = "channel"


class Outage(NamedTuple):
    """One time of a path; `ended` None while it goes on. UTC ms."""

    begun: int
    ended: int | None


class Path(NamedTuple):
    """A path over a time: the share of it in which it worked, and the outages that fell into it, cut to it."""

    kind: PathKind
    name: str
    share: float
    outages: list[Outage]

    def missing_ms(self, now: int) -> int:
        """How long it did not work, all outages together."""
        return sum((now if one.ended is None else one.ended) - one.begun for one in self.outages)


def lost(connection: Connection, kind: PathKind, name: str, since: int) -> None:
    """The path does not work, from `since` on; the same outage again is the same row."""
    running = sa.and_(_is(kind, name), path_outage.c.ended.is_(None))
    if connection.execute(sa.select(path_outage.c.id).where(running)).first() is None:
        row = insert(connection, path_outage).values(kind=kind.value, name=name, begun=since)
        connection.execute(row.on_conflict_do_nothing(index_elements=["kind", "name", "begun"]))


def returned(connection: Connection, kind: PathKind, name: str, now: int) -> None:
    """It works again."""
    running = sa.and_(_is(kind, name), path_outage.c.ended.is_(None))
    connection.execute(sa.update(path_outage).where(running).values(ended=now))


def paths(connection: Connection, begin: int, end: int, channels: Iterable[str], now: int) -> list[Path]:
    """Every path from `begin` to `end` (never beyond `now`), the worst first; a node counts from when it was added."""
    until = min(end, now)
    begins = {(PathKind.NODE, row.id): max(begin, row.added) for row in connection.execute(sa.select(node))}
    begins |= {(PathKind.CHANNEL, name): begin for name in channels}
    found = [_path(connection, *key, first, until) for key, first in begins.items() if first < until]
    return sorted(found, key=lambda one: (one.share, one.kind, one.name))


def share(begin: int, end: int, outages: Iterable[Outage]) -> float:
    """The part of the time from `begin` to `end` that no outage covers; outages may overlap and stick out."""
    covered, at = 0, begin
    for one in sorted(outages, key=lambda one: one.begun):
        first, last = max(one.begun, at), min(end if one.ended is None else one.ended, end)
        if last > first:
            covered, at = covered + last - first, last
    return 1 - covered / (end - begin)


def _path(connection: Connection, kind: PathKind, name: str, begin: int, end: int) -> Path:
    touching = sa.and_(
        _is(kind, name),
        path_outage.c.begun < end,
        sa.or_(path_outage.c.ended.is_(None), path_outage.c.ended > begin),
    )
    rows = connection.execute(sa.select(path_outage).where(touching).order_by(path_outage.c.begun))
    outages = [Outage(max(row.begun, begin), None if row.ended is None else min(row.ended, end)) for row in rows]
    return Path(kind, name, share(begin, end, outages), outages)


def _is(kind: PathKind, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(path_outage.c.kind == kind.value, path_outage.c.name == name)
