"""ESPHome and Tasmota boards at a node, over a real broker: contacts, last wills, silence, and what is remembered."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiomqtt
import pytest
from pydantic import ValidationError

from keng_edge.fire.esphome import Esphome
from keng_edge.fire.tasmota import Tasmota
from keng_edge.fire.wifi_config import EsphomeSection, TasmotaSection
from keng_wire.alarm import Evidence
from keng_wire.conditions import Condition, DeviceKind, Mark
from support.fake_node import FakeNode
from support.mosquitto import Mosquitto
from support.processes import until
from support.radio import running, section, smoke

NORMAL, LOST = (Condition.NORMAL, frozenset[Mark]()), (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
CANCEL = {"id": "huy-1", "name": "Nút tắt", "kind": "sos_button", "role": "cancel"}


def esphome(port: int = 1883) -> EsphomeSection:
    points = {
        "khoi": smoke(),
        "gas": {"id": "gas-1", "name": "Gas", "kind": "gas_detector", "advisory": True, "normal": "on"},
        "huy": CANCEL,
    }
    sensors = {"dien_nang": {"quantity": "energy_import", "scale": 1000}}
    made = section("esphome", port=port, prefix="nha/bep", points=points, sensors=sensors)
    assert isinstance(made, EsphomeSection)
    return made


def tasmota(port: int = 1883) -> TasmotaSection:
    made = section("tasmota", port=port, topic="o-cam", points={"Switch1": smoke()}, meter="sub_meter")
    assert isinstance(made, TasmotaSection)
    return made


class Board:
    """What a board publishes."""

    def __init__(self, client: aiomqtt.Client, prefix: str) -> None:
        self._client, self._prefix = client, prefix

    async def say(self, topic: str, payload: object, *, retain: bool = False) -> None:
        """One message; what is no text or bytes goes as JSON."""
        plain = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        await self._client.publish(topic.replace("~", self._prefix), plain, qos=1, retain=retain)


@asynccontextmanager
async def board(broker: Mosquitto, prefix: str) -> AsyncGenerator[Board]:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        yield Board(client, prefix)


def seen(node: FakeNode, device: str) -> bool:
    return any(report[0] == device for report in node.reports)


async def test_an_esphome_board_rings_is_lost_by_its_will_and_comes_back(node: FakeNode, broker: Mosquitto) -> None:
    async with board(broker, "nha/bep") as bep, running(Esphome(esphome(broker.port), node), node):
        await bep.say("~/status", "online", retain=True)
        await bep.say("~/binary_sensor/khoi/state", "OFF", retain=True)
        await bep.say("~/binary_sensor/gas/state", "ON", retain=True)
        await until(lambda: seen(node, "khoi-1") and seen(node, "gas-1"), "both contacts")
        await bep.say("~/sensor/dien_nang/state", "12.345")
        await until(lambda: bool(node.rows), "the register")
        assert (node.rows[0].device, node.rows[0].quantity, node.rows[0].value) == ("bo-1", "energy_import", 12345.0)
        assert (node.last("khoi-1"), node.last("gas-1"), node.last("bo-1")) == (NORMAL, NORMAL, NORMAL)
        await bep.say("~/binary_sensor/khoi/state", "ON", retain=True)
        await bep.say("~/binary_sensor/gas/state", "OFF", retain=True)
        await until(lambda: len(node.alarms) == 2, "smoke, and gas behind a fail-safe relay")
        assert [a.evidence for a in node.alarms] == [Evidence.SINGLE_DETECTOR, Evidence.ADVISORY]
        assert all(a.frame is not None for a in node.alarms)
        await bep.say("~/status", "offline", retain=True)
        await until(lambda: node.last("khoi-1") == LOST and node.last("bo-1") == LOST, "its last will")
        await bep.say("~/status", "online", retain=True)
        await until(lambda: node.last("bo-1") == NORMAL, "its birth")
        assert node.last("khoi-1") == LOST, "what it said before it went does not count"
        await bep.say("~/binary_sensor/khoi/state", "OFF", retain=True)
        await until(lambda: node.last("khoi-1") == NORMAL, "what it says now does")


async def test_words_that_nobody_understands_are_no_normal_and_bad_messages_stop_nothing(
    node: FakeNode, broker: Mosquitto
) -> None:
    async with board(broker, "nha/bep") as bep, running(Esphome(esphome(broker.port), node), node):
        await bep.say("~/binary_sensor/khoi/state", "OFF", retain=True)
        await until(lambda: seen(node, "khoi-1"), "it listens")
        await bep.say("~/binary_sensor/khoi/state", "MAYBE")
        await until(lambda: node.last("khoi-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT})), "a strange word")
        await bep.say("~/binary_sensor/khoi/state", b"\xff" * 100_000)
        await bep.say("~/sensor/dien_nang/state", "hot")
        await bep.say("nha/bep/tang-2/status", "offline")
        await bep.say("~/binary_sensor/huy/state", "ON")
        await until(lambda: bool(node.cancels), "the button that cancels")
        assert node.cancels == [("Nút tắt", "nha-1")]
        await bep.say("~/binary_sensor/door/state", "ON")
        await bep.say("~/binary_sensor/attic_smoke/state", "ON")
        await until(lambda: bool(node.alarms), "a detector that nobody configured")
        assert [(a.device, a.point) for a in node.alarms] == [("bo-1", "attic_smoke")]
        assert node.last("huy-1")[0] is Condition.NORMAL


async def test_what_the_broker_remembers_is_a_known_state_and_nobody_presses_it(
    node: FakeNode, broker: Mosquitto
) -> None:
    async with board(broker, "nha/bep") as bep:
        for name in ("khoi", "huy"):
            await bep.say(f"~/binary_sensor/{name}/state", "ON", retain=True)
        await bep.say("~/sensor/dien_nang/state", "1", retain=True)
        await bep.say("~/status", "offline", retain=True)
        async with running(Esphome(esphome(broker.port), node), node):
            await until(lambda: seen(node, "bo-1") and bool(node.alarms), "everything that is remembered")
            assert [alarm.frame for alarm in node.alarms] == [None]
            assert node.cancels == []
            assert node.rows == []
            await until(lambda: node.last("khoi-1") == LOST, "it is offline")
            await bep.say("~/sensor/uptime/state", "5")
            await until(lambda: node.last("khoi-1")[0] is Condition.ALARM, "it lives, and holds")


@pytest.mark.expects_log("device bo-1: MQTT broker")
async def test_a_broker_that_goes_is_told_and_found_again(node: FakeNode, broker: Mosquitto) -> None:
    async def say_until_heard() -> None:
        async with board(broker, "o-cam") as plug:
            while not seen(node, "bo-1") or node.last("bo-1") != NORMAL:
                await plug.say("tele/~/STATE", {"POWER": "ON"})
                await node.clock.sleep(0.2)

    async with running(Tasmota(tasmota(broker.port), node), node):
        await say_until_heard()
        broker.stop()
        await until(lambda: node.last("bo-1") == LOST, "the loss")
        broker.start()
        await say_until_heard()


async def test_a_tasmota_plug_measures_rings_and_goes_by_its_will(node: FakeNode, broker: Mosquitto) -> None:
    async with board(broker, "o-cam") as plug, running(Tasmota(tasmota(broker.port), node), node):
        await plug.say("tele/~/LWT", "Online", retain=True)
        await plug.say("stat/~/POWER", "ON", retain=True)
        await plug.say("tele/~/SENSOR", {"Switch1": "OFF", "ENERGY": {"Total": 3.5, "Power": 7}}, retain=True)
        await until(lambda: seen(node, "khoi-1"), "its contact")
        await plug.say("tele/~/SENSOR", {"Switch1": "OFF", "ENERGY": {"Total": 3.5, "Power": 7}})
        await until(lambda: bool(node.rows), "its telemetry")
        assert {(row.device, row.quantity, row.value) for row in node.rows} >= {
            ("bo-1", "energy_import", 3500.0),
            ("bo-1", "power", 7.0),
        }
        await plug.say("stat/~/RESULT", {"Switch2": {"Action": "ON"}})
        await plug.say("tele/~/SENSOR", b'{"Switch1":"ON","Switch1":"OFF"}')
        await plug.say("stat/~/RESULT", {"Switch1": {"Action": "ON"}})
        await until(lambda: bool(node.alarms), "its contact closes")
        assert [alarm.device for alarm in node.alarms] == ["khoi-1"], "an unconfigured switch is a light switch"
        await plug.say("tele/~/LWT", "Offline", retain=True)
        await until(lambda: node.last("khoi-1") == LOST and node.last("bo-1") == LOST, "its last will")


def test_deadlines_kinds_and_inventory() -> None:
    assert set(esphome().deadlines().values()) == {900.0}
    assert [info.kind for info in tasmota().inventory()] == [DeviceKind.SUB_METER, DeviceKind.SMOKE_DETECTOR]
    assert esphome().inventory()[0].kind is DeviceKind.BRIDGE_BOARD


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("esphome", {"prefix": "a/#"}, "pattern"),
        (
            "esphome",
            {"prefix": "a", "points": {"g": {"id": "g", "name": "G", "kind": "gas_detector"}}},
            "advisory = true",
        ),
        ("esphome", {"prefix": "a", "sensors": {"p": {"quantity": "power", "scale": 0}}}, "greater than 0"),
        ("tasmota", {"topic": "a", "points": {"switch 1": smoke()}}, "pattern"),
        ("tasmota", {"topic": "a", "password_file": "x"}, "add the user"),
    ],
)
def test_a_wrong_section_says_what_is_wrong(kind: str, fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        section(kind, **fields)
