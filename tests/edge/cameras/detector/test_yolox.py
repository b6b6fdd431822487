"""A user's own model: what it must look like, and how its answers become boxes of the picture."""

from pathlib import Path

import numpy as np
import pytest

from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.yolox import Yolox
from keng_edge.cameras.sightings import Box, ObjectClass
from support.clips import scene
from support.yolox_model import nothing, write_model

pytest.importorskip("onnxruntime")

PERSON, CAR, DOG = 5, 5 + 2, 5 + 16
FIRST_CELL = 0
CELL_10_20 = 20 * 52 + 10
"""Of the finest grid (stride 8): column 10, row 20."""


def test_a_box_told_from_its_cell_is_found_in_the_picture(tmp_path: Path) -> None:
    answer = nothing()
    answer[0, CELL_10_20, :5] = (0.5, 0.5, np.log(4), np.log(8), 0.9)
    answer[0, CELL_10_20, PERSON] = 0.8
    (one,) = Yolox(write_model(tmp_path / "m.onnx", answer)).find(scene(416, 416), None)
    assert one.object_class is ObjectClass.PERSON
    assert one.confidence == pytest.approx(0.72)
    middle, half = (84 / 416, 164 / 416), (16 / 416, 32 / 416)
    assert one.box.left == pytest.approx(middle[0] - half[0], abs=1e-4)
    assert one.box.top == pytest.approx(middle[1] - half[1], abs=1e-4)
    assert one.box.right == pytest.approx(middle[0] + half[0], abs=1e-4)
    assert one.box.bottom == pytest.approx(middle[1] + half[1], abs=1e-4)


def test_an_export_that_decodes_its_boxes_itself_is_understood_and_a_wide_picture_is_not_stretched(
    tmp_path: Path,
) -> None:
    answer = nothing()
    answer[0, :, :4] = (208, 208, 10, 10)
    answer[0, 7, :5] = (208, 117, 104, 117, 1.0)
    answer[0, 7, CAR] = 0.6
    (one,) = Yolox(write_model(tmp_path / "m.onnx", answer)).find(scene(640, 360), None)
    assert one.object_class is ObjectClass.VEHICLE
    assert one.box.left == pytest.approx(0.375, abs=1e-3)
    assert one.box.right == pytest.approx(0.625, abs=1e-3)
    assert one.box.top == pytest.approx(0.25, abs=1e-3)
    assert one.box.bottom == pytest.approx(0.75, abs=1e-3)


def test_boxes_of_a_crop_lie_in_the_crop(tmp_path: Path) -> None:
    answer = nothing()
    answer[0, :, :4] = (208, 208, 10, 10)
    answer[0, 7, :5] = (208, 208, 416, 416, 1.0)
    answer[0, 7, DOG] = 1.0
    (one,) = Yolox(write_model(tmp_path / "m.onnx", answer)).find(scene(1000, 1000), Box(0.8, 0.8, 0.9, 0.9))
    assert one.object_class is ObjectClass.ANIMAL
    assert one.box.left == pytest.approx(0.7)
    assert one.box.right == pytest.approx(1.0)


def test_of_two_boxes_of_one_thing_the_surer_is_kept_and_other_classes_are_left_alone(tmp_path: Path) -> None:
    answer = nothing()
    answer[0, :, :4] = (208, 208, 10, 10)
    for row, (x, column, score) in enumerate(((100, PERSON, 0.5), (104, PERSON, 0.7), (102, CAR, 0.6))):
        answer[0, row, :5] = (x, 100, 60, 60, 1.0)
        answer[0, row, column] = score
    answer[0, 3, :5] = (300, 300, 60, 60, 1.0)
    answer[0, 3, 5 + 39] = 1.0  # a bottle
    found = Yolox(write_model(tmp_path / "m.onnx", answer)).find(scene(416, 416), None)
    assert [each.object_class for each in found] == [ObjectClass.PERSON, ObjectClass.VEHICLE]
    assert found[0].confidence == pytest.approx(0.7)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        Yolox(tmp_path / "nowhere.onnx")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"this is no model" * 100)
    with pytest.raises(ModelError, match="no ONNX model"):
        Yolox(path)


@pytest.mark.parametrize("shape", [(1, 3549, 80), (1, 100, 85), (1, 84, 3549)])
def test_another_layout_is_refused_with_the_one_that_is_wanted(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"\[1, 3549, 85\]"):
        Yolox(write_model(tmp_path / "m.onnx", np.zeros(shape, np.float32)))


def test_scores_that_are_no_shares_are_refused(tmp_path: Path) -> None:
    answer = nothing()
    answer[0, 0, 4] = 7.5
    with pytest.raises(ModelError, match="shares"):
        Yolox(write_model(tmp_path / "m.onnx", answer))


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    answer = nothing()
    answer[0, 0, 0] = np.nan
    with pytest.raises(ModelError, match="YOLOX"):
        Yolox(write_model(tmp_path / "m.onnx", answer))
