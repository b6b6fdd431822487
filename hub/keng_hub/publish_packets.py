"""PUBLISH packets out of a stream of MQTT 5.0 bytes, all that are in it at once; other packets are left to the client.

Nearly all that a hub reads is PUBLISH with QoS 1. Taken one by one through the client's general machinery each costs
three times what is done with it here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, cast

_PUBLISH: Final = 0x30
_RETAIN: Final = 0x01
_QOS: Final = 0x06
_QOS_1: Final = 0x02
_PUBACK: Final = b"\x40\x02"
"""With the packet identifier behind it: success, in its short form (MQTT 5.0, 3.4.2.1)."""


class Publish(NamedTuple):
    """One message; its properties are passed over."""

    topic: str
    payload: bytes
    retained: bool


_message = cast("Callable[[tuple[str, bytes, bool]], Publish]", partial(tuple[Any].__new__, Publish))
"""Past the named tuple's own function, which is written in Python."""


class Read(NamedTuple):
    """What was in the bytes: how many of them were used, the messages, and the acknowledgements to send for them."""

    used: int
    messages: list[Publish]
    acknowledgements: bytes


def read(data: bytes, other: Callable[[bytes], None]) -> Read:
    """Take whole packets off the front of `data`; those that are no PUBLISH to be read here go to `other`.

    Raises ValueError when a length cannot be one (MQTT 5.0, 1.5.5): the stream is then of no more use.
    """
    at, end = 0, len(data)
    messages: list[Publish] = []
    acknowledgements = bytearray()
    while at + 1 < end:
        body, behind = _span(data, at + 1, end)
        if behind > end:
            break
        taken = _publish(data, data[at], body, behind, acknowledgements)
        if taken is None:
            other(data[at:behind])
        else:
            messages.append(taken)
        at = behind
    return Read(at, messages, bytes(acknowledgements))


def _span(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the part whose length stands at `at` begins and ends; behind `end` when the length is not whole yet."""
    length = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return at, at + length
        shift += 7
        if shift > 21:
            raise ValueError("a length of more than four bytes")
    return at, end + 1


def _publish(data: bytes, header: int, at: int, behind: int, acknowledgements: bytearray) -> Publish | None:
    """The message in `at` to `behind`; None for whatever the client had better look at itself."""
    qos = header & _QOS
    if header & 0xF0 != _PUBLISH or qos > _QOS_1 or at + 2 > behind:
        return None
    topic = at + 2
    properties = topic + (data[at] << 8 | data[at + 1])
    identifier = properties
    if qos:
        properties += 2
    if properties >= behind or topic == identifier:  # without a topic: an alias
        return None
    try:
        payload = _span(data, properties, behind)[1] if data[properties] else properties + 1
        name = data[topic:identifier].decode()
    except ValueError:
        return None
    if payload > behind:
        return None
    if qos:
        acknowledgements += _PUBACK + data[identifier:properties]
    return _message((name, data[payload:behind], bool(header & _RETAIN)))
