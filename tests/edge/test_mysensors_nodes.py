"""MySensors nodes behind a gateway on a pseudo-terminal: rung at once, asked again, lost when silent."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_bridges.mysensors import Message, Splitter, ask_version, decode
from keng_demo.line import Line
from keng_edge.fire.mysensors import MySensors
from keng_edge.fire.radio_config import MySensorsSection
from keng_wire.alarm import Evidence, Phase
from keng_wire.conditions import Condition, Mark
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.house import House
from support.processes import until
from support.radio import running, section, smoke

POINTS = {
    "12/1": smoke(),
    "12/2": {"id": "nhiet-1", "name": "Nhiệt", "kind": "heat_detector", "role": "watch", "quantity": "temperature"},
    "13/1": {"id": "huy-1", "name": "Nút tắt", "kind": "sos_button", "role": "cancel"},
}


class Gateway:
    """A serial gateway: answers for its version, and for the state of a child while `answers` holds one."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.answers: dict[str, str] = {}
        self.silent = False
        self._splitter = Splitter()
        self.line = Line(self._received)

    def _received(self, data: bytes) -> None:
        for message in self._splitter.received(data):
            self._answer(message)

    def _answer(self, message: Message) -> None:
        name = f"{message.node};{message.child}"
        self.asked.append(f"{name};{int(message.command)};{message.type}".encode())
        if message.name == "I_VERSION" and not self.silent:
            self.say(b"0;255;3;0;2;2.3.2")
        elif message.name == "V_TRIPPED" and name in self.answers:
            self.say(f"{name};1;0;16;{self.answers[name]}".encode())

    def say(self, line: bytes) -> None:
        """A line."""
        self.line.write(line + b"\n")


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    with made.line:
        yield made


def mysensors(port: str) -> MySensorsSection:
    made = section("mysensors", port=port, points=POINTS)
    assert isinstance(made, MySensorsSection)
    return made


def evidence(node: FakeNode) -> list[Evidence]:
    return [alarm.evidence for alarm in node.alarms]


async def started(gateway: Gateway, node: FakeNode) -> None:
    await until(lambda: ("bo-1", Condition.NORMAL) in {r[:2] for r in node.reports}, "the gateway answers")


async def test_smoke_rings_at_once_and_counts_when_it_is_said_again(gateway: Gateway, node: FakeNode) -> None:
    gateway.answers["12;1"] = "0"
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await started(gateway, node)
        await until(lambda: ("khoi-1", Condition.NORMAL) in {r[:2] for r in node.reports}, "it was asked and is well")
        gateway.answers["12;1"] = "1"
        gateway.say(b"\0" * 64 + b"12;1;1;0;16;1")
        await until(lambda: len(node.alarms) == 2, "asked again, and sure")
        assert evidence(node) == [Evidence.ADVISORY, Evidence.SINGLE_DETECTOR]
        assert [(a.device, a.point, a.raw) for a in node.alarms] == [("khoi-1", "12-1", "12;1;1;0;16;1")] * 2
        gateway.say(b"12;1;1;0;16;0")
        await until(lambda: node.last("khoi-1")[0] is Condition.NORMAL, "it is over")


async def test_no_answer_within_two_seconds_is_a_real_alarm(gateway: Gateway, node: FakeNode) -> None:
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await started(gateway, node)
        gateway.say(b"12;1;1;0;16;1")
        await until(lambda: len(node.alarms) == 1, "at once in its own house")
        assert b"12;1;2;16" in gateway.asked
        await until(lambda: len(node.alarms) == 2, "no answer")
        assert evidence(node) == [Evidence.ADVISORY, Evidence.SINGLE_DETECTOR]


async def test_what_a_second_answer_denies_stays_advisory(gateway: Gateway, node: FakeNode) -> None:
    gateway.answers["12;1"] = "0"
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await started(gateway, node)
        gateway.say(b"12;1;1;0;16;1")
        await until(lambda: bool(node.alarms), "one line")
        await until(lambda: node.last("khoi-1")[0] is Condition.NORMAL, "denied")
        await asyncio.sleep(2.3)
        assert evidence(node) == [Evidence.ADVISORY]


@pytest.mark.expects_log("device bo-1: ")
async def test_a_port_that_goes_while_an_answer_is_awaited_leaves_a_real_alarm(
    gateway: Gateway, node: FakeNode
) -> None:
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await started(gateway, node)
        gateway.say(b"12;1;1;0;16;1")
        await until(lambda: bool(node.alarms), "one line")
        gateway.line.close()
        await until(lambda: Mark.COMMS_LOST in node.last("bo-1")[1], "the loss")
        assert evidence(node) == [Evidence.ADVISORY, Evidence.SINGLE_DETECTOR]


