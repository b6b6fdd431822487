"""The connection to a real Mosquitto: for ever, subscribed anew each time, and never faster than the hub."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from keng_hub.lane import Lane, Packet
from keng_hub.subscriber import Feed, Subscriber, alarm_filters, other_filters
from support.mosquitto import OPEN, Mosquitto
from support.processes import until

TOPIC = "keng/v1/ngo-3/up/event"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", OPEN + "max_inflight_messages 1000\n") as broker:
        yield broker


class Ear:
    """A subscriber with one lane that nobody empties."""

    def __init__(self, port: int, name: str = "hub", filters: list[str] | None = None, limit: int = 10_000) -> None:
        self.lane = Lane("rest", limit=limit)
        self.heard: list[Packet] = []
        feed = Feed(name, filters or other_filters(), self.lane)
        self.subscriber = Subscriber("127.0.0.1", port, [feed], self.offer, first_pause_s=0.02)

    def offer(self, topic: str, payload: bytes, received: int, retained: bool) -> None:
        packet = Packet(topic, payload, received, retained)
        self.heard.append(packet)
        self.lane.offer(packet)

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator["Ear"]:
        task = asyncio.create_task(self.subscriber.run())
        await until(lambda: self.subscriber.connected, "the subscription")
        yield self
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def publish(self, payload: bytes, topic: str = TOPIC, retain: bool = False) -> None:
        await until(lambda: self.subscriber.publish(topic, payload, qos=1, retain=retain), "a packet number")


async def test_messages_come_with_topic_bytes_and_time(broker: Mosquitto) -> None:
    async with Ear(broker.port).listening() as ear:
        await ear.publish(b"\xff\x00 any bytes")
        await until(lambda: bool(ear.heard), "the message")
    (packet,) = ear.heard
    assert (packet.topic, packet.payload, packet.retained) == (TOPIC, b"\xff\x00 any bytes", False)
    assert packet.received > 1_700_000_000_000


async def test_a_retained_status_is_known_as_such(broker: Mosquitto) -> None:
    async with Ear(broker.port, "first").listening() as first:
        await first.publish(b"{}", "keng/v1/ngo-3/up/status", retain=True)
        await until(lambda: bool(first.heard), "the live one")
    async with Ear(broker.port, "second").listening() as second:
        await until(lambda: bool(second.heard), "the retained one")
    assert (first.heard[0].retained, second.heard[0].retained) == (False, True)


@pytest.mark.expects_log("no broker at")
@pytest.mark.parametrize("how", ["restart", "kill", "wipe"])
async def test_it_comes_back_and_subscribes_anew(broker: Mosquitto, how: str) -> None:
    async with Ear(broker.port).listening() as ear:
        if how == "restart":
            broker.stop()
        else:
            broker.kill()
        if how == "wipe":
            broker.wipe()
        await until(lambda: not ear.subscriber.connected, "the loss is noticed")
        health = await ear.subscriber.health()
        assert not health.ok
        assert not ear.subscriber.publish(TOPIC, b"into the void")
        broker.start()
        await until(lambda: ear.subscriber.connected, "the return")
        await ear.publish(b"again")
        await until(lambda: bool(ear.heard), "a message after the return")
        assert (await ear.subscriber.health()).ok


@pytest.mark.expects_log("no broker at")
async def test_what_came_while_it_was_away_waits_in_the_broker(broker: Mosquitto) -> None:
    async with Ear(broker.port).listening():
        pass
    async with Ear(broker.port, "other", alarm_filters()).listening() as other:
        for n in range(20):
            await other.publish(str(n).encode())
        async with Ear(broker.port).listening() as ear:
            await until(lambda: len(ear.heard) == 20, "the queued messages")


@pytest.mark.expects_log("no broker at .*: the broker closed the connection")
async def test_a_broker_that_does_not_take_the_subscription_is_no_broker(broker: Mosquitto) -> None:
    ear = Ear(broker.port, filters=["keng/#/up"])
    task = asyncio.create_task(ear.subscriber.run())
    await asyncio.sleep(0.2)
    health = await ear.subscriber.health()
    assert not health.ok
    assert "closed" in health.detail
    assert not ear.subscriber.connected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_full_lane_stops_the_reading_and_an_emptied_one_lets_all_come(broker: Mosquitto) -> None:
    ear = Ear(broker.port, limit=50)
    async with ear.listening(), Ear(broker.port, "writer", alarm_filters()).listening() as writer:
        for n in range(600):
            await writer.publish(n.to_bytes(2, "big") + bytes(2_000))
        await until(lambda: not ear.lane.room.is_set(), "the lane is full")
        await asyncio.sleep(0.1)
        stopped = len(ear.heard)
        assert stopped < 300  # what gmqtt had read already may still come
        await asyncio.sleep(0.1)
        assert len(ear.heard) == stopped
        while len(ear.heard) < 600 or len(ear.lane):
            await asyncio.wait_for(ear.lane.take(), 5)
            await asyncio.sleep(0.001)
    assert [int.from_bytes(packet.payload[:2], "big") for packet in ear.heard] == list(range(600))


async def test_two_hubs_of_a_group_share_the_load_but_both_hear_status(broker: Mosquitto) -> None:
    one, two = (Ear(broker.port, name, other_filters("hub")) for name in ("one", "two"))
    async with one.listening(), two.listening():
        for n in range(100):
            await one.publish(str(n).encode())
        await one.publish(b"{}", "keng/v1/ngo-3/up/status")
        both = [one.heard, two.heard]
        await until(lambda: sum(len(heard) for heard in both) == 102, "everything")
    events = [[packet for packet in heard if packet.topic == TOPIC] for heard in both]
    assert all(len(heard) > 20 for heard in events)
    assert len({packet.payload for heard in events for packet in heard}) == 100
