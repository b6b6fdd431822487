from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from keng_edge.cameras.address import Address
from keng_edge.cameras.box import Box
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.motion import Motion
from keng_edge.cameras.pipeline import Pipeline
from keng_edge.cameras.sightings import Rule, Sighting, Step
from keng_edge.cameras.source import file_frames
from keng_wire.camera import Area
from support.clips import Draw, Picture, block, pictures, real_clip, scene, walker

YARD = {"san": [(0.1, 0.2), (0.9, 0.2), (0.9, 1.0), (0.1, 1.0)]}
SKY = {"troi": [(0.0, 0.0), (1.0, 0.0), (1.0, 0.2), (0.0, 0.2)]}
ALL = {"all": [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]}


def frame_of(at: float, picture: Picture) -> Frame:
    return Frame(at, round(at * 1000), lambda: picture[:, :, 0], lambda: picture)


def drawn(draw: Draw, seconds: float, rate: int = 10) -> Iterator[Frame]:
    for at, picture in pictures(draw, seconds, rate):
        yield frame_of(at, picture)


def watching(areas: Mapping[str, Sequence[tuple[float, float]]], **more: float) -> Eyes:
    return Eyes(
        CameraSection(
            type="camera",
            id="cam-cong",
            name="Camera cổng",
            source="drawn",
            areas=[Area(id=name, points=list(points), rules=[Rule.INTRUSION]) for name, points in areas.items()],
            **more,  # type: ignore[arg-type]  # numbers of the section
        )
    )


def found(eyes: Eyes, frames: Iterator[Frame]) -> Sequence[Sighting]:
    return [each for frame in frames for each in eyes.feed(frame) if isinstance(each, Sighting)]


def begun(eyes: Eyes, frames: Iterator[Frame]) -> list[Sighting]:
    return [each for each in found(eyes, frames) if each.step is Step.BEGIN]


def test_somebody_in_the_area_for_two_seconds_is_one_intrusion() -> None:
    (one,) = begun(watching(YARD), drawn(walker(4, 14), 18))
    assert one.area == "san"
    assert one.begin == pytest.approx(4.0, abs=0.25)
    assert one.now.frame.at == pytest.approx(6.0, abs=0.45)
    assert 4 <= one.best.frame.at <= one.now.frame.at


def test_somebody_outside_the_area_is_nothing() -> None:
    assert found(watching(SKY), drawn(walker(4, 14), 18)) == []


def test_somebody_who_only_passes_by_is_nothing() -> None:
    assert found(watching(YARD), drawn(walker(4, 5), 12)) == []


def test_an_empty_scene_is_nothing() -> None:
    assert found(watching(YARD), drawn(lambda _: scene(), 10)) == []


@pytest.mark.parametrize("until", [5.05, 5.35], ids=["one look", "two looks of five"])
def test_a_bad_frame_or_two_are_nothing(until: float) -> None:
    def flash(at: float) -> Picture:
        return block(scene(), 0.5, 0.6) if 4.95 <= at < until else scene()

    assert found(watching(YARD, dwell_s=0.2), drawn(flash, 12)) == []


def test_an_intrusion_is_over_after_the_cooldown_and_the_next_one_is_a_new_one() -> None:
    def twice(at: float) -> Picture:
        return walker(4, 8)(at) if at < 15 else walker(20, 25)(at)

    steps = [each.step for each in found(watching(YARD, cooldown_s=5), drawn(twice, 35))]
    assert steps == [Step.BEGIN, Step.END, Step.BEGIN, Step.END]


def test_the_cooldown_of_an_area_goes_before_that_of_its_camera() -> None:
    def twice(at: float) -> Picture:
        return walker(4, 8)(at) if at < 8 else walker(11, 15)(at)

    short = Area(id="short", points=YARD["san"], rules=[Rule.INTRUSION], cooldown_s=1)
    long = Area(id="long", points=YARD["san"], rules=[Rule.INTRUSION])
    section = CameraSection(
        type="camera", id="cam", name="Cam", source="drawn", areas=[short, long], dwell_s=0.5, cooldown_s=10
    )
    assert sorted(each.area for each in begun(Eyes(section), drawn(twice, 18))) == ["long", "short", "short"]


def test_coming_back_within_the_cooldown_is_the_same_intrusion() -> None:
    def twice(at: float) -> Picture:
        return walker(4, 8)(at) if at < 10 else walker(12, 16)(at)

    assert len(begun(watching(YARD, cooldown_s=10), drawn(twice, 20))) == 1


def test_an_insect_now_and_then_does_not_keep_an_intrusion_alive() -> None:
    def draw(at: float) -> Picture:
        insect = at > 8 and round(at * 10) % 30 == 0
        return block(scene(), 0.3, 0.4, size=0.05) if insect else walker(4, 8)(at)

    assert [each.step for each in found(watching(YARD, cooldown_s=5), drawn(draw, 20))] == [Step.BEGIN, Step.END]


def test_a_light_that_goes_on_is_not_an_intrusion() -> None:
    assert found(watching(YARD, dwell_s=1), drawn(lambda at: scene(brightness=90 if at < 6 else 170), 16)) == []