async def test_values_batteries_sketches_and_the_metric_question(gateway: Gateway, node: FakeNode) -> None:
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await started(gateway, node)
        for line in (
            b"12;255;3;0;11;SmokeSketch",
            b"12;255;3;0;12;1.4",
            b"12;255;3;0;6;0",
            b"12;1;1;0;16;0",
            b"12;2;1;0;0;21.5",
            b"12;255;3;0;0;7",
            b"12;1;1;1;16;1",
        ):
            gateway.say(line)
        await until(lambda: node.identities.get("khoi-1", {}).get("firmware") == "1.4", "sketch")
        await until(lambda: any(row.quantity == "battery" for row in node.rows), "its battery")
        values = {(row.device, row.quantity, row.value) for row in node.rows}
        assert values == {
            ("nhiet-1", "temperature", 21.5),
            ("khoi-1", "battery", 7.0),
            ("nhiet-1", "battery", 7.0),
        }
        await until(lambda: node.last("khoi-1") == (Condition.NORMAL, frozenset({Mark.LOW_BATTERY})), "the mark")
        assert b"12;255;3;6" in gateway.asked
        gateway.say(b"12;255;3;0;0;90")
        await until(lambda: node.last("khoi-1") == (Condition.NORMAL, frozenset()), "a new battery")
    assert node.alarms == [], "an echo is no alarm"
    assert node.identities["khoi-1"] == {"model": "SmokeSketch", "firmware": "1.4"}


async def test_cancel_strangers_and_rubbish(gateway: Gateway, node: FakeNode) -> None:
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await started(gateway, node)
        for line in (b"garbage", b"99;1;1;0;16;1", b"98;1;0;0;0;door", b"98;1;1;0;16;1", b"x" * 5000):
            gateway.say(line)
        gateway.say(b"13;1;1;0;16;1")
        await until(lambda: bool(node.cancels), "the button")
        gateway.say(b"99;1;0;0;2;smoke")
        gateway.say(b"99;1;1;0;16;1")
        await until(lambda: bool(node.alarms), "a smoke detector that nobody configured")
        assert [(a.device, a.evidence) for a in node.alarms] == [("bo-1", Evidence.ADVISORY)]


async def test_the_gateway_is_asked_for_its_version_and_its_nodes_for_a_sign_of_life(
    gateway: Gateway, node: FakeNode
) -> None:
    async with running(MySensors(mysensors(gateway.line.path), node), node):
        await until(lambda: len(gateway.asked) >= 6, "the questions")
    assert gateway.asked[:6] == [
        b"0;255;3;2",
        b"12;255;3;18",
        b"13;255;3;18",
        b"12;1;2;16",
        b"12;2;2;16",
        b"13;1;2;16",
    ]
    assert decode(ask_version()).name == "I_VERSION"


async def test_behind_a_gateway_that_is_silent_for_its_deadline_nothing_is_known(tmp_path: Path) -> None:
    clock = FakeClock()
    node = FakeNode(clock, tmp_path)
    device = MySensors(mysensors("/dev/none"), node)
    points = device._points  # pyright: ignore[reportPrivateUsage]
    await points.reached()
    clock.pass_ms(89_999)
    await points.unreached()
    assert not any(Mark.COMMS_LOST in report[2] for report in node.reports)
    clock.pass_ms(1)
    await points.unreached()
    assert node.last("khoi-1") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    told = len(node.reports)
    await points.unreached()
    assert len(node.reports) == told, "told once"


def test_three_heartbeats_missed_are_a_loss() -> None:
    assert mysensors("x").deadlines() == {"bo-1": 90, "khoi-1": 1800, "nhiet-1": 1800, "huy-1": 1800}


async def test_the_neighbours_hear_of_a_doubtful_source_only_when_it_has_become_sure(tmp_path: Path) -> None:
    house = House(tmp_path, FakeClock())
    await house.smoke(evidence=Evidence.ADVISORY)
    await house.later(30)
    assert house.ears.calls() == {"chuong-1": "fire"}
    await house.smoke()
    await house.later(19)
    assert house.ears.calls() == {"chuong-1": "fire"}, "the cancel window runs"
    await house.later(1.5)
    assert house.ears.calls() == {"chuong-1": "fire", "coi-ngo": "fire"}
    assert await house.phases() == [Phase.RAISED, Phase.RAISED, Phase.SPREAD]
    assert [alarm.evidence for alarm in await house.stored()][1:] == [Evidence.SINGLE_DETECTOR] * 2
    await house.outbox.close()
