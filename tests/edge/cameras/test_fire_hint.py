"""Hints of fire: by colour, flicker and place, or by a model of the user's own; they are events and never alarms."""

import asyncio
import math
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from keng_edge.cameras.address import Address
from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.detector import onnx_file
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.onnx_file import Node
from keng_edge.cameras.fire_hint import OVER_S, FireHint, FireWatch, fire_watches
from keng_edge.cameras.fire_model import FireModel
from keng_edge.cameras.fire_notes import FireNotes
from keng_edge.cameras.flames import FlameColour
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.source import file_frames
from keng_edge.clock import SystemClock
from keng_wire.alarm import Category
from keng_wire.event import Snapshot
from keng_wire.fire_hint import FireHinted, FireSign
from support.clips import Picture, real_clip, scene, write_clip
from support.fake_node import FakeNode
from support.processes import until

Draw = Callable[[float], Picture]
ORANGE = np.array([60, 150, 240], np.float64)


def flames(at: float, left: int = 300, top: int = 150, size: int = 40) -> Picture:
    """An orange patch whose light goes up and down three times a second."""
    picture = scene()
    light = 1 + 0.12 * math.sin(2 * math.pi * 3.1 * at)
    picture[top : top + size, left : left + size] = np.clip(ORANGE * light, 0, 255).astype(np.uint8)
    return picture


def lamp(at: float) -> Picture:
    picture = scene()
    picture[150:190, 300:340] = ORANGE.astype(np.uint8)
    return picture


def burns_from(begin: float, end: float) -> Draw:
    return lambda at: flames(at) if begin <= at < end else scene()


def frame_of(at: float, picture: Picture) -> Frame:
    return Frame(at, round(at * 1000), lambda: picture[:, :, 0], lambda: picture)


def frames(draw: Draw, seconds: float, rate: int = 16) -> Iterator[Frame]:
    for number in range(round(seconds * rate)):
        at = number / rate
        picture = draw(at)
        yield frame_of(at, picture)


def hints(draw: Draw, seconds: float, watch: FireWatch | None = None, moving: float = 0.0) -> list[FireHint]:
    watch = watch or FireWatch(FlameColour())
    return [hint for frame in frames(draw, seconds) for hint in watch.feed(frame, moving)]


def test_flames_are_one_hint_that_says_where_and_is_over_after_a_while() -> None:
    begin, end = hints(burns_from(5, 20), 50)
    assert (begin.begins, end.begins) == (True, False)
    assert 7 <= begin.frame.at <= 11
    assert begin.box is not None
    assert begin.box.left == pytest.approx(300 / 640, abs=0.02)
    assert begin.box.bottom == pytest.approx(190 / 360, abs=0.03)
    assert end.frame.at == pytest.approx(20 + OVER_S, abs=3)
    assert end.since <= 23


def test_somebody_who_walks_in_front_of_it_does_not_make_two_of_it() -> None:
    def draw(at: float) -> Picture:
        return scene() if 14 <= at < 22 else burns_from(5, 35)(at)

    assert [each.begins for each in hints(draw, 40)] == [True]


NO_FIRE: dict[str, Draw] = {
    "a lamp": lamp,
    "nothing": lambda at: scene(),
    "a slow blinker": lambda at: lamp(at) if int(at) % 2 else scene(),
    "a light that goes by": lambda at: flames(at, left=40 + int(at * 60) % 500),
    "a candle": lambda at: flames(at, size=6),
    "a blue light": lambda at: np.ascontiguousarray(flames(at)[:, :, ::-1]),
}


@pytest.mark.parametrize("draw", NO_FIRE.values(), ids=NO_FIRE)
def test_what_is_no_fire_is_no_hint(draw: Draw) -> None:
    assert hints(draw, 20) == []


def test_a_short_blaze_is_no_hint() -> None:
    assert hints(burns_from(5, 6), 20) == []


def test_while_the_whole_picture_moves_nothing_is_said() -> None:
    assert hints(burns_from(5, 20), 20, moving=0.8) == []


def test_a_hole_in_the_stream_begins_anew() -> None:
    watch = FireWatch(FlameColour())
    told = [hint for frame in frames(flames, 2.5) for hint in watch.feed(frame)]
    for frame in frames(flames, 2.5):
        told += watch.feed(Frame(frame.at + 60, frame.up + 60_000, frame.luma, frame.picture))
    assert told == []


def test_a_camera_that_changes_its_picture_size_goes_on() -> None:
    def draw(at: float) -> Picture:
        return flames(at) if at < 6 else np.ascontiguousarray(cv2.resize(flames(at), (480, 360)), np.uint8)

    assert [each.begins for each in hints(draw, 20)] == [True]