def test_somebody_who_walks_about_after_the_light_went_on_is_still_found() -> None:
    def draw(at: float) -> Picture:
        picture = scene(brightness=90 if at < 6 else 170)
        return block(picture, 0.5 + 0.3 * np.sin(at), 0.6) if at >= 6 else picture

    (one,) = begun(watching(YARD), drawn(draw, 16))
    assert 6 <= one.begin <= 8.5


def test_a_hole_in_the_stream_makes_a_new_picture_and_no_intrusion() -> None:
    def frames() -> Iterator[Frame]:
        for frame in drawn(lambda at: scene(), 8):
            yield frame
        for frame in drawn(lambda at: block(scene(), 0.5, 0.6), 8):
            yield Frame(frame.at + 60, frame.up + 60_000, frame.luma, frame.picture)

    assert found(watching(YARD), frames()) == []


def test_an_intrusion_ends_when_the_stream_breaks_off_and_comes_back_empty() -> None:
    def frames() -> Iterator[Frame]:
        yield from drawn(walker(4, 99), 10)
        for frame in drawn(lambda _: scene(), 8):
            yield replace(frame, at=frame.at + 30, up=frame.up + 30_000)

    told = found(watching(YARD), frames())
    assert [each.step for each in told] == [Step.BEGIN, Step.END]
    assert told[-1].end == pytest.approx(9.9, abs=0.3)


@pytest.mark.parametrize(("rate", "late"), [(1, 2.1), (30, 0.5)])
def test_a_camera_of_one_picture_a_second_and_one_of_thirty_find_the_same_visit(rate: int, late: float) -> None:
    (begin, end) = found(watching(YARD, cooldown_s=3), drawn(slow_walker(10, 22), 32, rate))
    assert (begin.step, end.step) == (Step.BEGIN, Step.END)
    assert begin.begin == pytest.approx(10, abs=late)
    assert end.end == pytest.approx(22, abs=1.1)


def slow_walker(begin: float, end: float) -> Draw:
    """Somebody who takes his time, so that one picture a second shows him near where he was."""

    def draw(at: float) -> Picture:
        return block(scene(), 0.3 + 0.03 * (at - begin), 0.6) if begin <= at < end else scene()

    return draw


def test_a_step_back_in_time_starts_anew_instead_of_waiting_for_the_old_time() -> None:
    eyes = watching(YARD)
    assert found(eyes, drawn(lambda _: scene(), 8)) == []
    assert len(begun(eyes, drawn(walker(3, 9), 9))) == 1


def test_a_camera_that_changes_its_picture_size_goes_on() -> None:
    def frames() -> Iterator[Frame]:
        yield from drawn(lambda _: scene(), 5)
        for at, picture in pictures(walker(3, 9), 9):
            yield frame_of(at + 8, np.ascontiguousarray(picture[::2, ::2]))

    assert len(begun(watching(YARD), frames())) == 1


def test_a_camera_of_five_frames_a_second_loses_none_of_them() -> None:
    pipeline, looked = Pipeline(Motion(), []), 0
    for frame in drawn(lambda _: scene(), 4, rate=5):
        looked += pipeline.due(frame.at)
        pipeline.feed(frame)
    assert looked == 20


def test_the_still_is_of_the_moment_that_shows_most_even_before_it_was_sure() -> None:
    def fading(at: float) -> Picture:
        return block(scene(), 0.5 + 0.1 * at % 0.2, 0.6, size=max(0.03, 0.3 - (at - 4) / 10)) if at >= 4 else scene()

    (one,) = begun(watching(YARD, dwell_s=0.4), drawn(fading, 8))
    assert one.best.frame.at == pytest.approx(4.0, abs=0.25)
    assert one.begin <= one.best.frame.at < one.now.frame.at


def test_two_areas_are_judged_apart() -> None:
    eyes = watching({**YARD, **SKY})
    assert {one.area for one in begun(eyes, drawn(walker(4, 14), 16))} == {"san"}


@pytest.mark.parametrize(
    ("name", "within"),
    [("one_by_one_person.mp4", (6.0, 20.4)), ("car_overhead.mp4", (4.0, 11.0)), ("street_overhead.avi", (1.8, 6.1))],
)
def test_the_first_event_of_a_real_clip_is_found_when_it_happens(name: str, within: tuple[float, float]) -> None:
    first = begun(watching(ALL), file_frames(Address(str(real_clip(name))), lambda: 0))[0]
    assert within[0] <= first.begin <= within[1]


def test_a_waving_tree_alone_is_nothing() -> None:
    tree = Address(str(real_clip("tree_hand.avi")))
    in_time = (replace(frame, at=number / 15) for number, frame in enumerate(file_frames(tree, lambda: 0)))
    before_the_hand = [frame for frame in in_time if frame.at < 54 / 15]
    assert found(watching(ALL, dwell_s=1), iter(before_the_hand)) == []


def test_what_the_edge_cuts_off_shows_less_than_what_stands_whole_in_the_picture() -> None:
    whole, cut = Box(0.4, 0.3, 0.6, 0.8), Box(0.8, 0.3, 1.0, 0.95)
    assert cut.size > whole.size
    assert whole.shows > cut.shows == cut.size / 4
    assert all(Box(*sides).shows < Box(*sides).size for sides in ((0, 0.2, 0.5, 0.6), (0.2, 0, 0.5, 0.6)))
