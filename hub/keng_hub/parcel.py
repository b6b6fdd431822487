"""What a packet turns out to be, before any database is asked."""

import re
from dataclasses import dataclass

from pydantic import ValidationError

from keng_hub.lane import Packet
from keng_wire.message import BadMessage, Message, first_number, parse, rescue_alarm
from keng_wire.status import Health, Status
from keng_wire.topics import MessageClass, Up, UpTopic, parse_up

LARGEST = 262_144
"""Bytes of a payload; the broker's own limit is the same (`max_packet_size`)."""

RESCUE_LARGEST = 1 << 20
"""Nothing is looked for in an alarm larger than this; it is an alarm all the same."""

CLASSES = {Up.ALARM: MessageClass.ALARM, Up.EVENT: MessageClass.EVENT, Up.READING: MessageClass.READING}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message of a numbered class; `doubt` says why an alarm had to be rescued."""

    packet: Packet
    node: str
    message_class: MessageClass
    message: Message
    first: int
    doubt: str | None = None

    @property
    def stream(self) -> str:
        """The outbox the number counts in."""
        return self.message.stream

    @property
    def number(self) -> int:
        """The highest number the message stands for."""
        return self.message.number


@dataclass(frozen=True, slots=True)
class Word:
    """What a node says of itself."""

    packet: Packet
    node: str
    body: Status | Health


@dataclass(frozen=True, slots=True)
class Refused:
    """A packet that goes to quarantine. `stream` and `number` are set when it holds a number's place all the same."""

    packet: Packet
    reason: str
    node: str | None = None
    message_class: MessageClass | None = None
    stream: str | None = None
    number: int | None = None


Parcel = Numbered | Word | Refused


def open_packet(packet: Packet) -> Parcel:
    """Read a packet; never raises."""
    try:
        node, leaf = parse_up(packet.topic)
    except ValueError as error:
        return Refused(packet, f"topic: {error}")
    topic = UpTopic(node, leaf)
    if leaf in CLASSES:
        return _numbered(packet, topic, CLASSES[leaf])
    return _word(packet, topic)


def _numbered(packet: Packet, topic: UpTopic, cls: MessageClass) -> Numbered | Refused:
    try:
        if len(packet.payload) > LARGEST:
            raise BadMessage(f"payload: {len(packet.payload)} bytes, at most {LARGEST} are read")
        message = parse(cls, topic.node, packet.payload)
    except BadMessage as error:
        if cls is MessageClass.ALARM and len(packet.payload) <= RESCUE_LARGEST:
            rescued = rescue_alarm(topic.node, packet.payload)
            if rescued is not None:
                return Numbered(packet, topic.node, cls, rescued, rescued.number, error.reason)
        return _without_body(packet, topic.node, cls, error)
    return Numbered(packet, topic.node, cls, message, first_number(message))


def _without_body(packet: Packet, node: str, cls: MessageClass, error: BadMessage) -> Refused:
    stream, number = error.stream, error.number
    if stream is None or number is None or not re.fullmatch(r"[0-9a-f]{8}", stream) or number > 2**53:
        return Refused(packet, error.reason, node, cls)
    return Refused(packet, error.reason, node, cls, stream, number)


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
