"""The class a person reads follows from the pauses that were really heard, and a loss shows as soon as it says."""

import pytest

from keng_edge.register import Register
from keng_edge.supervision import Pauses, class_of
from keng_wire.conditions import Condition, Mark
from support.fake_clock import FakeClock

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("seconds", "letter"), [(1, "A"), (100, "A"), (101, "B"), (7_200, "B"), (7_201, "C"), (90_000, "C"), (90_001, "U")]
)
def test_the_limits_of_the_classes(seconds: float, letter: str) -> None:
    assert class_of(seconds) == letter


@pytest.mark.parametrize(
    ("every", "deadline", "letter"),
    [(30_000, 25 * HOUR, "A"), (HOUR // 2, 25 * HOUR, "B"), (2 * HOUR, 25 * HOUR, "C"), (80_000, 90_000, "A")],
)
def test_a_device_heard_for_a_whole_deadline_gets_the_class_of_its_longest_pause(
    every: int, deadline: int, letter: str
) -> None:
    pauses = Pauses(deadline)
    for now in range(0, deadline, every):
        pauses.heard(now)
        assert pauses.longest is None, "nothing is known before one whole window"
    pauses.heard(deadline)
    assert pauses.letter == letter
    assert pauses.longest == min(every, deadline)


def test_one_long_pause_counts_for_a_whole_window_and_is_forgotten_after_two() -> None:
    pauses = Pauses(25 * HOUR)
    now = 0
    for pause in [60_000] * 1501 + [10 * HOUR]:
        now += pause
        pauses.heard(now)
    assert (pauses.letter, pauses.longest) == ("C", 10 * HOUR)
    for _ in range(3100):
        now += 60_000
        pauses.heard(now)
    assert (pauses.letter, pauses.longest) == ("B", 60_000)


def test_a_device_of_class_a_is_lost_after_a_hundred_seconds_whatever_its_deadline() -> None:
    clock = FakeClock()
    register = Register({"khoi-1": 3_600}, clock)
    for _ in range(200):
        clock.pass_ms(20_000)
        register.report("khoi-1", Condition.NORMAL, [])
    (state,) = register.states()
    assert (state.supervision, state.interval) == ("A", 20)
    clock.pass_ms(100_000)
    assert register.silent() == []
    clock.pass_ms(1_000)
    assert register.silent() == ["khoi-1"]


def test_a_mark_says_since_when_it_stands() -> None:
    clock = FakeClock()
    register = Register({"khoi-1": 90}, clock)
    begun = clock.utc
    register.report("khoi-1", Condition.NORMAL, [Mark.LOW_BATTERY])
    clock.pass_ms(5_000)
    changed = register.report("khoi-1", Condition.NORMAL, [Mark.LOW_BATTERY, Mark.DIRTY])
    assert changed is not None
    assert {one.mark: one.since for one in changed.details} == {Mark.LOW_BATTERY: begun, Mark.DIRTY: begun + 5_000}
