"""433 MHz alarms through rtl_433 at a node: only the list, advisory, repeats once, and no word of when it is over."""

import asyncio
import json
from pathlib import Path

import aiomqtt

from keng_edge.fire.radio_config import NEVER_S, Rtl433Section
from keng_edge.fire.rtl_433 import Rtl433
from keng_edge.mqtt import Heard
from keng_edge.register import Register
from keng_wire.alarm import Evidence
from keng_wire.conditions import Condition, Mark
from support import radio_433
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.mosquitto import Mosquitto
from support.processes import until
from support.radio import running, section, smoke

DEVICES = {
    "Smoke-GS558/1234": smoke(),
    "Honeywell-Security/7": {"id": "cua-1", "name": "Cửa", "kind": "contact", "role": "watch"},
    "EV1527/99": {"id": "huy-1", "name": "Nút tắt", "kind": "sos_button", "role": "cancel"},
}
GS558 = {"model": "Smoke-GS558", "id": 1234, "unit": 3, "learn": 0, "code": "abc123"}


def rtl_433(port: int = 1883) -> Rtl433Section:
    made = section("rtl_433", port=port, devices=DEVICES)
    assert isinstance(made, Rtl433Section)
    return made


async def test_over_a_broker_repeats_ring_once_strangers_never_and_nothing_counts_alone(
    node: FakeNode, broker: Mosquitto
) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as receiver:

        async def say(fields: object, *, retain: bool = False) -> None:
            text = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
            await receiver.publish("rtl_433/nha/events", text, qos=1, retain=retain)

        await say(GS558, retain=True)
        async with running(Rtl433(rtl_433(broker.port), node), node):
            await until(lambda: bool(node.reports), "it listens")
            await say({"model": "Honeywell-Security", "id": 7, "alarm": 0, "contact_open": 1, "battery_ok": 0})
            await until(lambda: node.reports[-1][0] == "cua-1", "the door")
            assert node.alarms == [], "what the broker remembers is nobody's act, and alarm 0 is none"
            await asyncio.sleep(3.1)  # the remembered message was heard too: its repeats are told by time
            for _ in range(6):
                await say(GS558)
            await say({"model": "Smoke-GS558", "id": 4321, "learn": 0, "code": "def456"})
            await say(b'{"model":"Smoke-GS558","id":12')
            await say(b"x" * 200_000)
            await say({"model": "EV1527", "id": 99, "code": "1"})
            await until(lambda: bool(node.cancels), "everything was heard")
            assert [(alarm.device, alarm.evidence) for alarm in node.alarms] == [("khoi-1", Evidence.ADVISORY)]


async def test_the_real_program_hears_a_signal_and_the_node_rings_once_for_the_sender_on_its_list(
    node: FakeNode, broker: Mosquitto, tmp_path: Path
) -> None:
    program = radio_433.rtl_433()
    names = {"Smoke-GS558/1234": smoke(), "Honeywell-Security/703710": DEVICES["Honeywell-Security/7"]}
    made = section("rtl_433", port=broker.port, devices=names)
    assert isinstance(made, Rtl433Section)
    signals = [
        radio_433.remote(0x1234, 0x5E),  # a stranger's, which it takes for another smoke alarm
        radio_433.honeywell(703710, 0x80, damage=1),
        radio_433.gs558(1234, 3) * 2,
        radio_433.honeywell(703710, 0x00),
    ]
    async with running(Rtl433(made, node), node):
        await until(lambda: bool(node.reports), "the node listens")
        with (
            radio_433.Antenna() as antenna,
            radio_433.listener(program, antenna, broker.port, tmp_path / "rtl_433.log") as listener,
        ):
            await until(lambda: "MQTT Connection established" in listener.output(), "rtl_433 publishes")
            for signal in signals:
                antenna.send(signal)
            await until(lambda: any(name == "cua-1" for name, *_ in node.reports), "the door, sent last")
    assert [(alarm.device, alarm.evidence) for alarm in node.alarms] == [("khoi-1", Evidence.ADVISORY)]
    assert [condition for name, condition, *_ in node.reports if name == "cua-1"] == [Condition.NORMAL]


async def test_a_bare_code_is_held_for_a_minute_and_then_nobody_knows(tmp_path: Path) -> None:
    clock = FakeClock()
    node = FakeNode(clock, tmp_path)
    device = Rtl433(rtl_433(), node)
    await device._hear(  # pyright: ignore[reportPrivateUsage]
        Heard("rtl_433/nha/events", json.dumps(GS558).encode(), False, clock.up_ms())
    )
    assert node.last("khoi-1")[0] is Condition.ALARM
    clock.pass_ms(59_000)
    await device._alive()  # pyright: ignore[reportPrivateUsage]
    assert node.last("khoi-1")[0] is Condition.ALARM
    clock.pass_ms(1_000)
    await device._alive()  # pyright: ignore[reportPrivateUsage]
    assert node.last("khoi-1") == (Condition.UNKNOWN, frozenset())


async def test_a_sender_that_is_being_taught_is_a_test_and_its_low_battery_a_mark(tmp_path: Path) -> None:
    clock = FakeClock()
    node = FakeNode(clock, tmp_path)
    device = Rtl433(rtl_433(), node)
    message = json.dumps({**GS558, "learn": 1, "battery_ok": 0}).encode()
    await device._hear(Heard("rtl_433/nha/events", message, False, 0))  # pyright: ignore[reportPrivateUsage]
    assert node.alarms == []
    assert node.last("khoi-1")[1] == {Mark.TEST, Mark.LOW_BATTERY}


def test_nobody_watches_the_silence_of_a_sender() -> None:
    deadlines = rtl_433().deadlines()
    assert deadlines == {"bo-1": 90, "khoi-1": NEVER_S, "cua-1": NEVER_S, "huy-1": NEVER_S}
    letters = {state.device: state.supervision for state in Register(deadlines, FakeClock()).states()}
    assert letters == {"bo-1": "A", "khoi-1": "U", "cua-1": "U", "huy-1": "U"}
