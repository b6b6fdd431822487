import re

import pytest

from keng_wire.polygon import polygon_fault, share

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]


def test_a_square_can_be_used_and_covers_what_it_covers() -> None:
    assert polygon_fault(SQUARE) is None
    assert share(SQUARE) == pytest.approx(0.36)


def test_a_hollow_shape_and_the_whole_picture_can_be_used() -> None:
    assert polygon_fault([(0, 0), (1, 0), (1, 1), (0.5, 0.3), (0, 1)]) is None
    assert polygon_fault([(0, 0), (1, 0), (1, 1), (0, 1)]) is None


@pytest.mark.parametrize("rounds", [SQUARE, SQUARE[::-1]])
def test_both_directions_round_the_edge_are_the_same(rounds: list[tuple[float, float]]) -> None:
    assert polygon_fault(rounds) is None


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(0.1, 0.1), (0.9, 0.9)], "at least three"),
        ([], "at least three"),
        ([(0.1, 0.1), (1.2, 0.1), (0.5, 0.9)], r"corner 2 \(1.2, 0.1\) lies outside the picture"),
        ([(0.1, 0.1), (0.5, -0.1), (0.5, 0.9)], "corner 2"),
        ([(0.1, 0.1), (0.5, float("nan")), (0.5, 0.9)], "corner 2"),
        ([(100, 40), (300, 40), (300, 200)], "shares of width and height"),
        ([(0.2, 0.2), (0.8, 0.8), (0.8, 0.2), (0.2, 0.8)], "crosses itself at its sides 1 and 3"),
        ([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.5, 0.2), (0.2, 0.8)], "crosses itself"),
        ([(0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.9)], "crosses itself"),
        ([*SQUARE, SQUARE[0]], "one corner twice"),
        ([(0.5, 0.5), (0.51, 0.5), (0.51, 0.51)], "almost nothing"),
        ([(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)], "crosses itself"),
    ],
)
def test_an_area_that_cannot_work_is_refused_with_its_cure(points: list[tuple[float, float]], said: str) -> None:
    assert re.search(said, polygon_fault(points) or "")
