"""What a camera says by itself becomes sightings and faults; what it says too much, too oddly or to others does not."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.onvif import listening
from keng_edge.cameras.onvif.device import OnvifCamera
from keng_edge.cameras.onvif.listening import Heard
from keng_edge.cameras.onvif.markup import LARGEST, Strange, parse
from keng_edge.cameras.onvif.notices import MOST, Notice, notices
from keng_edge.cameras.onvif.pull_point import PullPoint
from keng_edge.cameras.own_alarms import LONGEST_MS, Kind, OwnAlarms, meaning
from keng_edge.cameras.telling import Telling
from keng_edge.errors import DeviceError
from keng_wire.conditions import Condition, Mark
from keng_wire.sighting import ObjectClass, Rule, Sighted, Step
from support import onvif_camera
from support.camera_node import CameraNode
from support.clips import scene, write_clip
from support.fake_clock import FakeClock
from support.onvif_camera import SECRET, USER, notice
from support.processes import until

MOTION = "RuleEngine/CellMotionDetector/Motion"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


def section(address: str, folder: Path, **more: Any) -> CameraSection:
    (folder / "password").write_text(SECRET)
    own = {"address": address, "user": USER, "password_file": folder / "password"}
    given = {"type": "camera", "id": "cam", "name": "Cam", "notice_confirmed": "2026-11-01", "loop": True}
    return CameraSection.model_validate(given | {"source": str(folder / "a.mp4"), "own_alarms": own} | more)


def subscribed(double: onvif_camera.OnvifCamera, password: str = SECRET) -> PullPoint:
    point = PullPoint(OnvifCamera(double.address, USER, password))
    point.open()
    return point


def test_events_are_read_without_their_namespaces() -> None:
    text = f"<a xmlns:tt='t'>{notice(MOTION, 'IsMotion', 'true', 'v1')}{notice('Device/Trigger/Relay', 'x', '1')}</a>"
    first, second = notices(parse(text.encode()))
    assert first == Notice("RuleEngine/CellMotionDetector/Motion", "v1", {"IsMotion": "true"})
    assert (meaning(first), meaning(second)) == ((Kind.MOTION, True), None)


@pytest.mark.parametrize(
    ("topic", "item", "value", "meant"),
    [
        ("VideoSource/MotionAlarm", "State", "1", (Kind.MOTION, True)),
        ("VideoSource/MotionAlarm", "State", "false", (Kind.MOTION, False)),
        ("RuleEngine/FieldDetector/ObjectsInside", "IsInside", "True", (Kind.MOTION, True)),
        ("Device/Trigger/DigitalInput", "LogicalState", "true", (Kind.INPUT, True)),
        ("VideoSource/GlobalSceneChange/ImagingService", "State", "true", (Kind.TAMPER, True)),
        ("RuleEngine/TamperDetector/Tamper", "IsTamper", "0", (Kind.TAMPER, False)),
        ("VideoSource/MotionAlarms", "State", "true", None),
        ("VideoSource/MotionAlarm", "Status", "true", None),
        ("Monitoring/ProcessorUsage", "Value", "98", None),
    ],
)
def test_what_a_topic_means(topic: str, item: str, value: str, meant: tuple[Kind, bool] | None) -> None:
    assert meaning(Notice(topic, "", {item: value})) == meant


def test_a_camera_is_subscribed_to_asked_renewed_and_told_when_nobody_listens_any_more() -> None:
    with onvif_camera.OnvifCamera() as double:
        double.news.put(notice(MOTION, "IsMotion", "true"))
        point = subscribed(double)
        assert [one.data for one in point.pull()] == [{"IsMotion": "true"}]
        assert point.pull() == []
        point.renew()
        point.close()
        point.close()
        with pytest.raises(DeviceError, match="not subscribed"):
            point.pull()
    assert double.asked[-5:] == ["CreatePullPointSubscription", "PullMessages", "PullMessages", "Renew", "Unsubscribe"]
    assert all(SECRET not in body for body in double.bodies)


def test_a_subscription_on_another_host_is_not_followed() -> None:
    with onvif_camera.OnvifCamera() as double:
        double.subscription_host = "169.254.169.254"
        with pytest.raises(DeviceError, match="no address of a subscription on this host"):
            subscribed(double)


@pytest.mark.parametrize(
    "raw", [BOMB, b"<x>" + b" " * LARGEST + b"</x>", b"<html><body>It works", b""], ids=["dtd", "huge", "html", "none"]
)
def test_an_answer_that_is_no_plain_xml_ends_the_subscription(raw: bytes) -> None:
    with onvif_camera.OnvifCamera() as double:
        point = subscribed(double)
        double.raw = raw
        with pytest.raises(DeviceError, match="not as ONVIF cameras do"):
            point.pull()


def test_a_storm_of_events_is_cut_and_every_cut_of_an_answer_is_refused() -> None:
    text = f"<a xmlns:tt='t'>{notice(MOTION, 'IsMotion', 'true') * 200}</a>"
    assert len(notices(parse(text.encode()))) == MOST
    whole = f"<a xmlns:tt='t'>{notice(MOTION, 'IsMotion', 'true')}</a>".encode()
    for length in range(len(whole)):
        with pytest.raises(Strange):
            parse(whole[:length])


class Told:
    """A camera's own alarms with a clock of the test."""

    def __init__(self, folder: Path, active: bool = True) -> None:
        self.clock = FakeClock()
        self.node = CameraNode(folder, self.clock)
        config = section("http://127.0.0.1:1/onvif", folder)
        self.alarms = OwnAlarms(config, self.node, Telling(config, self.node), active)

    async def hear(self, topic: str, item: str, value: str, source: str = "0") -> None:
        await self.alarms.hear(Heard(Notice(topic, source, {item: value}), self.clock.up))

    async def wait(self, ms: int) -> None:
        self.clock.pass_ms(ms)
        await self.alarms.end_what_is_over()

    @property
    def steps(self) -> list[tuple[Step, str]]:
        return [(each.step, each.area) for each in self.node.events if isinstance(each, Sighted)]


