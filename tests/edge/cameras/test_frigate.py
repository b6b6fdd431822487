"""Cameras of a Frigate instance at a node: one occurrence each, only what counts, and silence is never normal."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from pydantic import ValidationError

from keng_edge.cameras.frigate import Frigate
from keng_edge.cameras.frigate_config import FrigateSection
from keng_edge.mqtt import Heard
from keng_wire.alarm import Category, Evidence
from keng_wire.conditions import Condition, Mark
from keng_wire.sighting import ObjectClass, Rule, Sighted, Step
from support.fake_node import FakeNode
from support.frigate_words import event, review, stats
from support.mosquitto import Mosquitto
from support.processes import until
from support.radio import running

HANGS = {"notice_confirmed": "2026-11-01"}
AT_GATE = {"id": "cam-cong", "name": "Camera cổng", "zone": "nha-12", "areas": {"duong_vao": "cong"}, "alarms": True}
GATE, STORE = AT_GATE | HANGS, {"id": "cam-kho", "name": "Camera kho"} | HANGS


def section(port: int = 1883, **fields: Any) -> FrigateSection:
    cameras = {"cong_lang": GATE, "kho": STORE}
    given = {"type": "frigate", "id": "bo-1", "name": "Frigate", "port": port, "cameras": cameras}
    return FrigateSection.model_validate(given | fields)


class House:
    """A Frigate device that is told messages without a broker."""

    def __init__(self, node: FakeNode, **fields: Any) -> None:
        self.node, self.device = node, Frigate(section(**fields), node)

    async def say(self, leaf: str, body: object, *, retained: bool = False) -> None:
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        heard = Heard(f"frigate/{leaf}", payload, retained, self.node.clock.up_ms())
        await self.device._hear(heard)  # pyright: ignore[reportPrivateUsage]

    @property
    def sightings(self) -> list[Sighted]:
        return [each for each in self.node.events if isinstance(each, Sighted)]

    @property
    def steps(self) -> list[tuple[str, Step]]:
        return [(each.device, each.step) for each in self.sightings]


@pytest.fixture
async def house(node: FakeNode) -> House:
    made = House(node)
    await made.say("available", "online", retained=True)
    await made.say("stats", stats(cong_lang=5.0, kho=5.0))
    return made


async def test_over_a_broker_a_visit_is_one_sighting_and_one_alarm_and_what_was_remembered_is_neither(
    node: FakeNode, broker: Mosquitto
) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as frigate:

        async def say(leaf: str, body: object, *, retain: bool = False) -> None:
            payload = body if isinstance(body, str | bytes) else json.dumps(body)
            await frigate.publish(f"frigate/{leaf}", payload, qos=1, retain=retain)

        await say("available", "online", retain=True)
        await say("events", event(number=9), retain=True)
        await say("reviews", review(number=9), retain=True)
        async with running(Frigate(section(broker.port), node), node):
            await until(lambda: ("bo-1", Condition.NORMAL, frozenset(), None) in node.reports, "it runs")
            await say("stats", stats(cong_lang=5.0, kho=0.0))
            for broken in (b"{", b"\xff" * 9, b"[1]", b'{"type":"new"}', b"x" * 300_000, b"null"):
                await say("events", broken)
                await say("reviews", broken)
                await say("stats", broken)
            await say("available", b"perhaps")
            for step in ("new", "update", "update", "end"):
                await say("events", event(step))
                await say("reviews", review(step))
            await until(lambda: len(node.events) == 4, "the visit")
            await until(lambda: node.last("cam-cong") == (Condition.NORMAL, frozenset()), "it is over")
    (alarm,) = node.alarms
    assert (alarm.device, alarm.point, alarm.zone) == ("cam-cong", "cong", "nha-12")
    assert (alarm.category, alarm.evidence) == (Category.SECURITY, Evidence.ADVISORY)
    assert node.last("cam-kho") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))


async def test_a_thing_is_a_presence_from_its_begin_to_its_end(house: House) -> None:
    await house.say("events", event(top_score=0.6, lasted=1.5))
    await house.say("events", event("update", top_score=0.91, lasted=9))
    await house.say("events", event("end", top_score=0.91, lasted=20))
    begin, end = house.sightings
    assert begin.occurrence == end.occurrence
    assert (begin.rule, begin.area, begin.object_class) == (Rule.PRESENCE, "cong", ObjectClass.PERSON)
    assert (begin.confidence, begin.began_ago, begin.ended_ago) == (0.6, 1500, None)
    assert (end.confidence, end.began_ago, end.ended_ago) == (0.91, 20_000, 0)
    assert house.node.alarms == []


@pytest.mark.parametrize(
    ("label", "object_class"),
    [("car", ObjectClass.VEHICLE), ("dog", ObjectClass.ANIMAL), ("package", ObjectClass.UNKNOWN)],
)
async def test_what_it_is(house: House, label: str, object_class: ObjectClass) -> None:
    await house.say("events", event(label=label))
    assert [each.object_class for each in house.sightings] == [object_class]


@pytest.mark.parametrize("label", ["face", "license_plate"])
async def test_faces_and_plates_are_no_sightings(house: House, label: str) -> None:
    await house.say("events", event(label=label))
    assert house.sightings == []


async def test_what_is_in_no_area_does_not_count_until_it_is(house: House) -> None:
    await house.say("events", event(entered_zones=[]))
    await house.say("events", event("update", entered_zones=["vuon"]))
    assert house.sightings == []
    await house.say("events", event("update", entered_zones=["vuon", "duong_vao"]))
    assert house.steps == [("cam-cong", Step.BEGIN)]


async def test_a_camera_without_areas_counts_everywhere_and_alarms_only_when_it_is_told_to(house: House) -> None:
    await house.say("events", event(camera="kho", entered_zones=[]))
    await house.say("reviews", review(camera="kho"))
    assert [each.area for each in house.sightings] == ["all"]
    assert house.node.alarms == []


async def test_a_false_positive_never_begins_and_ends_what_it_had_begun(house: House) -> None:
    await house.say("events", event(false_positive=True))
    assert house.sightings == []
    await house.say("events", event("update"))
    await house.say("events", event("update", false_positive=True))
    assert [step for _, step in house.steps] == [Step.BEGIN, Step.END]


async def test_a_camera_that_is_not_named_and_an_end_that_nobody_knows_are_nothing(house: House) -> None:
    await house.say("events", event(camera="nha_la"))
    await house.say("reviews", review(camera="nha_la"))
    await house.say("events", event("end"))
    await house.say("reviews", review("end"))
    assert house.node.events == []


async def test_a_review_that_becomes_an_alert_later_is_an_alarm_then(house: House) -> None:
    await house.say("reviews", review(severity="detection"))
    assert house.node.alarms == []
    await house.say("reviews", review("update"))
    await house.say("reviews", review("update"))
    assert len(house.node.alarms) == 1
    (begin,) = house.sightings
    assert (begin.rule, begin.object_class, begin.alarm) == (Rule.INTRUSION, ObjectClass.PERSON, f"{1:016x}")
    assert house.node.last("cam-cong") == (Condition.ALARM, frozenset())
    await house.say("reviews", review("end"))
    assert house.node.last("cam-cong") == (Condition.NORMAL, frozenset())


async def test_two_visits_at_once_are_two_and_the_camera_alarms_until_both_are_over(house: House) -> None:
    await house.say("reviews", review(number=1))
    await house.say("reviews", review(number=2))
    await house.say("reviews", review("end", number=1))
    assert house.node.last("cam-cong")[0] is Condition.ALARM
    await house.say("reviews", review("end", number=2))
    assert house.node.last("cam-cong")[0] is Condition.NORMAL
    assert len({each.occurrence for each in house.sightings}) == 2


async def test_a_frigate_that_goes_leaves_its_cameras_unknown_and_what_it_followed_ends_when_it_is_back(
    house: House,
) -> None:
    await house.say("events", event())
    await house.say("available", "offline")
    lost = (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    assert {house.node.last(name) for name in ("bo-1", "cam-cong", "cam-kho")} == {lost}
    assert house.steps == [("cam-cong", Step.BEGIN)]
    await house.say("available", "online")
    assert [step for _, step in house.steps] == [Step.BEGIN, Step.END]
    assert house.node.last("cam-cong") == lost, "unknown until it says that it gets pictures"
    await house.say("stats", stats(cong_lang=5.0))
    assert house.node.last("cam-cong") == (Condition.NORMAL, frozenset())


async def test_a_camera_that_gives_frigate_no_pictures_is_lost(house: House) -> None:
    await house.say("stats", stats(cong_lang=0.0, kho=4.9))
    assert house.node.last("cam-cong") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
    assert house.node.last("cam-kho") == (Condition.NORMAL, frozenset())


async def test_before_frigate_has_said_that_it_runs_nothing_is_normal(node: FakeNode) -> None:
    house = House(node)
    await house.say("stats", stats(cong_lang=5.0))
    await house.device._alive()  # pyright: ignore[reportPrivateUsage]
    assert node.reports == []


async def test_what_goes_on_is_bounded(house: House) -> None:
    for number in range(520):
        await house.say("events", event(number=number))
    ended = [each for each in house.sightings if each.step is Step.END]
    assert len(ended) == 20


async def test_a_broker_that_goes_leaves_nothing_normal(node: FakeNode, tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "short") as broker:
        async with aiomqtt.Client("127.0.0.1", broker.port) as frigate:
            await frigate.publish("frigate/available", "online", qos=1, retain=True)
        device = Frigate(section(broker.port), node)
        task = asyncio.create_task(device.run_once())
        await until(lambda: bool(node.reports), "it runs")
    with pytest.raises(Exception, match="MQTT broker"):
        await task
    assert node.last("cam-cong") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))


@pytest.mark.parametrize(
    ("cameras", "words"),
    [
        ({"a": GATE, "b": GATE}, "two of them have one id"),
        ({"a/b": GATE}, "pattern"),
        ({"a": GATE | {"areas": {"x": "KHÔNG"}}}, "pattern"),
        ({"a": GATE | {"alarm": True}}, "[Ee]xtra"),
    ],
)
def test_a_bad_section_is_refused(cameras: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        section(cameras=cameras)


def test_its_cameras_are_devices_with_a_deadline() -> None:
    made = section()
    assert [(info.device, info.zone) for info in made.inventory()] == [
        ("bo-1", None),
        ("cam-cong", "nha-12"),
        ("cam-kho", None),
    ]
    assert made.deadlines() == {"bo-1": 90.0, "cam-cong": 180.0, "cam-kho": 180.0}
