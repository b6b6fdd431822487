"""Whether a camera can see at all, on a drawn street with sensor noise. Real clips: `benchmarks/camera_health.py`."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

import cv2
import numpy as np
import pytest

from keng_edge.cameras.frame import Frame, Tally
from keng_edge.cameras.health import CameraFault, Health, HealthChange, view_file
from keng_edge.cameras.health.standing import WORDS, Standing
from keng_wire.conditions import Condition, Mark
from support.clips import Picture

F = CameraFault
Draw = Callable[[float], Picture]
RATE = 2
LEARNED = 20.0
"""Seconds after which the view is known."""


@cache
def wall(seed: int = 1) -> Picture:
    """A street of houses with windows: edges everywhere."""
    dice = np.random.default_rng(seed)
    picture = np.full((180, 320, 3), (120, 130, 125), np.uint8)
    for _ in range(90):
        x, y, w, h = (int(n) for n in (*dice.integers(0, (300, 160)), *dice.integers(8, 50, 2)))
        cv2.rectangle(picture, (x, y), (x + w, y + h), [int(n) for n in dice.integers(20, 235, 3)], -1)
    return picture


def noisy(picture: Picture, at: float, strength: float = 2.0) -> Picture:
    noise = np.random.default_rng(round(at * 1000)).normal(0, strength, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def street(at: float) -> Picture:
    return noisy(wall(), at)


def then(change: Callable[[Picture], Picture], begin: float = LEARNED, end: float = 1e9) -> Draw:
    """The street, and from second `begin` to `end` something done to it."""
    return lambda at: noisy(change(wall()), at) if begin <= at < end else street(at)


def frames(draw: Draw, seconds: float, rate: int = RATE, keys: int = 2) -> Iterator[Frame]:
    """As a source gives them, with a keyframe each `keys` seconds."""
    for number in range(round(seconds * rate)):
        at = number / rate
        picture = draw(at)
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8)
        tally = Tally(number + 1, 1 + int(at) // keys)
        yield Frame(at, round(at * 1000), partial(_same, grey), partial(_same, picture), tally)


def _same(picture: Picture) -> Picture:
    return picture


def changes(
    draw: Draw, seconds: float, moving: float = 0.0, health: Health | None = None, rate: int = RATE
) -> list[HealthChange]:
    health = health or Health()
    return [change for frame in frames(draw, seconds, rate) for change in health.feed(frame, moving)]


def begun(draw: Draw, seconds: float = 50, rate: int = RATE) -> set[CameraFault]:
    return {change.fault for change in changes(draw, seconds, rate=rate) if change.begins}


def cover(picture: Picture) -> Picture:
    return np.full_like(picture, (70, 80, 90))


def cover_part(picture: Picture) -> Picture:
    covered = picture.copy()
    covered[:, :150] = (70, 80, 90)
    return covered


def black(picture: Picture) -> Picture:
    return np.full_like(picture, 4)


def blur(picture: Picture) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), 3).astype(np.uint8)


def slide(picture: Picture) -> Picture:
    return np.roll(picture, 24, axis=1)


def turn(_: Picture) -> Picture:
    return wall(2)


def rotate(picture: Picture) -> Picture:
    matrix = cv2.getRotationMatrix2D((160, 90), 12, 1.1)
    return cv2.warpAffine(picture, matrix, (320, 180), borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (black, F.DARK),
        (cover, F.COVERED),
        (cover_part, F.PARTLY_COVERED),
        (blur, F.DEFOCUSED),
        (slide, F.MOVED),
        (turn, F.MOVED),
        (rotate, F.MOVED),
    ],
)
def test_what_is_done_to_a_camera_is_told_and_so_is_its_end(
    change: Callable[[Picture], Picture], fault: CameraFault
) -> None:
    told = changes(then(change, LEARNED, LEARNED + 20), 55)
    assert [(one.fault, one.begins) for one in told] == [(fault, True), (fault, False)]
    assert told[0].since == pytest.approx(LEARNED, abs=1)


def dim(picture: Picture) -> Picture:
    return cv2.convertScaleAbs(picture, alpha=0.55).astype(np.uint8)


def bright(picture: Picture) -> Picture:
    return cv2.convertScaleAbs(picture, alpha=1.3, beta=10).astype(np.uint8)


def infrared(picture: Picture) -> Picture:
    grey = noisy(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8), 1, 5)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8)


def cover_in_grey(picture: Picture) -> Picture:
    return np.full_like(picture, 90)


def tremble(picture: Picture) -> Picture:
    return np.roll(picture, 1, axis=1)


@pytest.mark.parametrize("change", [np.copy, dim, bright, infrared, tremble])
def test_other_light_and_a_little_wind_are_no_fault(change: Callable[[Picture], Picture]) -> None:
    assert begun(then(change)) == set()


def test_a_short_cover_is_no_fault() -> None:
    assert begun(then(cover, LEARNED, LEARNED + 3)) == set()


def test_a_camera_that_is_covered_from_the_start_is_told_without_ever_having_seen() -> None:
    assert begun(lambda at: noisy(cover(wall()), at), 12) == {F.COVERED}


def test_nothing_is_said_while_most_of_the_picture_moves() -> None:
    assert changes(then(cover), 50, moving=0.8) == []


def test_a_cover_in_the_grey_of_infrared_is_not_taken_for_the_night() -> None:
    assert begun(then(cover_in_grey)) == {F.COVERED}


def test_a_tamper_is_never_learned_however_long_it_lasts() -> None:
    told = changes(then(turn), 120)
    assert [(one.fault, one.begins) for one in told] == [(F.MOVED, True)]


def test_a_view_that_a_person_confirmed_is_the_right_one_from_then_on() -> None:
    health = Health()
    assert changes(then(turn), 40, health=health)[-1].begins
    health.relearn()
    later = [change for frame in frames(then(turn), 100) if frame.at >= 40 for change in health.feed(frame, 0)]
    assert [(one.fault, one.begins) for one in later] == [(F.MOVED, False)]


def test_a_camera_that_was_turned_while_the_node_was_off_is_noticed() -> None:
    before, after = Health(), Health()
    assert changes(street, 20, health=before) == []
    after.view.restore(view_file.decode(view_file.encode(before.view.lights(), bytes(32)), bytes(32)))
    told = changes(then(turn, 0), 30, health=after)
    assert [(one.fault, one.begins, one.since) for one in told] == [(F.MOVED, True, 0.0)]


def test_pictures_that_never_change_are_frozen_and_a_clock_in_them_hides_nothing() -> None:
    def clock(at: float) -> Picture:
        picture = wall().copy()
        if at < 10:
            picture = noisy(picture, at)
        cv2.putText(picture, f"{int(at):04d}", (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255))
        return picture

    told = changes(clock, 60)
    assert [(one.fault, one.begins) for one in told] == [(F.FROZEN, True)]
    assert told[0].since >= 10


def test_a_still_scene_between_two_keyframes_is_not_frozen() -> None:
    health = Health()
    found = [change for frame in frames(lambda _: wall(), 40, keys=1000) for change in health.feed(frame, 0)]
    assert found == []


def walking(at: float, seed: int = 3) -> Picture:
    """Somebody who wanders about and never takes the same way twice."""
    x = 160 + 90 * np.sin(at * 0.71 + seed) + 40 * np.sin(at * 1.93)
    y = 100 + 40 * np.sin(at * 0.37 * seed)
    picture = wall().copy()
    cv2.rectangle(picture, (int(x), int(y)), (int(x) + 40, int(y) + 60), (20, 30, 220), -1)
    return noisy(picture, at)


def test_the_same_seconds_again_are_told() -> None:
    assert F.LOOPED in begun(lambda at: walking(at if at < 40 else at - 37), 75, rate=4)


def test_somebody_who_wanders_about_is_no_loop() -> None:
    assert F.LOOPED not in begun(walking, 90, rate=4)


def test_a_fan_that_turns_is_no_loop() -> None:
    def fan(at: float) -> Picture:
        picture = wall().copy()
        end = (int(160 + 60 * np.cos(at * 5)), int(90 + 60 * np.sin(at * 5)))
        cv2.line(picture, (160, 90), end, (250, 250, 250), 12)
        return noisy(picture, at)

    assert F.LOOPED not in begun(fan, 90, rate=4)


def test_a_file_that_is_played_again_and_again_is_neither_looped_nor_frozen() -> None:
    health = Health(played=True)
    assert [change for frame in frames(lambda _: wall(), 60) for change in health.feed(frame, 0)] == []


def test_too_few_pictures_are_told_by_the_count_of_the_source() -> None:
    health = Health(least_rate=2)
    told: list[HealthChange] = []
    for number in range(120):
        at = number / 4 if number < 80 else 20 + (number - 80)
        frame = next(frames(street, 1))
        told += health.feed(Frame(at, 0, frame.luma, frame.picture, Tally(number, number)), 0)
    assert [(one.fault, one.begins) for one in told if one.fault is F.LOW_RATE] == [(F.LOW_RATE, True)]


def test_a_camera_of_one_picture_a_second_is_not_too_slow_for_one_picture_a_second() -> None:
    health, told = Health(), list[HealthChange]()
    frame = next(frames(street, 1))
    for number in range(90):
        at = number + (0.2 if number % 3 == 0 else -0.2 if number % 3 == 1 else 0)
        told += health.feed(Frame(at, 0, frame.luma, frame.picture, Tally(number, number)), 0)
    assert [one for one in told if one.fault is F.LOW_RATE] == []


def test_many_damaged_pictures_are_told() -> None:
    health, told = Health(), list[HealthChange]()
    for frame in frames(street, 60):
        assert frame.tally is not None
        broken = min(max(0, frame.tally.pictures - 20), 20)
        told += health.feed(replace(frame, tally=Tally(frame.tally.pictures, 1, broken)), 0)
    assert [one.begins for one in told if one.fault is F.CORRUPT] == [True, False]


def test_a_blind_camera_is_unknown_and_says_why_in_words() -> None:
    standing = Standing()
    assert (standing.condition(Condition.NORMAL), standing.marks, standing.detail) == (Condition.NORMAL, [], None)
    standing.take(HealthChange(F.LOW_RATE, True, 5))
    assert standing.condition(Condition.ALARM) is Condition.ALARM
    standing.take(HealthChange(F.COVERED, True, 9))
    assert standing.condition(Condition.NORMAL) is Condition.UNKNOWN
    assert standing.marks == [Mark.FAULT, Mark.TAMPER]
    assert standing.detail == "quá ít hình mỗi giây (too few pictures); bị che kín (covered)"
    standing.take(HealthChange(F.COVERED, False, 9))
    assert standing.condition(Condition.NORMAL) is Condition.NORMAL


def test_every_fault_has_words() -> None:
    assert set(WORDS) == set(CameraFault)
