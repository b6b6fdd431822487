"""The envelope of the three numbered classes, and how one is read.

A node writes a `Record` to its outbox before anything else happens with it. When it goes out, the time of sending is
put in front of the very same bytes (`stamped`), which makes it a message. The hub acknowledges numbers, not packets.
"""

import json
from hashlib import sha256
from typing import Any, Literal, cast

from pydantic import Field, ValidationError

from keng_wire import SCHEMA_VERSION
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.event import Event, Gap
from keng_wire.identity import BootId, Number, StreamId, UnixMs, UptimeMs
from keng_wire.payload import Strict, UpPayload
from keng_wire.reading import ReadingBody
from keng_wire.topics import MessageClass


class Sent(Strict):
    """When a message left the node. With it the hub turns an uptime of the same boot into a time of day."""

    boot: BootId
    up: UptimeMs
    at: UnixMs
    clock: ClockQuality
    replay: bool = False
    """True when this is not the message's first way out: a re-send, or a backlog after an outage."""


class Record(UpPayload):
    """What all classes carry: who, which number, and when it happened by the node's own clocks."""

    stream: StreamId
    number: Number
    boot: BootId
    at: UnixMs
    clock: ClockQuality
    up: UptimeMs
    sent: Sent | None = None


class AlarmMessage(Record):
    """An alarm travels alone and overtakes everything."""

    message_class: Literal["alarm"] = Field("alarm", alias="class")
    body: Alarm


class EventMessage(Record):
    """An event."""

    message_class: Literal["event"] = Field("event", alias="class")
    body: Event


class ReadingMessage(Record):
    """A batch of readings, or a gap in them."""

    message_class: Literal["reading"] = Field("reading", alias="class")
    body: ReadingBody


Message = AlarmMessage | EventMessage | ReadingMessage

MODELS: dict[MessageClass, type[AlarmMessage] | type[EventMessage] | type[ReadingMessage]] = {
    MessageClass.ALARM: AlarmMessage,
    MessageClass.EVENT: EventMessage,
    MessageClass.READING: ReadingMessage,
}


class BadMessage(ValueError):
    """A message that cannot be taken as it is.

    `stream` and `number` are set when they could be read all the same: such a message is kept aside and
    acknowledged, so that it does not stand in the way of those behind it.
    """

    def __init__(self, reason: str, stream: str | None = None, number: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stream = stream
        self.number = number


def stamped(record: bytes, sent: Sent) -> bytes:
    """The message for a stored record: the same bytes with the time of sending put in front."""
    return b'{"sent":' + sent.model_dump_json().encode() + b"," + record[1:]


def first_number(message: Message) -> int:
    """The lowest number this message stands for: its own, or the first one a gap gave up."""
    return message.body.first if isinstance(message.body, Gap) else message.number


def parse(cls: MessageClass, node: str, payload: bytes) -> Message:
    """Read a message that came in on the topic of `node`; BadMessage says what is wrong with it."""
    try:
        message = MODELS[cls].model_validate_json(payload)
    except ValidationError as error:
        raise _bad(payload, _words(error)) from None
    if message.node != node:
        raise BadMessage(f"node: says {message.node!r} on the topic of {node!r}")
    if first_number(message) > message.number:
        raise BadMessage("body.first: lies behind the message's own number", message.stream, message.number)
    return message


def rescue_alarm(node: str, payload: bytes) -> AlarmMessage | None:
    """Make an alarm of a payload that `parse` refused; None when not even stream and number can be read.

    An alarm whose schema is unknown is still an alarm: whatever field can be understood is kept, the rest is taken
    for the worst, and people see it as not verified.
    """
    fields = _fields(payload)
    given = _object(fields.get("body"))
    number = fields.get("number")
    stream = fields.get("stream")
    fallback = Alarm(
        occurrence=sha256(f"{node} {stream} {number}".encode()).hexdigest()[:16],
        phase=Phase.RAISED,
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        cause=Cause.OTHER,
        evidence=Evidence.SINGLE_DETECTOR,
        device="unknown",
    )
    kept = fallback.model_dump(mode="json")
    for name, value in given.items():
        if name in kept and _valid(Alarm, kept | {name: value}):
            kept[name] = value
    envelope: dict[str, Any] = {"node": node, "boot": "00000000", "at": 0, "clock": "unknown", "up": 0}
    envelope |= {"stream": stream, "number": number, "body": kept}
    for name in ("boot", "at", "clock", "up", "sent"):
        if name in fields and _valid(AlarmMessage, envelope | {name: fields[name]}):
            envelope[name] = fields[name]
    try:
        return AlarmMessage.model_validate_json(json.dumps(envelope))
    except ValidationError:
        return None


def _valid(model: type[Strict], fields: dict[str, Any]) -> bool:
    try:
        model.model_validate_json(json.dumps(fields))
    except ValidationError:
        return False
    return True


def _fields(payload: bytes) -> dict[str, Any]:
    try:
        return _object(json.loads(payload))
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _bad(payload: bytes, reason: str) -> BadMessage:
    fields = _fields(payload)
    stream, number = fields.get("stream"), fields.get("number")
    if fields.get("v", SCHEMA_VERSION) != SCHEMA_VERSION:
        reason = f"v: version {fields['v']!r} is not known here; this hub speaks {SCHEMA_VERSION}"
    if isinstance(stream, str) and isinstance(number, int) and not isinstance(number, bool) and number >= 1:
        return BadMessage(reason, stream, number)
    return BadMessage(reason)


def _words(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "payload"
    more = f" (+{error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg']}{more}"
