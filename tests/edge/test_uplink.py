"""The way to the hub over a real broker: order, replays, re-sends, restarts of either side."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from keng_edge.config import UplinkSection
from keng_edge.devices import Measured
from keng_wire.control import Command
from keng_wire.event import FaultCode, NodeFault
from keng_wire.message import Message
from keng_wire.topics import MessageClass
from support.bodies import an_alarm
from support.fake_clock import FakeClock
from support.fake_hub import FakeHub
from support.mosquitto import Mosquitto
from support.uplink_node import UplinkNode

ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING
EXPECTED = r"keng.uplink: WARNING: uplink"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
async def node(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[UplinkNode]:
    made = UplinkNode(tmp_path / "outbox", plain(broker.port), FakeClock())
    yield made
    await made.stop()


def plain(port: int) -> UplinkSection:
    return UplinkSection(host="127.0.0.1", port=port)


def numbers(messages: list[Message]) -> list[int]:
    return [message.number for message in messages]


async def test_a_node_says_that_it_is_there_sends_and_forgets_what_is_acknowledged(
    node: UplinkNode, broker: Mosquitto
) -> None:
    async with FakeHub(broker.port) as hub:
        await node.outbox.append(ALARM, an_alarm())
        node.start()
        await node.until(node.empty, "the alarm is acknowledged")
        assert hub.statuses[0].online
        assert hub.messages[0].sent is not None
        assert hub.messages[0].sent.replay, "it waited for the connection"
        await node.outbox.append(ALARM, an_alarm())
        await node.until(node.empty, "the second one too")
        assert hub.messages[1].sent is not None
        assert not hub.messages[1].sent.replay


async def test_without_acknowledgement_nothing_is_forgotten_and_an_alarm_is_sent_again_every_ten_seconds(
    node: UplinkNode, broker: Mosquitto
) -> None:
    async with FakeHub(broker.port, answers=False) as hub:
        node.start()
        await node.until(lambda: hub.statuses, "the node is there")
        await hub.acknowledge(node.outbox.stream)
        await node.outbox.append(ALARM, an_alarm())
        await node.until(lambda: len(hub.of(ALARM)) == 3, "it is sent, and twice again")
        sent = [message.sent for message in hub.of(ALARM) if message.sent]
        assert [one.replay for one in sent] == [False, True, True]
        for before, after in pairwise(sent):
            assert 10_000 <= after.up - before.up <= 13_000
        await hub.acknowledge(node.outbox.stream, alarm=1)
        await node.until(node.empty, "it is acknowledged at last")


async def test_an_alarm_overtakes_a_backlog_of_5000_readings(node: UplinkNode, broker: Mosquitto) -> None:
    for n in range(100):
        await node.outbox.stage([Measured(f"m-{n}", "power", float(i), node.clock.up) for i in range(50)])
        node.clock.pass_ms(1000)
        await node.outbox.settle()
    async with FakeHub(broker.port) as hub:
        node.start()
        await node.until(lambda: len(hub.of(READING)) >= 10, "the backlog is on its way")
        await node.outbox.append(ALARM, an_alarm())
        await node.outbox.append(EVENT, NodeFault(code=FaultCode.DISK, active=True))
        sent = len(hub.messages)
        await node.until(lambda: hub.of(ALARM) and hub.of(EVENT), "alarm and event are there")
        assert hub.messages.index(hub.of(ALARM)[0]) - sent <= 16
        assert hub.messages.index(hub.of(EVENT)[0]) - sent <= 24
        await node.until(node.empty, "everything is there")
        assert numbers(hub.of(READING)) == list(range(1, 101))
        assert sum(len(m.body.rows) for m in hub.of(READING) if m.body.kind == "readings") == 5000


@pytest.mark.expects_log(EXPECTED)
async def test_a_node_comes_back_after_a_restart_of_the_broker_and_hears_again(
    node: UplinkNode, broker: Mosquitto
) -> None:
    async with FakeHub(broker.port) as hub:
        node.start()
        await node.until(lambda: node.uplink.connected, "connected")
        broker.kill()
        await node.until(lambda: not node.uplink.connected, "the cut is noticed")
        for n in range(5):
            await node.outbox.append(ALARM, an_alarm(n))
            await node.outbox.append(EVENT, NodeFault(code=FaultCode.DISK, active=True))
        broker.wipe()
        broker.start()
        await node.until(node.empty, "everything is acknowledged, so it heard")
        assert numbers(hub.of(ALARM)) == [1, 2, 3, 4, 5]
        assert numbers(hub.of(EVENT)) == [1, 2, 3, 4, 5]
        assert all(message.sent and message.sent.replay for message in hub.messages)


async def test_bulk_without_progress_for_thirty_seconds_is_sent_again_from_the_last_acknowledged(
    node: UplinkNode, broker: Mosquitto
) -> None:
    async with FakeHub(broker.port, answers=False) as hub:
        node.start()
        await node.until(lambda: hub.statuses, "the node is there")
        await hub.acknowledge(node.outbox.stream)
        for _ in range(12):
            await node.outbox.append(EVENT, NodeFault(code=FaultCode.DISK, active=True))
        await node.until(lambda: len(hub.of(EVENT)) == 8, "a window is sent")
        await hub.acknowledge(node.outbox.stream, event=3)
        await node.until(lambda: len(hub.of(EVENT)) == 11, "the window moves on")
        await node.until(lambda: len(hub.of(EVENT)) == 19, "it begins again")
        assert numbers(hub.of(EVENT)) == [*range(1, 12), *range(4, 12)]
        await hub.acknowledge(node.outbox.stream, event=11)


@pytest.mark.expects_log("went back in time")
async def test_an_outbox_that_went_back_in_time_begins_a_new_stream_and_loses_nothing(
    node: UplinkNode, broker: Mosquitto
) -> None:
    old = node.outbox.stream
    for n in range(3):
        await node.outbox.append(ALARM, an_alarm(n))
    async with FakeHub(broker.port) as hub:
        hub.high[old] = {ALARM: 40}
        node.start()
        await node.until(lambda: node.outbox.stream != old and node.empty(), "all is acknowledged anew")
        assert [m.body.occurrence for m in hub.of(ALARM) if m.body.kind == "alarm"] == [f"{n:016x}" for n in range(3)]
        assert {message.stream for message in hub.messages} == {node.outbox.stream}
        assert hub.statuses[-1].stream == node.outbox.stream


@pytest.mark.expects_log("went back in time")
async def test_numbers_given_out_after_a_step_back_are_not_taken_for_acknowledged(
    node: UplinkNode, broker: Mosquitto
) -> None:
    old = node.outbox.stream
    for n in range(6):
        await node.outbox.append(ALARM, an_alarm(n))
    async with FakeHub(broker.port) as hub:
        hub.high[old] = {ALARM: 4}  # the hub has four others under these numbers
        node.start()
        await node.until(node.empty, "all is acknowledged anew")
        assert numbers(hub.of(ALARM)) == [1, 2, 3, 4, 5, 6]
        assert node.outbox.stream != old


async def test_a_retained_command_is_ignored_and_a_live_one_is_taken(node: UplinkNode, broker: Mosquitto) -> None:
    def a_command(number: int) -> Command:
        return Command(id=f"{number:016x}", name="report", by="Nguyễn Văn Mẫu", expires=1_795_000_060_000)  # type: ignore[arg-type]

    async with FakeHub(broker.port) as hub:
        await hub.command(a_command(1), retain=True)
        node.start()
        await node.until(lambda: hub.statuses, "the node is there")
        await hub.command(a_command(2))
        await node.until(lambda: node.commands, "the command came")
        assert [command.id for command in node.commands] == [f"{2:016x}"]


@pytest.mark.expects_log("cannot be read")
async def test_rubbish_from_above_is_logged_and_changes_nothing(node: UplinkNode, broker: Mosquitto) -> None:
    async with FakeHub(broker.port) as hub:
        node.start()
        await node.until(lambda: hub.statuses, "the node is there")
        assert hub._client is not None  # pyright: ignore[reportPrivateUsage]
        for leaf in ("ack", "config", "command"):
            await hub._client.publish(f"keng/v1/ngo-1/down/{leaf}", b"{not json", qos=1)  # pyright: ignore[reportPrivateUsage]
        await node.outbox.append(ALARM, an_alarm())
        await node.until(node.empty, "it goes on working")


@pytest.mark.expects_log(EXPECTED)
async def test_a_broker_that_is_not_there_is_said_once_and_tried_for_ever(tmp_path: Path, broker: Mosquitto) -> None:
    broker.stop()
    node = UplinkNode(tmp_path / "other", plain(broker.port), FakeClock())
    try:
        node.start()
        await node.outbox.append(ALARM, an_alarm())
        for _ in range(20):
            await node.clock.advance(30)
            await asyncio.sleep(0.005)
        broker.start()
        async with FakeHub(broker.port):
            await node.until(node.empty, "it comes through at last")
    finally:
        await node.stop()
