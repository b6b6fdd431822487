"""The village's table of calls, second by second."""

from itertools import islice

import pytest

from keng_edge.patterns import PATTERNS, RANK, PatternKey, allowed, timeline

TABLE: dict[PatternKey, list[tuple[bool, float]]] = {
    PatternKey.ROUTINE: [(True, 1), (False, 2)] * 5,
    PatternKey.FIRE: [(True, 60), (False, 5), (True, 60), (False, 5)],
    PatternKey.SECURITY: [(True, 1), (False, 0.5), (True, 1), (False, 0.5), (True, 1), (False, 2)],
    PatternKey.SOS: [(True, 1), (False, 0.5), (True, 1), (False, 0.5), (True, 1), (False, 2)],
    PatternKey.DISASTER: [(True, 10), (False, 5), (True, 10), (False, 5)],
    PatternKey.ALL_CLEAR: [(True, 5)],
    PatternKey.DRILL: [(True, 30), (False, 2.5), (True, 27.5)],
    PatternKey.SELF_TEST: [(True, 0.5)],
}
TOTALS = {"routine": 15, "security": 60, "all_clear": 5, "drill": 60, "self_test": 0.5}


@pytest.mark.parametrize("key", PatternKey)
def test_each_call_is_as_the_table_says(key: PatternKey) -> None:
    assert list(islice(timeline(PATTERNS[key]), len(TABLE[key]))) == TABLE[key]


@pytest.mark.parametrize("key", PatternKey)
def test_a_call_ends_by_itself_or_never(key: PatternKey) -> None:
    steps = list(islice(timeline(PATTERNS[key]), 1000))
    if key.value in TOTALS:
        assert sum(seconds for _, seconds in steps) == TOTALS[key.value]
    else:
        assert len(steps) == 1000


def test_every_call_has_a_pattern_and_a_rank_and_fire_comes_first() -> None:
    assert set(PATTERNS) == set(RANK) == set(PatternKey)
    assert RANK[0] is PatternKey.FIRE


@pytest.mark.parametrize(("hour", "routine"), [(21, True), (22, False), (3, False), (5, False), (6, True)])
def test_routine_calls_keep_the_quiet_hours_and_emergencies_do_not(hour: int, routine: bool) -> None:
    utc_ms = ((hour - 7) % 24) * 3_600_000 + 20_000 * 86_400_000
    assert allowed(PatternKey.ROUTINE, utc_ms) is routine
    assert allowed(PatternKey.SELF_TEST, utc_ms) is routine
    assert allowed(PatternKey.FIRE, utc_ms)