async def test_motion_that_is_said_again_and_again_is_one_sighting_that_ends_after_the_cooldown(tmp_path: Path) -> None:
    told = Told(tmp_path)
    for value in ("true", "true", "false", "true", "false", "false"):
        await told.hear(MOTION, "IsMotion", value)
        await told.wait(1_000)
    assert told.steps == [(Step.BEGIN, "own-motion")]
    await told.wait(1_500)
    begin, end = told.node.events
    assert isinstance(begin, Sighted)
    assert isinstance(end, Sighted)
    assert begin.occurrence == end.occurrence
    assert (begin.rule, begin.object_class, begin.confidence) == (Rule.PRESENCE, ObjectClass.UNKNOWN, None)
    assert (end.began_ago, end.ended_ago) == (7_500, 3_500)


async def test_a_camera_that_never_says_that_it_is_over_is_not_believed_for_ever(tmp_path: Path) -> None:
    told = Told(tmp_path)
    await told.hear("Device/Trigger/DigitalInput", "LogicalState", "true", "in-1")
    await told.hear("Device/Trigger/DigitalInput", "LogicalState", "true", "in-2")
    await told.wait(LONGEST_MS + 1)
    assert told.steps == [(Step.BEGIN, "own-input")] * 2 + [(Step.END, "own-input")] * 2


