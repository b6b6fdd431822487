"""One transaction of the ingest: from opened packets to rows, and what to do once they are committed."""

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import bulk, page_events, presence, progress, quarantine, registry
from keng_hub.arrivals import Arrival
from keng_hub.clocks import BootClocks
from keng_hub.lane import Packet
from keng_hub.parcel import Numbered, Parcel, Refused, Word
from keng_hub.passing import is_passing
from keng_hub.progress import Key, Standing
from keng_hub.tables import alarm, journal, node
from keng_hub.taken import Taken
from keng_hub.unreadable import stand_in
from keng_hub.words import Words
from keng_wire.event import Gap
from keng_wire.message import BadMessage
from keng_wire.topics import MessageClass

log = logging.getLogger("keng.ingest")


class Pipeline(presence.Pipeline, Protocol):
    """What `incidents.pipeline` does with what came in."""

    def take_alarm(self, connection: Connection, arrival: Arrival, now: int) -> object:
        """Make an alarm an incident, or part of one."""
        ...

    def take_event(self, connection: Connection, arrival: Arrival, now: int) -> object:
        """See whether an event concerns an incident."""
        ...

    def take_unreadable(self, connection: Connection, arrival: Arrival, error: Exception, now: int) -> object:
        """Open an incident for an alarm that the stages could not take, marked as not verified."""
        ...


class Intake:
    """Takes parcels in the order they came. Everything here belongs to one transaction of one connection."""

    def __init__(self, pipeline: Pipeline, clocks: BootClocks) -> None:
        self._pipeline, self._clocks = pipeline, clocks
        self._words = Words(pipeline, clocks)

    def take(self, connection: Connection, parcels: Sequence[Parcel], now: int) -> Taken:
        """Commit-worthy as a whole when it returns; raises only for what concerns the whole transaction."""
        taken, rows = Taken(), list[bulk.Row]()
        known = _known_nodes(connection, {parcel.node for parcel in parcels if parcel.node})
        standings = progress.hold(connection, _keys(parcels, known))
        for parcel in parcels:
            if isinstance(parcel, Refused):
                self._refuse(connection, parcel, known, standings, taken, now)
            elif parcel.node not in known:
                reason = f"node: {parcel.node!r} is not in the register"
                self._refuse(connection, Refused(parcel.packet, reason, parcel.node), known, standings, taken, now)
            elif isinstance(parcel, Word):
                self._words.hear(connection, parcel, standings, taken, now)
            else:
                row = self._number(connection, parcel, standings[parcel.key], taken, now)
                if row is not None:
                    rows.append(row)
        bulk.insert(connection, journal, _JOURNAL, rows)
        registry.write_history(connection, taken.history)
        progress.store(connection, standings)
        taken.acknowledge(standings)
        for name, node_id in sorted(taken.pages):
            page_events.publish(connection, name, {"node": node_id}, now)
        taken.wakes |= bool(taken.pages)
        return taken

    def set_aside(self, connection: Connection, parcel: Parcel, error: Exception, now: int) -> Taken:
        """Put a parcel that no transaction could take into quarantine; an alarm becomes an incident all the same."""
        taken = Taken(refused=1, wakes=True)
        identity = _identity(parcel.key, parcel.number) if isinstance(parcel, Numbered) else None
        _keep_aside(connection, parcel.packet, f"hub: {error!r}", identity, now)
        if isinstance(parcel, Numbered):
            if parcel.key.message_class is MessageClass.ALARM:
                at, repaired = self._clocks.repair(connection, parcel.message, parcel.packet.received)
                self._pipeline.take_unreadable(connection, _arrival(parcel, at, repaired), error, now)
            standings = progress.hold(connection, {parcel.key})
            if standings[parcel.key].follows(parcel.first):
                standings[parcel.key].take(parcel.first, parcel.number)
                progress.store(connection, standings)
            taken.acknowledge(standings)
        return taken

    def _number(
        self, connection: Connection, parcel: Numbered, standing: Standing, taken: Taken, now: int
    ) -> bulk.Row | None:
        packet, message, cls = parcel.packet, parcel.message, parcel.key.message_class
        if message.sent is not None:
            at = self._clocks.learn(connection, parcel.node, message.sent, packet.received)
            taken.sign(parcel.node, at)
        if standing.has(parcel.number):
            taken.duplicates += 1
            return None
        at, repaired = self._clocks.repair(connection, message, packet.received)
        if cls is MessageClass.ALARM:
            self._alarm(connection, _arrival(parcel, at, repaired), parcel, taken, now)
        elif cls is MessageClass.EVENT:
            self._event(connection, _arrival(parcel, at, repaired), taken, now)
        elif isinstance(message.body, Gap):
            taken.history.append(registry.history(_arrival(parcel, at, repaired)))
        if isinstance(message.body, Gap):
            log.warning("%s gave up %s messages: %s", parcel.node, message.body.count, message.body.reason)
        standing.take(parcel.first, parcel.number)
        taken.counts[cls] = taken.counts.get(cls, 0) + 1
        return (
            *(parcel.key.node, parcel.key.stream, cls.value, parcel.first, parcel.number),
            *(at, repaired, packet.received, packet.payload),
        )

    def _alarm(self, connection: Connection, arrival: Arrival, parcel: Numbered, taken: Taken, now: int) -> None:
        if parcel.doubt is not None:
            log.warning("an alarm of %s could not be read whole: %s", arrival.node, parcel.doubt)
            _keep_aside(connection, parcel.packet, parcel.doubt, _identity(parcel.key, parcel.number), now)
            taken.rescued += 1
        try:
            with connection.begin_nested():
                self._pipeline.take_alarm(connection, arrival, now)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("an alarm of %s broke the pipeline; it goes on as not verified", arrival.node)
            with connection.begin_nested():
                self._pipeline.take_unreadable(connection, arrival, error, now)
        body = arrival.message.body
        if body.kind == "alarm":
            taken.alarms.append((arrival.node, body.occurrence))
        taken.wakes = True

    def _event(self, connection: Connection, arrival: Arrival, taken: Taken, now: int) -> None:
        # No savepoint: an error here is rare, fails the transaction, and the ingest finds the event by halving.
        taken.pages |= {(name, arrival.node) for name in registry.apply_event(connection, arrival, now)}
        self._pipeline.take_event(connection, arrival, now)
        taken.history.append(registry.history(arrival))
        taken.wakes = True

    def _refuse(
        self,
        connection: Connection,
        refused: Refused,
        known: set[str],
        standings: dict[Key, Standing],
        taken: Taken,
        now: int,
    ) -> None:
        taken.refused += 1
        identity = _identity(refused.key, refused.number) if refused.key else None
        _keep_aside(connection, refused.packet, refused.reason, identity, now)
        if refused.node not in known:
            return
        if refused.key is not None:
            if standings[refused.key].follows(refused.number):
                standings[refused.key].take(refused.number, refused.number)
        elif refused.alarm:
            arrival = stand_in(refused.node, refused.packet)
            self._pipeline.take_unreadable(connection, arrival, BadMessage(refused.reason), now)
            taken.wakes = True


