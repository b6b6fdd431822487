"""The points behind any gateway: names that no alarm may fail for, buttons, absences, strangers."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from keng_bridges.values import Measurement
from keng_edge.errors import DeviceError
from keng_edge.fire.config import PointSection, Zigbee2MqttSection
from keng_edge.fire.gateway_points import HOLD_MS, Absence, GatewayPoints, Said, point_name
from keng_edge.fire.zigbee2mqtt import Zigbee2Mqtt
from keng_edge.mqtt import Heard
from keng_wire.conditions import Condition, Mark
from keng_wire.identity import DeviceId
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.ports import free_port
from support.radio import section, smoke

POINTS = {
    "Khói Bếp": smoke(),
    "huy": {"id": "huy-1", "name": "Nút tắt", "kind": "sos_button", "role": "cancel", "zone": "nha-2"},
    "cua": {"id": "cua-1", "name": "Cửa", "kind": "contact", "role": "watch"},
}


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    return FakeNode(FakeClock(), tmp_path)


@pytest.fixture
def points(node: FakeNode) -> GatewayPoints:
    made = {name: PointSection.model_validate(fields) for name, fields in POINTS.items()}
    return GatewayPoints(section("chirpstack"), made, node)


async def test_zigbee2mqtt_without_availability_is_a_fault_of_the_gateway(node: FakeNode) -> None:
    made = section("zigbee2mqtt", devices={"khoi": smoke()})
    assert isinstance(made, Zigbee2MqttSection)
    device, clock = Zigbee2Mqtt(made, node), node.clock
    assert isinstance(clock, FakeClock)

    async def hear(topic: str, payload: bytes) -> None:
        await device._hear(Heard(f"zigbee2mqtt/{topic}", payload, True, 0))  # pyright: ignore[reportPrivateUsage]

    await hear("bridge/state", b"online")
    await device._alive()  # pyright: ignore[reportPrivateUsage]
    assert node.last("bo-1") == (Condition.NORMAL, frozenset())
    clock.pass_ms(20_000)
    await device._alive()  # pyright: ignore[reportPrivateUsage]
    assert node.last("bo-1") == (Condition.NORMAL, frozenset({Mark.FAULT}))
    await hear("khoi/availability", b'{"state":"online"}')
    await device._alive()  # pyright: ignore[reportPrivateUsage]
    assert node.last("bo-1") == (Condition.NORMAL, frozenset())


async def test_a_zigbee_broker_that_stays_away_takes_normal_from_its_devices(node: FakeNode) -> None:
    made = section("zigbee2mqtt", devices={"khoi": smoke()}, port=free_port())
    assert isinstance(made, Zigbee2MqttSection)
    device, clock = Zigbee2Mqtt(made, node), node.clock
    assert isinstance(clock, FakeClock)
    topic = "zigbee2mqtt/khoi"
    await device._hear(Heard(topic, b'{"smoke":false}', True, 0))  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(DeviceError):
        await device.run_once()
    assert node.last("khoi-1")[0] is Condition.NORMAL, "it may be back in a moment"
    clock.pass_ms(90_000)
    with pytest.raises(DeviceError):
        await device.run_once()
    assert node.last("khoi-1") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    await device._hear(Heard("zigbee2mqtt/bridge/state", b"online", True, 0))  # pyright: ignore[reportPrivateUsage]
    assert node.last("khoi-1")[0] is Condition.UNKNOWN, "what it said before does not count"
    await device._hear(Heard(topic, b'{"smoke":false}', True, 0))  # pyright: ignore[reportPrivateUsage]
    assert node.last("khoi-1") == (Condition.NORMAL, frozenset())


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Khói Bếp Đầu Ngõ", "khoi-bep-dau-ngo"),
        ("Smoke-GS558/1234", "smoke-gs558-1234"),
        ("12/1", "12-1"),
        ("0x00158d0001", "0x00158d0001"),
        ("__x", "x"),
        ("x" * 60, "x" * 40),
        ("火", None),
        ("", None),
    ],
)
def test_any_name_becomes_one_that_the_wire_carries(name: str, wire: str | None) -> None:
    assert point_name(name) == wire
    if wire is not None:
        TypeAdapter(DeviceId).validate_python(point_name(name))


async def test_an_alarm_of_a_point_with_an_accent_in_its_name_is_an_alarm(
    points: GatewayPoints, node: FakeNode
) -> None:
    await points.take("Khói Bếp", Said(Condition.ALARM, raw="x"), 7)
    assert [(a.device, a.point, a.frame, a.raw) for a in node.alarms] == [("khoi-1", "khoi-bep", 7, "x")]


async def test_the_button_that_cancels_is_never_an_alarm_and_a_watched_door_none_either(
    points: GatewayPoints, node: FakeNode
) -> None:
    await points.take("huy", Said(Condition.ALARM, pressed=True), 0)
    await points.take("cua", Said(Condition.ALARM), 0)
    assert node.alarms == []
    assert node.cancels == [("Nút tắt", "nha-2")]
    assert (node.last("huy-1")[0], node.last("cua-1")[0]) == (Condition.NORMAL, Condition.ALARM)


async def test_marks_stay_until_they_are_said_to_be_gone(points: GatewayPoints, node: FakeNode) -> None:
    await points.take("cua", Said(Condition.NORMAL, frozenset({Mark.TAMPER, Mark.LOW_BATTERY})), 0)
    await points.take("cua", Said(cleared=frozenset({Mark.TAMPER})), 0)
    assert node.last("cua-1") == (Condition.NORMAL, frozenset({Mark.LOW_BATTERY}))


async def test_what_is_not_understood_takes_normal_away(points: GatewayPoints, node: FakeNode) -> None:
    await points.take("cua", Said(Condition.NORMAL), 0)
    await points.take("cua", Said(Condition.UNKNOWN, detail="smoke='perhaps'"), 0)
    assert node.reports[-1] == ("cua-1", Condition.UNKNOWN, frozenset(), "smoke='perhaps'")


async def test_every_live_message_is_a_sign_of_life_and_a_remembered_one_is_not(
    points: GatewayPoints, node: FakeNode
) -> None:
    await points.take("cua", Said(retained=True), 0)
    assert node.signs == []
    await points.take("cua", Said(), 0)
    assert node.signs == ["cua-1"]
    assert node.reports == [], "and nothing is known by it"


async def test_a_loss_goes_before_a_fault_and_each_reason_ends_by_itself(points: GatewayPoints, node: FakeNode) -> None:
    await points.take("cua", Said(Condition.NORMAL), 0)
    await points.absent("cua", Absence.UNJOINED, "not joined")
    assert node.last("cua-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))
    await points.absent("cua", Absence.OFFLINE, "not heard")
    assert node.last("cua-1") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    await points.present("cua", Absence.OFFLINE)
    assert node.last("cua-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))
    await points.present("cua", Absence.UNJOINED)
    assert node.last("cua-1") == (Condition.NORMAL, frozenset())


async def test_a_gateway_is_not_well_while_a_stranger_behind_it_may_hold(points: GatewayPoints, node: FakeNode) -> None:
    await points.stranger("lạ", node.clock.up_ms(), None)
    await points.reached()
    assert (node.reports, node.signs) == ([], ["bo-1"])
    assert isinstance(node.clock, FakeClock)
    node.clock.pass_ms(HOLD_MS)
    await points.reached()
    assert node.last("bo-1") == (Condition.NORMAL, frozenset())


async def test_values_without_a_name_take_the_points_own_and_remembered_ones_are_no_readings(node: FakeNode) -> None:
    fields = {"id": "gas-1", "name": "Gas", "kind": "gas_detector", "quantity": "smoke_level"}
    points = GatewayPoints(section("chirpstack"), {"g": PointSection.model_validate(fields)}, node)
    value = Measurement(None, Decimal(7), "")
    await points.take("g", Said(measurements=(value,), retained=True), 0)
    assert node.rows == []
    await points.take("g", Said(measurements=(value,)), 0)
    assert [(row.quantity, row.value) for row in node.rows] == [("smoke_level", 7.0)]


@pytest.mark.parametrize(
    ("percent", "marks"),
    [
        ("11", frozenset[Mark]()),
        ("10", frozenset({Mark.LOW_BATTERY})),
        ("1.5", frozenset({Mark.LOW_BATTERY})),
        ("1", frozenset({Mark.LOW_BATTERY, Mark.FAULT})),
    ],
)
async def test_a_battery_warns_at_ten_per_cent_and_is_a_fault_at_one(
    points: GatewayPoints, node: FakeNode, percent: str, marks: frozenset[Mark]
) -> None:
    level = Measurement("battery", Decimal(percent), "%")
    await points.take("Khói Bếp", Said(Condition.NORMAL, measurements=(level,)), 0)
    assert node.last("khoi-1") == (Condition.NORMAL, marks)
    await points.take("Khói Bếp", Said(Condition.NORMAL, cleared=frozenset({Mark.FAULT, Mark.LOW_BATTERY})), 0)
    assert node.last("khoi-1") == (Condition.NORMAL, marks), "only another per cent takes it back"
    await points.take("Khói Bếp", Said(measurements=(Measurement("battery", Decimal(80), "%"),)), 0)
    assert node.last("khoi-1") == (Condition.NORMAL, frozenset[Mark]())


async def test_what_a_device_says_of_its_battery_outlives_a_good_per_cent(
    points: GatewayPoints, node: FakeNode
) -> None:
    await points.take("Khói Bếp", Said(Condition.NORMAL, marks=frozenset({Mark.LOW_BATTERY})), 0)
    await points.take("Khói Bếp", Said(measurements=(Measurement("battery", Decimal(80), "%"),)), 0)
    assert node.last("khoi-1") == (Condition.NORMAL, frozenset({Mark.LOW_BATTERY}))