async def test_a_tamper_alarm_is_a_fault_until_the_camera_takes_it_back(tmp_path: Path) -> None:
    told = Told(tmp_path, active=False)
    await told.hear(MOTION, "IsMotion", "true")  # one that may not be active tells nothing of people
    await told.hear("RuleEngine/TamperDetector/Tamper", "IsTamper", "true")
    await told.hear("VideoSource/ImageTooDark/ImagingService", "State", "true")
    await told.wait(LONGEST_MS * 2)
    (report,) = told.node.reports
    assert report.marks == (Mark.TAMPER,)
    assert report.detail is not None
    assert "camera tự báo bị can thiệp" in report.detail
    for topic, item in (
        ("RuleEngine/TamperDetector/Tamper", "IsTamper"),
        ("VideoSource/ImageTooDark/ImagingService", "State"),
    ):
        await told.hear(topic, item, "false")
        assert len(told.node.reports) == 1
        await told.wait(3_000)
    assert told.node.reports[-1] == (Condition.NORMAL, (), None)
    assert told.steps == []


async def test_a_camera_out_of_its_mind_is_bounded(tmp_path: Path) -> None:
    told = Told(tmp_path)
    for number in range(1_000):
        await told.hear(MOTION, "IsMotion", "true", str(number))
    assert len(told.steps) == 32


@asynccontextmanager
async def running(config: CameraSection, node: CameraNode) -> AsyncGenerator[None]:
    task = asyncio.create_task(Camera(config, node).run_once())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.expects_log("camera cam: its own alarms are not heard: 127.0.0.1 refuses the question: InvalidArgVal")
async def test_a_camera_of_a_node_tells_its_own_alarms_and_is_subscribed_to_again_when_it_forgot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "BETWEEN_S", 0.01)
    write_clip(tmp_path / "a.mp4", lambda _: scene(160, 120), 2)
    node = CameraNode(tmp_path)
    with onvif_camera.OnvifCamera() as double, caplog.at_level(logging.DEBUG):
        async with running(section(double.address, tmp_path, cooldown_s=1), node):
            double.news.put(notice(MOTION, "IsMotion", "true"))
            double.news.put(notice("RuleEngine/TamperDetector/Tamper", "IsTamper", "true"))
            await until(lambda: bool(node.events) and Mark.TAMPER in node.reports[-1].marks, "motion and tamper")
            double.forgetful = True
            await until(lambda: double.asked.count("CreatePullPointSubscription") == 2, "the next subscription")
            double.news.put(notice(MOTION, "IsMotion", "false"))
            await until(lambda: len(node.events) == 2, "the end of the motion")
        await until(lambda: double.asked[-1] == "Unsubscribe", "the goodbye")
    assert not node.lost
    assert SECRET not in caplog.text + repr(node.reports)


@pytest.mark.expects_log("its own alarms are not heard: 127.0.0.1 does not take user and password")
async def test_a_wrong_password_is_tried_once_and_the_pictures_go_on(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", lambda _: scene(160, 120), 2)
    node = CameraNode(tmp_path)
    with onvif_camera.OnvifCamera() as double:
        config = section(double.address, tmp_path)
        (tmp_path / "password").write_text("sai")
        async with running(config, node):
            await until(lambda: "CreatePullPointSubscription" in double.asked, "the question")
            await asyncio.sleep(1.5)
        assert double.asked.count("CreatePullPointSubscription") == 1
    assert node.conditions == [Condition.NORMAL]
    assert node.alive > 5


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"address": "rtsp://192.0.2.1/x"}, "is no address of a camera's service; write http://"),
        ({"address": "http://u:bi-mat@192.0.2.1/x"}, "holds a user or password; give them as"),
        ({"address": "http://192.0.2.1:99999/x"}, "is no address"),
        ({"address": "http://192.0.2.1/x", "user": None}, "a password without `user` is of no use"),
    ],
)
def test_a_bad_section_names_the_field_and_the_cure(tmp_path: Path, own: dict[str, Any], words: str) -> None:
    given = {"user": USER, "password_file": tmp_path / "password"} | own
    with pytest.raises(ValidationError) as caught:
        section("", tmp_path, own_alarms=given)
    (error,) = caught.value.errors()
    assert words in error["msg"]
    assert error["loc"][0] == "own_alarms"
    assert "bi-mat" not in error["msg"]
