"""PUBLISH packets taken out of a stream: what the broker's own library would read, in whatever pieces it comes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from keng_hub.publish_packets import Publish, read
from keng_hub.subscriber import Feed, Subscriber, other_filters
from support.mosquitto import OPEN, Mosquitto
from support.processes import until

TOPIC = "keng/v1/ngo-3/up/reading"


def variable(number: int) -> bytes:
    coded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        coded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(coded)


def packet(
    payload: bytes,
    *,
    topic: bytes = TOPIC.encode(),
    qos: int = 1,
    number: int = 7,
    properties: bytes = b"",
    flags: int = 0,
) -> bytes:
    """A PUBLISH as MQTT 5.0, 3.3 writes it."""
    identifier = number.to_bytes(2, "big") if qos else b""
    body = len(topic).to_bytes(2, "big") + topic + identifier + variable(len(properties)) + properties + payload
    return bytes([0x30 | qos << 1 | flags]) + variable(len(body)) + body


def never(data: bytes) -> None:
    raise AssertionError(f"left to the client: {data!r}")


def test_a_message_of_qos_1_is_read_and_acknowledged_by_its_number() -> None:
    data = packet(b"23 kWh", number=0x1234)
    assert read(data, never) == (len(data), [Publish(TOPIC, b"23 kWh", False)], b"\x40\x02\x12\x34")


def test_qos_0_is_not_acknowledged_and_retained_is_told() -> None:
    data = packet(b"", qos=0, flags=1)
    assert read(data, never) == (len(data), [Publish(TOPIC, b"", True)], b"")


def test_a_repeated_delivery_is_a_message_as_well() -> None:
    assert read(packet(b"x", flags=8), never).messages == [Publish(TOPIC, b"x", False)]


@pytest.mark.parametrize("length", [1, 127, 128, 300])
def test_properties_are_passed_over(length: int) -> None:
    """A user property (0x26) of any length, MQTT 5.0, 3.3.2.3.7."""
    properties = b"\x26" + bytes(length - 1)
    assert read(packet(b"value", properties=properties), never).messages == [Publish(TOPIC, b"value", False)]


@given(st.lists(st.binary(max_size=300), max_size=6), st.data())
def test_the_stream_may_be_cut_anywhere(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(packet(payload, number=n + 1) for n, payload in enumerate(payloads))
    found: list[bytes] = []
    numbers = b""
    waiting = b""
    while stream:
        piece = data.draw(st.integers(1, len(stream)))
        waiting += stream[:piece]
        stream = stream[piece:]
        got = read(waiting, never)
        waiting = waiting[got.used :]
        found += [message.payload for message in got.messages]
        numbers += got.acknowledgements
    assert found == payloads
    assert waiting == b""
    assert numbers == b"".join(b"\x40\x02" + (n + 1).to_bytes(2, "big") for n in range(len(payloads)))


@pytest.mark.parametrize(
    "strange",
    [
        b"\xd0\x00",  # PINGRESP
        b"\x90\x04\x00\x01\x00\x01",  # SUBACK
        packet(b"x", qos=2),
        packet(b"x", topic=b""),  # a topic alias
        packet(b"x", topic=b"\xff\xfe"),  # not UTF-8
        b"\x32\x03\x00\x09k",  # a topic longer than its packet
        b"\x32\x05\x00\x01k\x00\x01",  # nothing behind the number, not even the length of the properties
        b"\x32\x06\x00\x01k\x00\x01\x09",  # properties longer than their packet
    ],
)
def test_what_is_not_to_be_read_here_is_left_to_the_client_whole(strange: bytes) -> None:
    left: list[bytes] = []
    stream = packet(b"before") + strange + packet(b"after", number=8)
    got = read(stream, left.append)
    assert left == [strange]
    assert [message.payload for message in got.messages] == [b"before", b"after"]
    assert got.used == len(stream)


def test_a_length_of_five_bytes_ends_the_connection() -> None:
    with pytest.raises(ValueError, match="four bytes"):
        read(b"\x32\x80\x80\x80\x80\x01rest", never)


@given(st.binary(max_size=200))
def test_any_bytes_are_used_in_order_or_refused(data: bytes) -> None:
    left: list[bytes] = []
    try:
        got = read(data, left.append)
    except ValueError:
        return
    assert 0 <= got.used <= len(data)
    assert sum(map(len, left)) + sum(len(message.payload) for message in got.messages) <= got.used


class Always:
    """A queue with room for everything."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.room.set()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", OPEN) as broker:
        yield broker


def publish(port: int, payloads: list[bytes]) -> None:
    """By paho, one after the other."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.UserProperty = [("ai", "đo"), ("khi", "nào")]
    properties.MessageExpiryInterval = 60
    properties.ContentType = "application/json"
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for payload in payloads:
        client.publish(TOPIC, payload, qos=1, properties=properties).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def test_a_real_broker_and_another_library_agree_with_it(broker: Mosquitto) -> None:
    """Properties of every kind that a publisher may add, sizes around each border of the length's bytes."""
    heard: list[tuple[str, bytes]] = []
    feed = Feed("hub", other_filters(), Always())

    def offer(topic: str, payload: bytes, _received: int, _retained: bool) -> None:
        heard.append((topic, payload))

    subscriber = Subscriber("127.0.0.1", broker.port, [feed], offer)
    listening = asyncio.create_task(subscriber.run())
    await until(lambda: subscriber.connected, "the subscription")
    sent = [bytes([n % 251]) * size for n, size in enumerate((0, 1, 90, 127, 128, 200, 16_383, 16_384, 100_000))]
    await asyncio.to_thread(publish, broker.port, sent)
    await until(lambda: len(heard) == len(sent), "all messages")
    assert heard == [(TOPIC, payload) for payload in sent]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
