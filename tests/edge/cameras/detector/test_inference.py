"""One detector for all cameras: it never fails them, never keeps them waiting long, and is told of once."""

import threading
import time

import pytest

from keng_edge.cameras.detector import inference
from keng_edge.cameras.detector.detection import Detection
from keng_edge.cameras.detector.errors import ModelError, NoModel
from keng_edge.cameras.detector.inference import Inference
from keng_edge.cameras.frame import Image
from keng_edge.cameras.recognition import Detector
from keng_edge.cameras.sightings import Box, ObjectClass
from support.clips import scene

SOMEBODY = Detection(ObjectClass.PERSON, 0.6, Box(0.1, 0.1, 0.2, 0.5))


class Scripted:
    """Finds somebody, when it is let; remembers from which threads it was asked."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.let.set()
        self.threads: set[str] = set()
        self.error: Exception | None = None

    def find(self, picture: Image, around: Box | None) -> list[Detection]:
        self.threads.add(threading.current_thread().name)
        self.let.wait(10)
        if self.error is not None:
            raise self.error
        return [SOMEBODY]


def test_all_cameras_share_one_thread() -> None:
    detector, answers = Scripted(), list[list[object]]()
    shared = Inference(lambda: detector)
    assert shared.wait(10)
    cameras = [
        threading.Thread(target=lambda: answers.append([*shared.find(scene(), None)]), name=f"camera {n}")
        for n in range(6)
    ]
    for camera in cameras:
        camera.start()
    for camera in cameras:
        camera.join(10)
    assert answers == [[SOMEBODY]] * 6
    assert detector.threads == {"detector"}


def test_while_it_loads_nothing_is_found_and_nobody_waits() -> None:
    let = threading.Event()

    def load() -> Detector:
        let.wait(10)
        return Scripted()

    shared = Inference(load)
    assert not shared.find(scene(), None)
    let.set()
    assert shared.wait(10)
    assert [*shared.find(scene(), None)] == [SOMEBODY]


def test_a_look_that_takes_too_long_is_given_up_and_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "PATIENCE_S", 0.05)
    detector = Scripted()
    shared = Inference(lambda: detector)
    assert shared.wait(10)
    detector.let.clear()
    for _ in range(inference.WAITING + 5):
        assert not shared.find(scene(), None)
    detector.let.set()
    monkeypatch.setattr(inference, "PATIENCE_S", 10)
    limit = time.monotonic() + 10
    while not shared.find(scene(), None) and time.monotonic() < limit:
        time.sleep(0.01)  # those given up are passed over first
    assert [*shared.find(scene(), None)] == [SOMEBODY]


def test_without_a_model_the_node_goes_on_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "keng.camera")

    def load() -> Detector:
        raise NoModel("run `keng-edge models fetch`")

    shared = Inference(load)
    assert not shared.wait(10)
    assert not shared.find(scene(), None)
    assert shared.missing == "run `keng-edge models fetch`"
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "vật thể chưa rõ" in caplog.text


@pytest.mark.expects_log("no detector.*is no YOLOX")
def test_a_model_of_the_user_that_cannot_be_used_is_a_warning() -> None:
    def load() -> Detector:
        raise ModelError("model x.onnx is no YOLOX export")

    shared = Inference(load)
    assert not shared.wait(10)
    assert not shared.find(scene(), None)


@pytest.mark.expects_log("cannot be loaded")
def test_a_fault_while_it_loads_does_not_take_the_cameras_along() -> None:
    def load() -> Detector:
        raise ValueError("unforeseen")

    shared = Inference(load)
    assert not shared.wait(10)
    assert shared.missing == "ValueError: unforeseen"


@pytest.mark.expects_log("the detector fails: spoilt")
def test_a_detector_that_fails_is_told_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    detector = Scripted()
    shared = Inference(lambda: detector)
    assert shared.wait(10)
    detector.error = ModelError("spoilt")
    assert not shared.find(scene(), None)
    assert not shared.find(scene(), None)
    detector.error = None
    assert [*shared.find(scene(), None)] == [SOMEBODY]
    assert sum("spoilt" in record.getMessage() for record in caplog.records if record.levelname == "WARNING") == 1
