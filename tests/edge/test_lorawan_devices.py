"""LoRaWAN detectors through ChirpStack at a node, over a real broker."""

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiomqtt
import pytest
from pydantic import ValidationError

from keng_edge.fire.chirpstack import ChirpStack
from keng_edge.fire.radio_config import ChirpStackSection
from keng_wire.alarm import Evidence
from keng_wire.conditions import Condition, Mark
from support.fake_node import FakeNode
from support.mosquitto import Mosquitto
from support.processes import until
from support.radio import running, section, smoke

GS524N, TG563A, SERVER, STRANGER = ("24e124000000aa12", "0102030405060708", "00000000000000aa", "00000000000000bb")
DEVICES = {
    GS524N: smoke(model="milesight_gs524n", heartbeat_h=12),
    TG563A: smoke(id="khoi-2", model="tg563a", heartbeat_h=1, f_port=1),
    SERVER: smoke(id="khoi-3", model="server"),
}
WELL, FIRE = b"\x00\x78\x1a\x03\x00", b"\x01\x78\x1a\x02\x00"  # TG563A: mounted and well; unmounted and smoke


def chirpstack(port: int) -> ChirpStackSection:
    made = section("chirpstack", port=port, devices=DEVICES)
    assert isinstance(made, ChirpStackSection)
    return made


