"""What follows from a node's status and heartbeat."""

import json
import logging

from sqlalchemy.engine import Connection

from keng_hub import downlink, presence, progress, registry
from keng_hub.clocks import BootClocks
from keng_hub.parcel import Word
from keng_hub.progress import Key, Standing
from keng_hub.taken import Taken
from keng_wire.message import Sent
from keng_wire.status import Health, Status
from keng_wire.topics import MessageClass

log = logging.getLogger("keng.ingest")


class Words:
    """Hears what nodes say of themselves, inside the ingest's transaction."""

    def __init__(self, pipeline: presence.Pipeline, clocks: BootClocks) -> None:
        self._pipeline, self._clocks = pipeline, clocks

    def hear(self, connection: Connection, word: Word, standings: dict[Key, Standing], taken: Taken, now: int) -> None:
        """Take over one word; `standings` are those the transaction holds already."""
        received, body = word.packet.received, word.body
        if isinstance(body, Health):
            sent = Sent(boot=body.boot, up=body.up, at=body.at, clock=body.clock)
            taken.sign(word.node, self._clocks.learn(connection, word.node, sent, received))
            pages = registry.apply_health(connection, body, received)
            _forget(connection, body, standings, taken, now)
        else:
            pages = self._status(connection, word, body, taken, now)
        taken.pages |= {(name, word.node) for name in pages}

    def _status(self, connection: Connection, word: Word, status: Status, taken: Taken, now: int) -> registry.Pages:
        received = word.packet.received
        if not status.online:
            since = received if not word.packet.retained else presence.last_seen(connection, word.node) or received
            taken.wakes |= presence.fell_silent(connection, self._pipeline, word.node, since, now)
            return registry.NOTHING
        pages = registry.apply_status(connection, status)
        taken.wakes |= downlink.again(connection, word.node)
        if not word.packet.retained:  # a retained one may be as old as the broker's disk
            taken.sign(word.node, received)
            taken.wakes |= presence.came_back(connection, self._pipeline, word.node, received, now)
        taken.acks.setdefault((word.node, status.stream), {}).update(
            dict.fromkeys(MessageClass, 0) | progress.committed(connection, word.node, status.stream)
        )
        return pages


def _forget(connection: Connection, health: Health, standings: dict[Key, Standing], taken: Taken, now: int) -> None:
    """Stop waiting for numbers that a node no longer has: our database is an older copy than what we acknowledged."""
    backlogs = {
        MessageClass.ALARM: health.alarm,
        MessageClass.EVENT: health.event,
        MessageClass.READING: health.reading,
    }
    if not any(backlog.forgotten for backlog in backlogs.values()):
        return
    high = progress.committed(connection, health.node, health.stream)
    for cls, backlog in backlogs.items():
        key = Key(health.node, health.stream, cls)
        if backlog.forgotten <= high.get(cls, 0):
            continue
        if key not in standings:
            standings |= progress.hold(connection, {key})
        standing = standings[key]
        if backlog.forgotten > standing.high:
            lost = backlog.forgotten - standing.high
            log.warning("%s no longer has %d %s messages that are not here", health.node, lost, cls)
            body = {"first": standing.high + 1, "count": lost, "reason": "acknowledged, then lost here", "class": cls}
            taken.history.append((health.node, None, "gap", now, json.dumps(body)))
            standing.take(standing.high + 1, backlog.forgotten)
