"""What a packet turns out to be, before any database is asked."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pydantic import ValidationError

from keng_hub.lane import Packet
from keng_hub.progress import Key
from keng_wire.message import BadMessage, Message, first_number, parse, rescue_alarm
from keng_wire.status import Health, Status
from keng_wire.topics import MessageClass, Up, UpTopic, parse_up

LARGEST = 262_144
"""Bytes of a payload; the broker's own limit is the same (`max_packet_size`)."""

RESCUE_LARGEST = 1 << 20
"""Nothing is looked for in an alarm larger than this; it is an alarm all the same."""

CLASSES = {Up.ALARM: MessageClass.ALARM, Up.EVENT: MessageClass.EVENT, Up.READING: MessageClass.READING}


class Numbered(NamedTuple):
    """A message of a numbered class that stands for the numbers `first` to `number` of the sequence `key`.

    `doubt` says why an alarm had to be rescued.
    """

    packet: Packet
    key: Key
    message: Message
    first: int
    number: int
    doubt: str | None = None

    @property
    def node(self) -> str:
        """Whose message it is."""
        return self.key.node


@dataclass(frozen=True, slots=True)
class Word:
    """What a node says of itself."""

    packet: Packet
    node: str
    body: Status | Health


@dataclass(frozen=True, slots=True)
class Refused:
    """A packet that goes to quarantine. `key` and `number` are set when it holds a number's place all the same."""

    packet: Packet
    reason: str
    node: str | None = None
    alarm: bool = False
    key: Key | None = None
    number: int = 0


Parcel = Numbered | Word | Refused


def open_packet(packet: Packet) -> Parcel:
    """Read a packet; never raises."""
    try:
        topic = _topic(packet.topic)
    except ValueError as error:
        return Refused(packet, f"topic: {error}")
    cls = CLASSES.get(topic.leaf)
    return _word(packet, topic) if cls is None else _numbered(packet, topic, cls)


_topic = lru_cache(maxsize=10_000)(parse_up)


def _numbered(packet: Packet, topic: UpTopic, cls: MessageClass) -> Numbered | Refused:
    try:
        if len(packet.payload) > LARGEST:
            raise BadMessage(f"payload: {len(packet.payload)} bytes, at most {LARGEST} are read")
        message = parse(cls, topic.node, packet.payload)
    except BadMessage as error:
        if cls is MessageClass.ALARM and len(packet.payload) <= RESCUE_LARGEST:
            rescued = rescue_alarm(topic.node, packet.payload)
            if rescued is not None:
                key = Key(topic.node, rescued.stream, cls)
                return Numbered(packet, key, rescued, rescued.number, rescued.number, error.reason)
        return _without_body(packet, topic.node, cls, error)
    return Numbered(packet, Key(topic.node, message.stream, cls), message, first_number(message), message.number)


def _without_body(packet: Packet, node: str, cls: MessageClass, error: BadMessage) -> Refused:
    stream, number = error.stream, error.number
    alarm = cls is MessageClass.ALARM
    if stream is None or number is None or not re.fullmatch(r"[0-9a-f]{8}", stream) or number > 2**53:
        return Refused(packet, error.reason, node, alarm)
    return Refused(packet, error.reason, node, alarm, Key(node, stream, cls), number)


def _word(packet: Packet, topic: UpTopic) -> Word | Refused:
    model = Status if topic.leaf is Up.STATUS else Health
    try:
        body = model.model_validate_json(packet.payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        return Refused(packet, f"{where}: {first['msg']}", topic.node)
    if body.node != topic.node:
        return Refused(packet, f"node: says {body.node!r} on the topic of {topic.node!r}", topic.node)
    return Word(packet, topic.node, body)