class Server:
    """A ChirpStack as far as its broker shows one."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client, self._count = client, 0

    async def say(self, device: str, event: str, *, retain: bool = False, **fields: object) -> None:
        """One event; its deduplication id is a new one unless it is given."""
        self._count += 1
        info = {"deviceInfo": {"devEui": device, "deviceName": "x"}, "deduplicationId": str(self._count)}
        await self.raw(device, event, json.dumps({**info, **fields}).encode(), retain=retain)

    async def up(self, device: str, payload: bytes, *, retain: bool = False, **fields: object) -> None:
        """An uplink."""
        data = base64.b64encode(payload).decode()
        await self.say(device, "up", retain=retain, **{"data": data, "fPort": 1, **fields})

    async def raw(self, device: str, event: str, payload: bytes, *, retain: bool = False) -> None:
        """Any bytes."""
        await self._client.publish(f"application/1/device/{device}/event/{event}", payload, qos=1, retain=retain)


@asynccontextmanager
async def listening(broker: Mosquitto, node: FakeNode) -> AsyncGenerator[Server]:
    device = ChirpStack(chirpstack(broker.port), node)
    async with aiomqtt.Client("127.0.0.1", broker.port) as client, running(device, node):
        await until(lambda: ("bo-1", Condition.NORMAL) in {r[:2] for r in node.reports}, "it listens")
        yield Server(client)


async def test_smoke_rings_with_its_frame_and_an_unmounted_detector_is_believed(
    node: FakeNode, broker: Mosquitto
) -> None:
    async with listening(broker, node) as server:
        await server.up(TG563A, WELL)
        await until(lambda: ("khoi-2", Condition.NORMAL) in {r[:2] for r in node.reports}, "it is well")
        await server.up(TG563A, FIRE)
        await until(lambda: bool(node.alarms), "the alarm")
        alarm = node.alarms[0]
        assert (alarm.device, alarm.point, alarm.zone, alarm.raw) == ("khoi-2", TG563A, "nha-1", FIRE.hex())
        assert (alarm.evidence, alarm.frame is not None) == (Evidence.SINGLE_DETECTOR, True)
        await until(lambda: node.last("khoi-2") == (Condition.ALARM, frozenset({Mark.TAMPER})), "how it stands")
        assert {row.quantity for row in node.rows} == {"temperature"}


async def test_each_kind_of_event_and_a_codec_in_chirpstack(node: FakeNode, broker: Mosquitto) -> None:
    async with listening(broker, node) as server:
        await server.up(GS524N, bytes.fromhex("221764001c47"))
        await until(lambda: node.reports[-1][:2] == ("khoi-1", Condition.NORMAL), "well")
        await server.say(GS524N, "status", margin=5)
        await until(lambda: Mark.LOW_BATTERY in node.last("khoi-1")[1], "an empty battery")
        await server.say(GS524N, "status", margin=5, batteryLevel=80)
        await until(lambda: node.last("khoi-1")[1] == frozenset(), "a new battery")
        signs = len(node.signs)
        await server.say(GS524N, "join", devAddr="00189440")
        await until(lambda: len(node.signs) > signs, "a join is a sign of life")
        await server.up(SERVER, b"\1", object={"smoke": True})
        await until(lambda: bool(node.alarms), "the codec there says smoke")
        assert node.alarms[0].device == "khoi-3"


async def test_copies_of_an_event_count_once_and_another_content_is_no_copy(node: FakeNode, broker: Mosquitto) -> None:
    async with listening(broker, node) as server:
        for payload in (FIRE, FIRE, WELL, FIRE):
            await server.up(TG563A, payload, deduplicationId="same")
        await server.up(GS524N, bytes.fromhex("221764001c47"))
        await until(lambda: node.reports[-1][0] == "khoi-1", "everything was heard")
        assert len(node.alarms) == 1
        assert node.last("khoi-2")[0] is Condition.NORMAL


async def test_what_is_not_understood_is_a_fault_and_never_normal(node: FakeNode, broker: Mosquitto) -> None:
    async with listening(broker, node) as server:
        await server.up(GS524N, bytes.fromhex("221764001c47"))
        await until(lambda: node.reports[-1][:2] == ("khoi-1", Condition.NORMAL), "well")
        await server.up(GS524N, bytes.fromhex("221764001c48"))
        await until(lambda: node.last("khoi-1") == (Condition.UNKNOWN, frozenset({Mark.FAULT})), "a wrong sum")
        await server.up(TG563A, b"what is this", fPort=7)
        await server.raw(TG563A, "up", b"{" + b"x" * 100_000)
        await server.raw(TG563A, "up", b'{"deviceInfo":')
        await server.say(TG563A, "up", deviceInfo={"devEui": SERVER}, data="AXgaAgA=")
        await server.up(TG563A, WELL)
        await until(lambda: node.reports[-1][:2] == ("khoi-2", Condition.NORMAL), "it goes on listening")
    assert node.alarms == []


async def test_what_the_broker_remembers_is_no_event_and_a_stranger_in_alarm_is_one_of_the_gateway(
    node: FakeNode, broker: Mosquitto
) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await Server(client).up(STRANGER, FIRE, retain=True)
        await Server(client).up(TG563A, FIRE, retain=True)
    async with listening(broker, node) as server:
        await until(lambda: bool(node.alarms), "a detector that was in alarm is one still")
        assert [(alarm.device, alarm.frame) for alarm in node.alarms] == [("khoi-2", None)]
        await server.up(STRANGER, WELL)
        await server.up(STRANGER, FIRE)
        await until(lambda: len(node.alarms) == 2, "the stranger")
        assert (node.alarms[1].device, node.alarms[1].point) == ("bo-1", STRANGER)


@pytest.mark.expects_log("device bo-1: MQTT broker")
async def test_a_broker_that_goes_is_told_and_found_again(node: FakeNode, broker: Mosquitto) -> None:
    async with running(ChirpStack(chirpstack(broker.port), node), node):
        await until(lambda: bool(node.reports), "it listens")
        broker.stop()
        await until(lambda: Mark.COMMS_LOST in node.last("bo-1")[1], "the loss")
        broker.start()
        await until(lambda: node.last("bo-1") == (Condition.NORMAL, frozenset()), "the return")
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await Server(client).up(TG563A, FIRE)
            await until(lambda: bool(node.alarms), "it hears again")


def test_deadlines_and_the_inventory() -> None:
    made = chirpstack(1883)
    assert made.deadlines() == {"bo-1": 90, "khoi-1": 24 * 3600, "khoi-2": 2 * 3600, "khoi-3": 48 * 3600}
    assert [info.device for info in made.inventory()] == ["bo-1", "khoi-1", "khoi-2", "khoi-3"]


@pytest.mark.parametrize(
    ("devices", "reason"),
    [
        ({GS524N: smoke(model="klingon")}, "milesight_gs524n, tg563a, server"),
        ({GS524N: smoke(model="tg563a", heartbeat_h=49)}, "less than or equal to 48"),
        ({GS524N.upper(): smoke(model="tg563a")}, "pattern"),
    ],
)
def test_a_wrong_section_says_what_is_wrong(devices: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        section("chirpstack", devices=devices)
