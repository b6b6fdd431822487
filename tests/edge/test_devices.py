"""Devices of a node against the simulated ones behind real pseudo-terminals and a real broker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import aiomqtt
import pytest

from keng_demo.bridge_board import BridgeBoard as Board
from keng_demo.iec_meter import IecMeter
from keng_demo.modbus_meter import ModbusMeter
from keng_edge import cameras, fire, meters
from keng_edge.devices import Device, supervise
from keng_edge.errors import DeviceError, OutputError
from keng_edge.fire._blueprint import Blueprint as FireBlueprint
from keng_edge.fire._blueprint import BlueprintSection as FireSection
from keng_edge.fire.bridge_board import BridgeBoard
from keng_edge.fire.config import BridgeBoardSection, Zigbee2MqttSection
from keng_edge.fire.zigbee2mqtt import Zigbee2Mqtt
from keng_edge.meters._blueprint import Blueprint as MeterBlueprint
from keng_edge.meters._blueprint import BlueprintSection as MeterSection
from keng_edge.meters.config import Iec62056Section, ModbusSection
from keng_edge.meters.iec62056_21 import Iec62056
from keng_edge.meters.modbus import Modbus
from keng_edge.meters.poll import next_turn
from keng_wire.alarm import Category, Cause, Evidence
from keng_wire.conditions import Condition, Mark
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.mosquitto import Mosquitto
from support.processes import until

POINTS = {
    "smoke1": {"id": "khoi-1", "name": "Khói bếp", "kind": "smoke_detector"},
    "btn1": {"id": "nut-1", "name": "Nút báo cháy", "kind": "manual_call_point"},
    "huy1": {"id": "huy-1", "name": "Nút tắt báo nhầm", "kind": "manual_call_point", "role": "cancel"},
    "door1": {"id": "cua-1", "name": "Cửa", "kind": "contact", "role": "watch"},
}
BOARD_POINTS = {
    "smoke1": "smoke",
    "smoke9": "smoke",
    "btn1": "button",
    "huy1": "button",
    "door1": "contact",
    "siren1": "sounder",
}


@asynccontextmanager
async def running(device: Device, node: FakeNode, name: str = "bo-1") -> AsyncGenerator[None]:
    task = asyncio.create_task(supervise(device, name, node))
    try:
        yield
    finally:
        while not task.done():  # Python 3.11's `asyncio.wait_for`, in the library, may swallow a cancellation
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)


def board_section(port: str) -> BridgeBoardSection:
    fields = {"type": "bridge_board", "id": "bo-1", "name": "Bo", "port": port, "zone": "nha-1", "points": POINTS}
    return BridgeBoardSection.model_validate(fields)


@pytest.mark.parametrize("place", [*(fire.KINDS | meters.KINDS | cameras.KINDS).values()])
def test_every_kind_can_be_loaded(place: str) -> None:
    module, _, name = place.partition(":")
    assert hasattr(getattr(import_module(module), name), "run_once")


async def test_a_board_tells_how_its_points_stand_and_an_alarm_comes_with_its_frame(node: FakeNode) -> None:
    async with Board(BOARD_POINTS) as board:
        device = BridgeBoard(board_section(board.path), node)
        async with running(device, node):
            await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first snapshot")
            assert node.last("khoi-1") == (Condition.NORMAL, frozenset())
            assert node.last("bo-1") == (Condition.NORMAL, frozenset())
            before = node.clock.up_ms()
            board.do("alarm", "smoke1")
            await until(lambda: bool(node.alarms), "the alarm")
            alarm = node.alarms[0]
            assert (alarm.device, alarm.point, alarm.zone) == ("khoi-1", "smoke1", "nha-1")
            assert (alarm.cause, alarm.evidence) == (Cause.SMOKE, Evidence.SINGLE_DETECTOR)
            assert alarm.frame is not None
            assert before <= alarm.frame <= node.clock.up_ms()
            board.do("normal", "smoke1")
            await until(lambda: node.last("khoi-1")[0] is Condition.NORMAL, "it clears")


async def test_a_button_is_a_person_and_the_cancel_button_only_cancels(node: FakeNode) -> None:
    async with Board(BOARD_POINTS) as board, running(BridgeBoard(board_section(board.path), node), node):
        await until(lambda: any(report[0] == "nut-1" for report in node.reports), "the first snapshot")
        board.do("press", "huy1")
        await until(lambda: bool(node.cancels), "the cancel")
        assert node.cancels == [("Nút tắt báo nhầm", "nha-1")]
        board.do("press", "btn1")
        await until(lambda: bool(node.alarms), "the button")
        assert [alarm.evidence for alarm in node.alarms] == [Evidence.PERSON]
        board.do("alarm", "door1")
        await until(lambda: node.last("cua-1")[0] is Condition.ALARM, "the watched door")
        assert len(node.alarms) == 1


async def test_an_alarm_of_a_point_that_nobody_configured_is_an_alarm_of_the_board(node: FakeNode) -> None:
    async with Board(BOARD_POINTS) as board, running(BridgeBoard(board_section(board.path), node), node):
        await until(lambda: bool(node.reports), "the first snapshot")
        board.do("alarm", "smoke9")
        await until(lambda: bool(node.alarms), "the alarm")
        assert (node.alarms[0].device, node.alarms[0].point) == ("bo-1", "smoke9")
        assert node.alarms[0].category is Category.FIRE


async def test_an_alarm_that_began_while_the_node_was_away_is_an_alarm(node: FakeNode) -> None:
    async with Board(BOARD_POINTS) as board:
        board.do("alarm", "smoke1")
        async with running(BridgeBoard(board_section(board.path), node), node):
            await until(lambda: bool(node.alarms), "the alarm")
            assert node.alarms[0].device == "khoi-1"


async def test_a_broken_loop_is_unknown_with_a_fault_and_a_missing_point_too(node: FakeNode) -> None:
    points = {name: kind for name, kind in BOARD_POINTS.items() if name != "door1"}
    async with Board(points) as board, running(BridgeBoard(board_section(board.path), node), node):
        await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first snapshot")
        board.do("fault", "smoke1", "open")
        await until(lambda: node.last("khoi-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT})), "the fault")
        assert node.last("cua-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))


@pytest.mark.expects_log("device bo-1: ")
async def test_a_pulled_cable_is_told_and_a_sounder_behind_it_is_an_error(node: FakeNode) -> None:
    async with Board(BOARD_POINTS) as board:
        device = BridgeBoard(board_section(board.path), node)
        async with running(device, node):
            await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first snapshot")
            await device.set("siren1", 1, 5000)
            with pytest.raises(OutputError):
                await device.set("nothing", 1, 5000)
            board.do("unplug")
            await until(lambda: Mark.COMMS_LOST in node.last("bo-1")[1], "the loss")
            with pytest.raises(OutputError, match="not connected"):
                await device.set("siren1", 1, 5000)


async def test_an_iec_meter_is_read_at_its_turn(node: FakeNode) -> None:
    async with IecMeter() as meter:
        fields = {"type": "iec62056_21", "id": "ct-1", "name": "Công tơ", "port": meter.path, "every_s": 1}
        device = Iec62056(Iec62056Section.model_validate(fields), node)
        async with running(device, node, "ct-1"):
            await until(lambda: bool(node.rows), "a reading")
    assert node.last("ct-1") == (Condition.NORMAL, frozenset())
    assert "energy_import" in {row.quantity for row in node.rows}
    assert all(row.device == "ct-1" and row.value >= 0 for row in node.rows)


async def test_two_modbus_meters_share_a_line(node: FakeNode) -> None:
    async with ModbusMeter() as meter:
        fields = {"type": "modbus", "name": "Công tơ", "port": meter.path, "profile": "eastron_sdm630", "every_s": 1}
        one = Modbus(ModbusSection.model_validate(fields | {"id": "ct-1"}), node)
        two = Modbus(ModbusSection.model_validate(fields | {"id": "ct-2"}), node)
        async with running(one, node, "ct-1"), running(two, node, "ct-2"):
            await until(lambda: {row.device for row in node.rows} == {"ct-1", "ct-2"}, "both were read")
    assert {"energy_import", "voltage_l1", "power"} <= {row.quantity for row in node.rows}
    assert all(value == (Condition.NORMAL, frozenset()) for value in (node.last("ct-1"), node.last("ct-2")))


@pytest.mark.expects_log("device ct-1: ")
async def test_a_meter_whose_port_is_missing_is_told_with_what_to_do(node: FakeNode) -> None:
    fields = {"type": "iec62056_21", "id": "ct-1", "name": "Công tơ", "port": "/dev/nothing", "every_s": 1}
    async with running(Iec62056(Iec62056Section.model_validate(fields), node), node, "ct-1"):
        await until(lambda: bool(node.reports), "the report")
    device, condition, marks, detail = node.reports[0]
    assert (device, condition, marks) == ("ct-1", Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    assert detail is not None
    assert "/dev/nothing" in detail


async def test_a_missing_password_file_needs_a_person(node: FakeNode, tmp_path: Path) -> None:
    fields = {
        "type": "iec62056_21",
        "id": "ct-1",
        "name": "C",
        "port": "x",
        "every_s": 1,
        "password_file": tmp_path / "p",
    }
    with pytest.raises(DeviceError, match="No such file") as caught:
        await Iec62056(Iec62056Section.model_validate(fields), node).run_once()
    assert caught.value.permanent


async def test_readings_are_taken_at_each_full_and_half_hour() -> None:
    clock = FakeClock(utc_ms=1_795_000_000_000 // 1_800_000 * 1_800_000 + 600_000)
    turn = asyncio.create_task(next_turn(clock, 1800))
    await clock.advance(1199)
    assert not turn.done()
    await clock.advance(1)
    assert turn.done()


def zigbee_section(port: int) -> Zigbee2MqttSection:
    devices = {
        "khoi": {"id": "khoi-1", "name": "Khói", "kind": "smoke_detector"},
        "nut": {"id": "sos-1", "name": "Nút SOS", "kind": "sos_button"},
        "cua": {"id": "cua-1", "name": "Cửa kho", "kind": "contact"},
    }
    fields = {"type": "zigbee2mqtt", "id": "zb-1", "name": "Zigbee", "port": port, "zone": "nha-1", "devices": devices}
    return Zigbee2MqttSection.model_validate(fields)


async def test_zigbee_detectors_contacts_and_buttons(node: FakeNode, broker: Mosquitto) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as home:

        async def say(topic: str, payload: str, *, retain: bool = False) -> None:
            await home.publish(f"zigbee2mqtt/{topic}", payload, qos=1, retain=retain)

        await say("bridge/state", '{"state":"online"}', retain=True)
        await say("khoi", '{"smoke":false,"battery":"87","linkquality":0}', retain=True)
        await say("nut", '{"action":"emergency"}', retain=True)
        async with running(Zigbee2Mqtt(zigbee_section(broker.port), node), node, "zb-1"):
            await until(lambda: ("khoi-1", Condition.NORMAL) in {r[:2] for r in node.reports}, "the known state")
            assert node.alarms == [], "what the broker remembers is nobody's act"
            await say("khoi", '{"smoke":true,"linkquality":0,"battery_low":true}', retain=True)
            await until(lambda: len(node.alarms) == 1, "smoke")
            await until(lambda: node.last("khoi-1") == (Condition.ALARM, frozenset({Mark.LOW_BATTERY})), "its state")
            await say("nut", '{"action":"emergency"}')
            await until(lambda: len(node.alarms) == 2, "the button")
            assert node.alarms[1].category is Category.MEDICAL
            await say("cua", '{"contact":false}')
            await until(lambda: len(node.alarms) == 3, "the door")
            await say("khoi", "not json")
            await say("khoi/availability", '{"state":"offline"}')
            await until(lambda: Mark.COMMS_LOST in node.last("khoi-1")[1], "the detector is lost")
            assert node.last("khoi-1")[0] is Condition.UNKNOWN
            await say("khoi", '{"smoke":false}')
            await until(lambda: node.last("khoi-1")[0] is Condition.NORMAL, "it speaks again")
            await say("la", '{"smoke":true}')
            await until(lambda: len(node.alarms) == 4, "an unknown detector")
            assert node.alarms[3].device == "zb-1"
            await say("bridge/state", '{"state":"offline"}', retain=True)
            await until(lambda: Mark.COMMS_LOST in node.last("cua-1")[1], "Zigbee2MQTT is gone")
            assert Mark.COMMS_LOST in node.last("zb-1")[1]


async def test_a_detector_that_is_in_alarm_when_the_node_starts_is_an_alarm(node: FakeNode, broker: Mosquitto) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as home:
        await home.publish("zigbee2mqtt/khoi", '{"smoke":true}', qos=1, retain=True)
        async with running(Zigbee2Mqtt(zigbee_section(broker.port), node), node, "zb-1"):
            await until(lambda: bool(node.alarms), "the alarm")
    assert node.alarms[0].frame is None, "nobody knows when it came"


@pytest.mark.expects_log("device zb-1: MQTT broker")
async def test_a_zigbee_broker_that_is_not_there_is_told(node: FakeNode, broker: Mosquitto) -> None:
    broker.stop()
    async with running(Zigbee2Mqtt(zigbee_section(broker.port), node), node, "zb-1"):
        await until(lambda: bool(node.reports), "the report")
    assert node.last("zb-1") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))


async def test_the_blueprints_run(node: FakeNode, tmp_path: Path) -> None:
    detector = {"type": "blueprint", "id": "mau-1", "name": "Mẫu", "file": tmp_path / "detector"}
    (tmp_path / "detector").write_text("alarm")
    async with running(FireBlueprint(FireSection.model_validate(detector), node), node, "mau-1"):
        await until(lambda: bool(node.alarms), "the alarm")
    meter = {"type": "blueprint", "id": "mau-2", "name": "Mẫu", "every_s": 1, "file": tmp_path / "meter"}
    (tmp_path / "meter").write_bytes(b"PULSES 000122 2D\r\nPULSES 000123 2C\r\n")
    async with running(MeterBlueprint(MeterSection.model_validate(meter), node), node, "mau-2"):
        await until(lambda: bool(node.rows), "the reading")


@pytest.mark.expects_log("device x: ")
async def test_a_device_that_fails_is_said_once_and_tried_again_ever_more_slowly(tmp_path: Path) -> None:
    class Broken:
        tries: list[int] = []

        async def run_once(self) -> None:
            self.tries.append(clock.up)
            raise DeviceError("no cable")

    clock = FakeClock(up_ms=0)
    node = FakeNode(clock, tmp_path)
    async with running(Broken(), node, "x"):
        await clock.advance(200)
    gaps = [b - a for a, b in zip(Broken.tries, Broken.tries[1:], strict=False)]
    assert gaps[0] <= 1000
    assert all(800 * 2**n <= gap <= 1000 * 2**n for n, gap in enumerate(gaps[:5]))
    assert all(24_000 <= gap <= 30_000 for gap in gaps[5:])
