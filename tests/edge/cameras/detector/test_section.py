"""The section `[detector]`, and the one detector that a node's cameras share."""

from pathlib import Path

import pytest

from keng_edge.cameras.detector.config import DetectorSection
from keng_edge.cameras.detector.detection import SharesDetector
from keng_edge.clock import SystemClock
from keng_edge.outbox import Limits, Outbox
from keng_edge.register import Register
from keng_edge.station import Station
from support.yolox_model import nothing, write_model

pytest.importorskip("onnxruntime")


@pytest.fixture
def station(tmp_path: Path) -> Station:
    clock = SystemClock()
    return Station(clock, tmp_path, Outbox(tmp_path / "outbox", "tram", clock, Limits()), Register({}, clock))


def test_all_cameras_of_a_node_get_the_same_detector(station: Station, tmp_path: Path) -> None:
    station.seeing = DetectorSection(model=write_model(tmp_path / "m.onnx", nothing()))
    assert isinstance(station, SharesDetector)
    detector = station.detector()
    assert detector is not None
    assert detector is station.detector()
    assert detector.wait(10)


def test_a_detector_that_is_switched_off_is_none(station: Station) -> None:
    station.seeing = DetectorSection(enabled=False)
    assert station.detector() is None


@pytest.mark.expects_log("no such file")
def test_a_model_that_is_not_there_is_told_and_the_node_goes_on(station: Station, tmp_path: Path) -> None:
    station.seeing = DetectorSection(model=tmp_path / "nowhere.onnx")
    detector = station.detector()
    assert detector is not None
    assert not detector.wait(10)
    assert "no such file" in (detector.missing or "")


def test_a_model_that_was_never_fetched_is_no_warning(station: Station, tmp_path: Path) -> None:
    station.seeing = DetectorSection(cache=tmp_path)
    detector = station.detector()
    assert detector is not None
    assert not detector.wait(10)
    assert "keng-edge models fetch" in (detector.missing or "")
