"""Power cuts, as far as meters and nodes tell: by the mains' own marks, or by several meters of a feeder at once.

A node that is silent says nothing about the mains: that stretch is unknown, and unknown is not an outage.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.findings import NODE_SILENT
from keng_hub.meterdata import feeders
from keng_hub.meterdata.sheet import MeterId
from keng_hub.tables import alarm, device, incident_entry, node, node_event
from keng_wire.conditions import Mark

TOGETHER_MS = 3_900_000
"""Meters polled every half hour are missed after three polls, each at its own time: so far apart is still together."""
LEAST = 2
"""One silent meter is a broken meter."""
SHARE = 0.5
BEFORE_MS = 7 * 86_400_000
"""So long before a stretch its marks are looked for: one that began earlier and still holds is found as well."""


class Sign(StrEnum):
    """What an outage is known by."""

    MAINS = "mains"
    METERS = "meters"
    UNKNOWN = "unknown"  # the node was silent: nobody knows


class Outage(NamedTuple):
    """A stretch without power, of a feeder or of a node as such (`feeder` None); `end` None while it lasts."""

    node: str
    feeder: MeterId | None
    start: int
    end: int | None
    sign: Sign
    meters: tuple[MeterId, ...] = ()

    def minutes(self, now: int) -> int:
        """How long it took, or takes until `now`."""
        return max(0, (self.end or now) - self.start) // 60_000


class Span(NamedTuple):
    """A device bore a mark in [start, end); `end` None while it does."""

    device: MeterId
    start: int
    end: int | None


def outages(connection: Connection, scope: sa.ColumnElement[bool], start: int, end: int, now: int) -> list[Outage]:
    """Outages and unknown stretches in [start, end) of the nodes of the devices in `scope`, oldest first.

    `scope` is a condition on device joined with node, as for all functions here.
    """
    lines = feeders.feeders(connection, scope)
    nodes = set(connection.execute(_nodes(scope)).scalars())
    members = {line: feeders.meters_of(connection, line, start) for line in lines}
    marks = _marks(connection, nodes | {one.node for some in members.values() for one in some}, start, end)
    found = [_of_mains(span) for span in spans(marks, Mark.MAINS_LOST) if span.device.node in nodes]
    silent = spans(marks, Mark.COMMS_LOST)
    for line, meters in members.items():
        found += of_feeder(line, meters, silent)
    found += [Outage(name, None, since, until, Sign.UNKNOWN) for name, since, until in _silences(connection, nodes)]
    within = [one for one in found if one.start < min(end, now) and (one.end is None or one.end > start)]
    return sorted(within, key=lambda one: (one.start, one.node))


def minutes_by_feeder(found: Iterable[Outage], start: int, end: int, now: int) -> dict[MeterId, int]:
    """Minutes of [start, end) without power, for each feeder that had any; stretches that overlap count once."""
    ends: dict[MeterId, int] = {}
    total: dict[MeterId, int] = {}
    for one in sorted(found, key=lambda one: one.start):
        if one.feeder is None or one.sign is Sign.UNKNOWN:
            continue
        first = max(one.start, start, ends.get(one.feeder, start))
        last = min(one.end or now, end, now)
        if last > first:
            total[one.feeder] = total.get(one.feeder, 0) + last - first
            ends[one.feeder] = last
    return {feeder: ms // 60_000 for feeder, ms in total.items()}


def of_feeder(feeder: MeterId, meters: Sequence[MeterId], silent: Iterable[Span]) -> list[Outage]:
    """Stretches in which at least two, and half, of a feeder's meters fell silent together.

    It begins with the first of them and ends when the first of them is heard again.
    """
    among = sorted((span for span in silent if span.device in meters), key=lambda span: span.start)
    enough = max(LEAST, SHARE * len(meters))
    found: list[Outage] = []
    while among:
        first = among[0]
        group = [span for span in among if span.start - first.start <= TOGETHER_MS]
        group = [span for span in group if all(_overlap(span, other) for other in group)]
        devices = {span.device for span in group}
        among = [span for span in among[1:] if span not in group]
        if len(devices) >= enough:
            ends = [span.end for span in group if span.end is not None]
            end = min(ends) if ends else None
            found.append(Outage(feeder.node, feeder, first.start, end, Sign.METERS, tuple(sorted(devices))))
    return found


def spans(marks: Mapping[MeterId, list[tuple[int, set[str]]]], mark: Mark) -> list[Span]:
    """When each device bore a mark, from its changes (UTC ms, all its marks then) in the order of time."""
    found: list[Span] = []
    for bearer, changes in marks.items():
        since: int | None = None
        for at, there in changes:
            if mark.value in there and since is None:
                since = at
            elif mark.value not in there and since is not None:
                found.append(Span(bearer, since, at))
                since = None
        if since is not None:
            found.append(Span(bearer, since, None))
    return found


def _overlap(one: Span, other: Span) -> bool:
    return (one.end is None or one.end > other.start) and (other.end is None or other.end > one.start)


def _of_mains(span: Span) -> Outage:
    return Outage(span.device.node, None, span.start, span.end, Sign.MAINS, (span.device,))


def _nodes(scope: sa.ColumnElement[bool]) -> "sa.Select[str]":
    return sa.select(device.c.node).select_from(device.join(node, node.c.id == device.c.node)).where(scope).distinct()


def _marks(
    connection: Connection, nodes: Iterable[str], start: int, end: int
) -> dict[MeterId, list[tuple[int, set[str]]]]:
    query = (
        sa.select(node_event.c.node, node_event.c.device, node_event.c.at, node_event.c.body)
        .where(node_event.c.node.in_(sorted(nodes)), node_event.c.kind == "device")
        .where(node_event.c.at >= start - BEFORE_MS, node_event.c.at < end + BEFORE_MS)
        .order_by(node_event.c.at, node_event.c.id)
    )
    found: dict[MeterId, list[tuple[int, set[str]]]] = {}
    for row in connection.execute(query):
        found.setdefault(MeterId(row.node, row.device), []).append((row.at, set(row.body.get("marks", ()))))
    return found


def _silences(connection: Connection, nodes: Iterable[str]) -> list[tuple[str, int, int | None]]:
    """When each node was silent, from the faults that the hub opened about it."""
    query = sa.select(alarm.c.node, alarm.c.frame_at, alarm.c.incident, alarm.c.condition)
    rows = connection.execute(query.where(alarm.c.node.in_(sorted(nodes)), alarm.c.cause == NODE_SILENT)).all()
    entries = sa.select(incident_entry).where(incident_entry.c.incident.in_({row.incident for row in rows}))
    cleared = [
        (one.data.get("node"), one.at)
        for one in connection.execute(entries.order_by(incident_entry.c.at))
        if one.data.get("cause") == NODE_SILENT and one.data.get("phase") == "cleared"
    ]
    found: list[tuple[str, int, int | None]] = []
    for row in rows:
        ends = [at for name, at in cleared if name == row.node and at >= row.frame_at]
        found.append((row.node, row.frame_at, ends[0] if ends else None))
    return found
