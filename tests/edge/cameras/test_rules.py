"""Rules over whole scenes: drawn ones through the whole pipeline, and real clips by their hand-checked truth."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from keng_edge.cameras.address import Address
from keng_edge.cameras.box import Box
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.detector.detection import Detection, Detector
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.sightings import Direction, ObjectClass, Rule, Sighting, Step
from keng_edge.cameras.source import file_frames
from support.clips import Draw, Picture, block, pictures, real_clip, scene

ALL = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]


def section(**more: Any) -> CameraSection:
    return CameraSection.model_validate({"type": "camera", "id": "cam", "name": "Camera", "source": "x"} | more)


def area(*rules: Rule, points: list[tuple[float, float]] = ALL, **more: Any) -> dict[str, Any]:
    return {"id": "san", "points": points, "rules": list(rules)} | more


def drawn(draw: Draw, seconds: float) -> Iterator[Frame]:
    for at, picture in pictures(draw, seconds):
        yield frame_of(at, picture)


def frame_of(at: float, picture: Picture) -> Frame:
    return Frame(at, round(at * 1000), lambda: picture[:, :, 0], lambda: picture)


def told(
    config: CameraSection, frames: Iterator[Frame], local: datetime | None = None, detector: Detector | None = None
) -> list[Sighting]:
    eyes = Eyes(config, local=lambda _: local, detector=detector)
    found = [each for frame in frames for each in eyes.feed(frame)]
    return [each for each in (*found, *eyes.close()) if isinstance(each, Sighting)]


def visitor(*stays: tuple[float, float, float]) -> Draw:
    """For each stay: in from the left at `come`, to the middle, stands there, out to the right after `go`."""

    def draw(at: float) -> Picture:
        picture = scene()
        for come, go, y in stays:
            if come <= at < go + 3:
                x = min(0.5, (at - come) * 0.2) if at < go else 0.5 + (at - go) * 0.25
                picture = block(picture, x, y)
        return picture

    return draw


def steps(sightings: list[Sighting]) -> list[Step]:
    return [each.step for each in sightings]


def test_somebody_who_stands_still_stays_for_as_long_as_they_stand() -> None:
    begin, *_, end = told(section(areas=[area(Rule.LOITERING)]), drawn(visitor((3, 90, 0.6)), 100))
    assert (begin.step, end.step, end.rule) == (Step.BEGIN, Step.END, Rule.LOITERING)
    assert begin.begin == pytest.approx(3.2, abs=0.6)
    assert begin.now.frame.at == pytest.approx(13.2, abs=0.8)
    assert end.end == pytest.approx(92.2, abs=0.8)
    assert end.direction is Direction.RIGHT


def test_a_long_stay_tells_that_it_goes_on_every_half_minute_and_not_every_frame() -> None:
    found = told(section(areas=[area(Rule.LOITERING)]), drawn(visitor((3, 90, 0.6)), 100))
    assert steps(found) == [Step.BEGIN, Step.UPDATE, Step.UPDATE, Step.END]
    assert len({each.occurrence for each in found}) == 1


def test_two_who_come_after_each_other_are_two_stays() -> None:
    found = told(section(areas=[area(Rule.LOITERING)]), drawn(visitor((3, 20, 0.6), (27, 45, 0.6)), 52))
    assert steps(found) == [Step.BEGIN, Step.END, Step.BEGIN, Step.END]
    assert len({each.occurrence for each in found}) == 2


def test_somebody_who_only_walks_through_loiters_nowhere() -> None:
    assert told(section(areas=[area(Rule.LOITERING)]), drawn(visitor((3, 5.5, 0.6)), 12)) == []


def test_a_thing_that_was_in_the_first_picture_and_is_taken_away_leaves_no_stay() -> None:
    found = told(
        section(areas=[area(Rule.LOITERING)]),
        drawn(lambda at: block(scene(), 0.5, 0.5) if at < 6 else scene(), 40),
    )
    assert found == []


def test_a_line_is_crossed_once_and_its_direction_is_told() -> None:
    found = told(section(lines=[{"id": "vach", "points": [[0.6, 0], [0.6, 1]]}]), drawn(visitor((3, 6, 0.6)), 12))
    begin, end = (each for each in found if each.rule is Rule.LINE)
    assert (begin.step, end.step, begin.area, begin.direction) == (Step.BEGIN, Step.END, "vach", Direction.RIGHT)
    assert begin.begin == pytest.approx(6.4, abs=0.4)


@pytest.mark.parametrize(("way", "count"), [("right", 2), ("left", 0)])
def test_a_line_may_wait_for_one_direction_only(way: str, count: int) -> None:
    line = {"id": "vach", "points": [[0.6, 0], [0.6, 1]], "directions": [way]}
    found = told(section(lines=[line]), drawn(visitor((3, 6, 0.6)), 12))
    assert len([each for each in found if each.rule is Rule.LINE]) == count


def test_who_walks_past_the_end_of_a_line_does_not_cross_it() -> None:
    line = {"id": "vach", "points": [[0.6, 0.0], [0.6, 0.3]]}
    found = told(section(lines=[line]), drawn(visitor((3, 6, 0.6)), 12))
    assert [each for each in found if each.rule is Rule.LINE] == []


def test_a_crowd_begins_when_enough_are_there_and_tells_the_most() -> None:
    draw = visitor((3, 20, 0.2), (4, 20, 0.5), (9, 20, 0.8))
    found = told(section(areas=[area(Rule.CROWD, crowd=2)]), drawn(draw, 28))
    assert steps(found) == [Step.BEGIN, Step.UPDATE, Step.END]
    assert [each.count for each in found] == [2, 3, 3]
    assert found[0].begin == pytest.approx(4.4, abs=0.8)


def test_presence_begins_at_once_and_only_in_its_area() -> None:
    found = told(section(areas=[area(Rule.PRESENCE, points=LEFT)]), drawn(visitor((3, 6, 0.6)), 14))
    assert steps(found) == [Step.BEGIN, Step.END]
    assert found[0].begin == pytest.approx(3.2, abs=0.6)
    assert found[1].end == pytest.approx(6.2, abs=0.6)


@pytest.mark.parametrize(("hour", "count"), [(12, 0), (23, 2), (4, 2)])
def test_an_area_of_the_night_sees_nothing_by_day(hour: int, count: int) -> None:
    night = section(areas=[area(Rule.PRESENCE, when="night")])
    local = datetime(2026, 11, 25, hour)
    assert len(told(night, drawn(visitor((3, 6, 0.6)), 14), local=local)) == count


def test_an_area_of_the_night_sees_all_where_the_time_is_not_known() -> None:
    night = section(areas=[area(Rule.PRESENCE, when="night")])
    assert len(told(night, drawn(visitor((3, 6, 0.6)), 14), local=None)) == 2


class Sees:
    """A detector that always finds the same class in the middle of what moves."""

    def __init__(self, object_class: ObjectClass, confidence: float = 0.6) -> None:
        self._found = object_class, confidence
        self.asked = 0

    def find(self, picture: Image, around: Box | None) -> list[Detection]:
        self.asked += 1
        return [] if around is None else [Detection(*self._found, around)]


def test_a_detector_names_what_is_seen_and_is_asked_once_a_second() -> None:
    detector = Sees(ObjectClass.PERSON)
    found = told(section(areas=[area(Rule.INTRUSION)]), drawn(visitor((3, 10, 0.6)), 18), detector=detector)
    assert {(each.object_class, each.confidence) for each in found} == {(ObjectClass.PERSON, 0.6)}
    assert 5 <= detector.asked <= 12


def test_without_a_detector_everything_is_unknown_and_seen_by_motion_only() -> None:
    found = told(section(areas=[area(Rule.INTRUSION, classes=["person"])]), drawn(visitor((3, 10, 0.6)), 18))
    assert {(each.object_class, each.confidence) for each in found} == {(ObjectClass.UNKNOWN, None)}


@pytest.mark.parametrize(("rule", "hour", "count"), [("presence", 23, 0), ("intrusion", 12, 0), ("intrusion", 23, 1)])
def test_a_dog_in_the_dark_may_be_a_person_where_nobody_may_be(rule: str, hour: int, count: int) -> None:
    people = section(areas=[area(Rule(rule), classes=["person"], dwell_s=4)])
    local = datetime(2026, 11, 25, hour)
    found = told(people, drawn(visitor((3, 12, 0.6)), 20), detector=Sees(ObjectClass.ANIMAL), local=local)
    assert sum(each.step is Step.BEGIN for each in found if each.object_class is ObjectClass.ANIMAL) == count


def test_a_camera_that_turns_its_exposure_up_moves_nothing() -> None:
    def draw(at: float) -> Picture:
        gain = 1 + 0.4 * min(1.0, max(0.0, at - 6))
        brighter: Picture = np.clip(scene() * gain, 0, 255).astype(np.uint8)
        return brighter

    assert told(section(), drawn(draw, 16)) == []


def test_six_real_stays_are_six_of_the_right_length() -> None:
    frames = file_frames(Address(str(real_clip("one_by_one_person.mp4"))), lambda: 0)
    found = [each for each in told(section(), frames) if each.rule is Rule.LOITERING and each.step is Step.END]
    truth = [(60, 200), (227, 450), (502, 700), (745, 870), (921, 1201), (1235, 1363)]
    assert len(found) == len(truth)
    for each, (begin, end) in zip(found, truth, strict=True):
        assert each.begin == pytest.approx(begin / 10, abs=1.0)
        assert each.end == pytest.approx(end / 10, abs=1.0)


def test_real_cars_are_an_intrusion_each_and_the_swinging_exposure_between_them_is_none() -> None:
    frames = file_frames(Address(str(real_clip("car_overhead.mp4"))), lambda: 0)
    found = [each for each in told(section(), frames) if each.step is Step.END]
    assert {each.rule for each in found} == {Rule.INTRUSION}
    for each, (begin, end) in zip(found, [(54, 108), (181, 241), (316, 348)], strict=True):
        assert each.begin == pytest.approx(begin / 12.5, abs=1.0)
        assert each.end == pytest.approx(end / 12.5, abs=1.0)


def test_a_hole_in_the_stream_ends_what_went_on() -> None:
    def frames() -> Iterator[Frame]:
        for frame in drawn(visitor((3, 40, 0.6)), 20):
            yield frame
        for frame in drawn(lambda _: scene(), 8):
            yield replace(frame, at=frame.at + 60)

    found = told(section(areas=[area(Rule.LOITERING)]), frames())
    assert steps(found) == [Step.BEGIN, Step.END]
    assert found[1].end == pytest.approx(20, abs=0.3)