def _arrival(parcel: Numbered, at: int, repaired: bool) -> Arrival:
    rescued = parcel.doubt is not None
    return Arrival(parcel.node, parcel.message, at, repaired, parcel.packet.received, rescued)


def stamp(connection: Connection, alarms: Iterable[tuple[str, str]], at: int) -> None:
    """Note when alarms (node, occurrence) were committed, UTC ms; the first time counts."""
    fresh = sa.update(alarm).where(
        alarm.c.node == sa.bindparam("k_node"),
        alarm.c.occurrence == sa.bindparam("k_occurrence"),
        alarm.c.committed_at.is_(None),
    )
    rows = [{"k_node": node_id, "k_occurrence": occurrence, "at": at} for node_id, occurrence in alarms]
    connection.execute(fresh.values(committed_at=sa.bindparam("at")), rows)


_JOURNAL = ("node", "stream", "message_class", "first", "number", "at", "repaired", "received", "payload")


def _known_nodes(connection: Connection, nodes: set[str]) -> set[str]:
    if not nodes:
        return set()
    return set(connection.execute(_NODES, {"nodes": sorted(nodes)}).scalars())


_NODES = sa.select(node.c.id).where(node.c.id.in_(sa.bindparam("nodes", expanding=True)))


def _keys(parcels: Sequence[Parcel], known: set[str]) -> set[Key]:
    keys = {parcel.key for parcel in parcels if not isinstance(parcel, Word)}
    return {key for key in keys if key is not None and key.node in known}


def _identity(key: Key, number: int) -> str:
    """The same for a message that is sent again, whose bytes differ by the time of sending."""
    return f"{key.stream} {number}"


def _keep_aside(connection: Connection, packet: Packet, reason: str, identity: str | None, now: int) -> None:
    quarantine.put(connection, packet.topic, reason, packet.payload, now, identity)