def test_the_real_fire_is_found_within_ten_seconds() -> None:
    watch = FireWatch(FlameColour())
    clip = file_frames(Address(str(real_clip("furg_house6.mp4"))), lambda: 0)
    first = next(hint for frame in clip for hint in watch.feed(frame))
    assert first.frame.at < 10
    assert first.box is not None


@pytest.mark.parametrize("name", ["car_overhead.mp4", "worker_zone.gif", "bikes.mp4", "tree_hand.avi"])
def test_a_red_car_an_orange_vest_and_tail_lights_are_no_fire(name: str) -> None:
    watch = FireWatch(FlameColour())
    clip = file_frames(Address(str(real_clip(name))), lambda: 0)
    assert [hint for frame in clip for hint in watch.feed(frame)] == []


def model(path: Path, share: float, shape: tuple[int, ...] = (1, 1), size: int = 64) -> Path:
    answer = np.full(shape, share, np.float32)
    nodes = [Node("Identity", ["answer"], "fire", {})]
    path.write_bytes(onnx_file.model(nodes, {"answer": answer}, {"image": [1, 3, size, size]}, {"fire": list(shape)}))
    return path


@pytest.mark.parametrize(("share", "told"), [(0.9, [True]), (0.4, [])])
def test_a_model_of_the_users_own_is_asked_once_a_second(tmp_path: Path, share: float, told: list[bool]) -> None:
    pytest.importorskip("onnxruntime")
    (watch,) = fire_watches(flames=True, smoke=False, model=model(tmp_path / "m.onnx", share))
    assert [each.begins for each in hints(lambda at: scene(), 10, watch)] == told


UNFIT: dict[str, Callable[[Path], Path]] = {
    "no such file": lambda path: path,
    "sigmoid": lambda path: model(path, 7.0),
    r"\[\[1, 2\]\]: wanted are": lambda path: model(path, 0.5, shape=(1, 2)),
    r"32, 32\].* wanted are": lambda path: model(path, 0.5, size=32),
}


@pytest.mark.parametrize("words", UNFIT)
def test_a_model_that_does_not_fit_is_refused(tmp_path: Path, words: str) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(ModelError, match=words):
        FireModel(UNFIT[words](tmp_path / "m.onnx"))


@pytest.mark.expects_log("no hint of fire.*no such file")
def test_a_camera_whose_fire_model_is_missing_goes_on_without_a_hint(tmp_path: Path) -> None:
    assert fire_watches(flames=True, smoke=False, model=tmp_path / "m.onnx") == []


def test_a_camera_that_asks_for_none_has_none() -> None:
    assert fire_watches(flames=False, smoke=False, model=None) == []


async def test_a_hint_is_two_events_and_a_still_and_never_an_alarm(tmp_path: Path) -> None:
    node = FakeNode(SystemClock(), tmp_path)
    section = CameraSection(type="camera", id="cam-1", name="Cam", source="/x", zone="nha-12")
    notes = FireNotes(section, node)
    for hint in hints(burns_from(2, 12), 45):
        await notes.tell(hint)
    begin, picture, end = node.events
    assert isinstance(begin, FireHinted)
    assert isinstance(picture, Snapshot)
    assert isinstance(end, FireHinted)
    assert (begin.active, end.active, begin.zone, begin.sign) == (True, False, "nha-12", FireSign.FLAMES)
    assert begin.occurrence == picture.occurrence == end.occurrence
    assert begin.ago == 3000
    assert node.alarms == []
    assert node.reports == []


def test_a_fire_model_without_the_hint_is_refused() -> None:
    with pytest.raises(ValueError, match="fire_hint = true"):
        CameraSection.model_validate(
            {"type": "camera", "id": "cam-1", "name": "Cam", "source": "/x", "fire_model": "/x.onnx"}
        )


async def test_a_camera_that_sees_fire_tells_the_hint_and_raises_no_fire_alarm(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "lua.mp4", burns_from(0.5, 8), 8, rate=16)
    node = FakeNode(SystemClock(), tmp_path)
    section = CameraSection(
        type="camera", id="cam-1", name="Cam", source=str(clip), fire_hint=True, notice_confirmed=date(2026, 11, 1)
    )
    task = asyncio.create_task(Camera(section, node).run_once())
    try:
        await until(lambda: any(isinstance(event, FireHinted) for event in node.events), "the hint")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert all(alarm.category is not Category.FIRE for alarm in node.alarms)
