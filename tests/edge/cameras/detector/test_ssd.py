"""The node's own model: fetched, converted, tested on every load, and what it finds in real pictures."""

import itertools
from pathlib import Path

import av
import numpy as np
import pytest

from keng_edge.cameras.address import Address
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.detector import session, ssd, store
from keng_edge.cameras.detector.errors import ModelError, NoModel
from keng_edge.cameras.detector.ssd import Ssd
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.frame import Image
from keng_edge.cameras.sightings import Box, ObjectClass, Sighting
from keng_edge.cameras.source import file_frames
from support.clips import real_clip, scene
from support.detector_model import detector, model_folder


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    return model_folder(request.config)


@pytest.fixture
def model(folder: Path) -> Ssd:
    return detector(folder)


def real_picture(name: str, number: int) -> Image:
    with av.open(str(real_clip(name))) as container:
        for count, frame in enumerate(container.decode(video=0)):
            if count == number:
                return frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
    raise AssertionError(f"{name} has no frame {number}")


def test_the_anchors_are_1917_and_cover_the_picture() -> None:
    made = list(ssd.anchors())
    assert len(made) == 1917
    assert made[0] == pytest.approx((0.5 / 19, 0.5 / 19, 0.1, 0.1))
    between = 0.95**0.5
    assert made[-1] == pytest.approx((0.5, 0.5, between, between)), "the last lies between the scales 0.95 and 1"


def test_a_box_of_zeros_is_its_anchor() -> None:
    (box,) = ssd.decode(np.zeros((1, 4), np.float32), np.array([[0.4, 0.5, 0.2, 0.1]], np.float32))
    assert box == pytest.approx([0.45, 0.3, 0.55, 0.5])


def test_an_absurd_size_does_not_overflow() -> None:
    encoding = np.array([[0, 0, 1e9, 1e9]], np.float32)
    assert np.isfinite(ssd.decode(encoding, np.array([[0.5, 0.5, 1, 1]], np.float32))).all()


def test_somebody_alone_is_found_where_he_stands(model: Ssd) -> None:
    picture = real_picture("one_by_one_person.mp4", 120)
    (one,) = [each for each in model.find(picture, None) if each.confidence > 0.4]
    assert one.object_class is ObjectClass.PERSON
    assert one.box.left < 0.6 < one.box.right
    assert one.box.bottom - one.box.top > 0.7
    (same, *_) = model.find(picture, one.box)
    assert same.object_class is ObjectClass.PERSON
    assert same.box.left == pytest.approx(one.box.left, abs=0.08)
    assert same.box.top == pytest.approx(one.box.top, abs=0.12)


def test_a_car_is_a_vehicle(model: Ssd) -> None:
    classes = {each.object_class for each in model.find(real_picture("car_overhead.mp4", 84), None)}
    assert classes == {ObjectClass.VEHICLE}


def test_an_empty_scene_holds_nothing(model: Ssd) -> None:
    assert model.find(scene(), None) == []
    assert model.find(scene(), Box(0.4, 0.4, 0.6, 0.6)) == []


def test_a_model_whose_answers_differ_is_refused(folder: Path) -> None:
    content = bytearray(store.content(folder))
    # The first constant of the graph that is a weight: its first numbers, far enough from the names before them.
    for place in range(len(content) // 2, len(content) // 2 + 4096, 4):
        content[place : place + 4] = b"\x00\x00\x80\x3f"
    with pytest.raises(ModelError, match="computes"):
        Ssd(bytes(content))


def test_a_reference_that_is_missed_by_a_thousandth_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = session.load(store.content(folder))
    ssd.check(loaded)
    (output, place, values), *others = ssd.REFERENCE
    monkeypatch.setattr(ssd, "REFERENCE", ((output, place, [values[0] + 0.0012, *values[1:]]), *others))
    with pytest.raises(ModelError, match=r"0\.6523"):
        ssd.check(loaded)


def test_a_damaged_file_is_refused_before_it_is_loaded(folder: Path, tmp_path: Path) -> None:
    content = bytearray(store.content(folder))
    content[-1] ^= 1
    store.keep(tmp_path, bytes(content))
    with pytest.raises(ModelError, match="damaged"):
        store.content(tmp_path)


def test_without_a_file_the_cure_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="keng-edge models fetch"):
        store.content(tmp_path)


def test_with_the_detector_a_visit_is_that_of_a_person_and_without_it_nobody_knows(model: Ssd) -> None:
    clip = str(real_clip("one_by_one_person.mp4"))
    section = CameraSection(type="camera", id="cam-1", name="Cam", source=clip)
    classes: dict[bool, set[ObjectClass]] = {}
    for given in (model, None):
        seeing = Eyes(section, detector=given)
        visit = itertools.takewhile(lambda frame: frame.at < 15, file_frames(Address(clip), lambda: 0))
        found = [each for frame in visit for each in seeing.feed(frame) if isinstance(each, Sighting)]
        classes[given is not None] = {each.object_class for each in found}
    assert classes == {True: {ObjectClass.PERSON}, False: {ObjectClass.UNKNOWN}}
