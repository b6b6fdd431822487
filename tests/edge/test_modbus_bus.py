"""Modbus meters and fire modules that share one RS-485 line: pymodbus devices on a real port."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridges.bench_modbus import Bus, meter, module
from edge.test_devices import running
from keng_edge.clock import SystemClock
from keng_edge.devices import Latching, Trigger
from keng_edge.fire.modbus import ModbusInputs
from keng_edge.fire.modbus_config import ModbusInputsSection
from keng_edge.meters.config import ModbusSection
from keng_edge.meters.modbus import Modbus
from keng_edge.register import Register
from keng_wire.alarm import Cause
from keng_wire.conditions import Condition, Mark
from keng_wire.reading import Quality
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.processes import until

NORMAL = (Condition.NORMAL, frozenset[Mark]())
SMOKE = {"smoke": {"id": "khoi-1", "name": "Khói ống gió", "kind": "smoke_detector"}}
PANEL = {"alarm": {"id": "tu-1", "name": "Tủ báo cháy trường học", "kind": "fire_panel"}}
ENERGY = {72: "47d5f820", 342: "47d5f820"}


def detector(port: str, **more: object) -> ModbusInputsSection:
    fields = {"type": "modbus_inputs", "id": "md-1", "name": "Mô-đun", "port": port, "zone": "nha-1"}
    return ModbusInputsSection.model_validate({**fields, "profile": "calectro_ug3", "points": SMOKE, **more})


def sub_meter(port: str, unit: int, every_s: float = 1) -> ModbusSection:
    fields = {"type": "modbus", "id": f"ct-{unit}", "name": "Công tơ", "port": port, "unit": unit, "every_s": every_s}
    return ModbusSection.model_validate({**fields, "profile": "eastron_sdm630", "baud": 9600})


async def test_smoke_at_a_module_is_an_alarm_and_goes_back(node: FakeNode) -> None:
    async with (
        Bus([module(3, [1, 0, 0, 0])]) as bus,
        running(ModbusInputs(detector(bus.path, unit=3), node), node, "md-1"),
    ):
        await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first answer")
        assert (node.last("khoi-1"), node.last("md-1")) == (NORMAL, NORMAL)
        await bus.set_bit(3, 2, 1)
        await until(lambda: bool(node.alarms), "the alarm")
        alarm = node.alarms[0]
        assert (alarm.device, alarm.point, alarm.zone, alarm.cause) == ("khoi-1", "smoke", "nha-1", Cause.SMOKE)
        assert alarm.frame is not None
        assert alarm.raw == "2:0=1 2:1=0 2:2=1"
        assert set(node.identities["md-1"]) == {"profile"}
        await bus.set_bit(3, 0, 0)
        tampered = (Condition.ALARM, frozenset({Mark.TAMPER}))
        await until(lambda: node.last("khoi-1") == tampered, "it was taken off its base")
        await bus.set_bit(3, 2, 0)
        await until(lambda: node.last("khoi-1")[0] is Condition.NORMAL, "it clears")
        assert len(node.alarms) == 1


async def test_a_detector_that_latches_is_reset_by_its_register_and_only_while_it_holds_an_alarm(
    node: FakeNode,
) -> None:
    async with Bus([module(3, [1, 0, 0, 0])]) as bus:
        inputs = ModbusInputs(detector(bus.path, unit=3), node)
        async with running(inputs, node, "md-1"):
            await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first answer")
            await inputs.let_go()
            assert bus.written == []
            await bus.set_bit(3, 2, 1)
            await until(lambda: bool(node.alarms), "the alarm")
            assert isinstance(inputs, Latching)
            await inputs.let_go()
    assert bus.written == [bytes.fromhex("0306000000ea")]


async def test_a_contact_whose_one_means_normal_at_unit_255(node: FakeNode) -> None:
    async with Bus([module(255, [0, 0, 0, 0, 0, 0, 0, 0])]) as bus:
        section = detector(bus.path, profile="novabo_sqr2", points=PANEL)
        async with running(ModbusInputs(section, node), node, "md-1"):
            await until(lambda: bool(node.alarms), "an alarm that was there already")
            await bus.set_bit(255, 0, 1)
            await until(lambda: node.last("tu-1") == NORMAL, "it clears")
    assert (node.alarms[0].device, node.alarms[0].cause) == ("tu-1", Cause.FIRE_PANEL)


async def test_a_module_is_lost_after_ten_seconds_of_silence_and_its_alarm_counts_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The questions are real; only the pauses between them are the test's."""
    monkeypatch.setattr("keng_edge.fire.modbus.POLL_S", 0.05)
    node = FakeNode(SystemClock(), tmp_path)
    async with (
        Bus([module(3, [1, 0, 0, 0])]) as bus,
        running(ModbusInputs(detector(bus.path, unit=3), node), node, "md-1"),
    ):
        await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first answer")
        bus.deaf.add(3)
        lost = (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
        await until(lambda: node.last("khoi-1") == lost, "the loss")
        assert node.last("md-1") == lost
        await bus.set_bit(3, 2, 1)
        bus.deaf.clear()
        await until(lambda: bool(node.alarms), "the alarm")
        assert node.last("khoi-1")[0] is Condition.ALARM


def test_a_module_and_its_points_are_of_class_a() -> None:
    deadlines = detector("/dev/x").deadlines()
    assert deadlines == {"md-1": 10.0, "khoi-1": 10.0}
    states = Register(deadlines, FakeClock()).states()
    assert {state.supervision for state in states} == {"A"}


async def test_a_point_that_the_profile_does_not_have_is_a_fault(node: FakeNode) -> None:
    points = SMOKE | {"heat": {"id": "nhiet-1", "name": "Nhiệt", "kind": "heat_detector"}}
    async with (
        Bus([module(3, [1, 0, 0, 0])]) as bus,
        running(ModbusInputs(detector(bus.path, unit=3, points=points), node), node, "md-1"),
    ):
        await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the first answer")
    assert node.last("nhiet-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))


FARTHER = """\
name: Mô-đun mẫu
source: made up for a test
kind: fire_panel
inputs:
  - {point: smoke, function: 2, address: 90, normal: 0, means: alarm}
"""


@pytest.mark.expects_log("device md-1: ")
async def test_a_profile_that_does_not_fit_is_told_and_never_looks_normal(node: FakeNode, tmp_path: Path) -> None:
    profile = tmp_path / "farther.yaml"
    profile.write_text(FARTHER, "utf-8")
    async with Bus([module(1, [0])]) as bus:
        inputs = ModbusInputs(detector(bus.path, profile=str(profile)), node)
        async with running(inputs, node, "md-1"):
            await until(lambda: bool(node.reports), "the report")
    device, condition, marks, detail = node.reports[0]
    assert (device, condition, marks) == ("md-1", Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    assert detail is not None
    assert "no such register" in detail


async def test_a_value_beyond_its_limits_travels_as_suspect_and_the_meter_is_shown_with_a_fault(node: FakeNode) -> None:
    device = meter(1, ENERGY | {0: "44610000"}, function=4)
    async with Bus([device]) as bus, running(Modbus(sub_meter(bus.path, 1), node), node, "ct-1"):
        await until(lambda: bool(node.reports), "the reading")
    assert node.last("ct-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))
    assert "beyond limits): voltage_l1" in str(node.reports[0][3])
    assert {row.quality for row in node.rows if row.quantity == "voltage_l1"} == {Quality.SUSPECT}
    assert {row.quality for row in node.rows if row.quantity == "energy_import"} == {Quality.MEASURED}


async def test_devices_that_differ_in_stop_bits_share_one_open_port(node: FakeNode) -> None:
    """The detector's profile has two, the meter's one: opening anew for each would take the port from both."""
    async with Bus([meter(1, ENERGY, function=4), module(3, [1, 0, 0, 0])]) as bus:
        inputs = ModbusInputs(detector(bus.path, unit=3), node)
        async with running(Modbus(sub_meter(bus.path, 1), node), node, "ct-1"), running(inputs, node, "md-1"):
            await until(lambda: any(report[0] == "khoi-1" for report in node.reports), "the module")
            kept = node.line(bus.path).connection
            await until(lambda: bool(node.rows), "the meter")
            assert kept is not None
            assert node.line(bus.path).connection is kept


async def test_another_language_gets_the_port_and_gives_it_back(node: FakeNode) -> None:
    async with Bus([meter(1, ENERGY, function=4)]) as bus, running(Modbus(sub_meter(bus.path, 1), node), node, "ct-1"):
        await until(lambda: bool(node.rows), "a reading")
        async with node.line(bus.path):
            assert node.line(bus.path).connection is None
            before = len(node.rows)
        await until(lambda: len(node.rows) > before, "the next reading")


class Noting(FakeNode):
    """Notes how many requests had been on the line when the alarm came."""

    bus: Bus
    asked = 0

    async def alarm(self, trigger: Trigger) -> str:
        self.asked = len(self.bus.asked)
        return await super().alarm(trigger)


@pytest.mark.expects_log(r"device ct-\d+: .* does not answer")
async def test_of_31_devices_a_third_is_dead_and_the_others_are_read_and_alarms_come_first(tmp_path: Path) -> None:
    dead, node = set(range(20, 30)), Noting(SystemClock(), tmp_path)
    devices = [*(meter(unit, ENERGY, function=4) for unit in range(1, 31)), module(31, [1, 0, 0, 0])]
    async with Bus(devices) as bus, AsyncExitStack() as stack:
        node.bus = bus
        bus.deaf |= dead
        for unit in range(1, 31):
            section = sub_meter(bus.path, unit, every_s=5)
            await stack.enter_async_context(running(Modbus(section, node), node, section.id))
        await stack.enter_async_context(running(ModbusInputs(detector(bus.path, unit=31), node), node, "md-1"))
        living = {f"ct-{unit}" for unit in range(1, 31) if unit not in dead}
        await until(lambda: {row.device for row in node.rows} == living, "all living meters")
        silent = {f"ct-{unit}" for unit in dead}
        await until(lambda: {name for name, *_ in node.reports if name in silent} == silent, "all dead ones", 60)
        order = len(bus.asked)
        await bus.set_bit(31, 2, 1)
        await until(lambda: bool(node.alarms), "the alarm")
        assert all(node.last(f"ct-{unit}")[0] is Condition.UNKNOWN for unit in dead)
        assert all(node.last(name) == NORMAL for name in living)
        assert bus.asked[order : node.asked].count(31) <= 2, "the first question after the change found it"


async def test_a_babbling_device_costs_no_value_and_no_alarm(node: FakeNode) -> None:
    devices = [meter(1, ENERGY, function=4), module(3, [1, 0, 0, 0])]
    async with Bus(devices, before=b"\x01\x04\x7f\x00\x03\x02") as bus:

        async def babble() -> None:
            while True:
                await asyncio.sleep(0.05)
                bus.line.write(b"\x03\x02\x01\xff")

        talking = asyncio.create_task(babble())
        inputs = ModbusInputs(detector(bus.path, unit=3), node)
        async with running(Modbus(sub_meter(bus.path, 1), node), node, "ct-1"), running(inputs, node, "md-1"):
            await until(lambda: bool(node.rows) and node.last("khoi-1") == NORMAL, "both")
            await bus.set_bit(3, 2, 1)
            await until(lambda: bool(node.alarms), "the alarm")
        talking.cancel()
    assert {row.value for row in node.rows if row.quantity == "energy_import"} == {109_552_250.0}
