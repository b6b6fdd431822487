"""The village's own table of calls: approved on a day, and never able to mute an emergency."""

from datetime import date
from itertools import islice

import pytest
from pydantic import ValidationError

from keng_edge.calls import CallTable
from keng_edge.patterns import PATTERNS, PatternKey, Plays, rhythm, timeline

APPROVED = "2026-03-08"


def _table(**patterns: object) -> CallTable:
    return CallTable.model_validate({"approved": APPROVED, "patterns": patterns})


def test_without_a_table_everything_is_as_the_brief_has_it() -> None:
    table = CallTable()
    assert {key: table.pattern(key) for key in PatternKey} == PATTERNS
    assert (table.auto_off_s, table.again_s) == (600, 300)


def test_a_call_of_the_village_replaces_the_usual_one_and_the_drill_follows_its_fire() -> None:
    table = _table(fire={"steps": [[20, 4]]}, routine={"steps": [[2, 3]], "limit_s": 25})
    assert table.approved == date(2026, 3, 8)
    assert list(islice(timeline(table.pattern(PatternKey.FIRE)), 3)) == [(True, 20), (False, 4), (True, 20)]
    assert list(islice(timeline(table.pattern(PatternKey.DRILL)), 3)) == [(True, 10), (False, 2), (True, 10)]
    assert sum(seconds for _, seconds in timeline(table.pattern(PatternKey.ROUTINE))) == 25
    assert table.pattern(PatternKey.ROUTINE).by_night is False


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        ({"fire": {"steps": [[20, 4]], "limit_s": 60}}, "until somebody silences it"),
        ({"sos": {"steps": [[1, 1]], "limit_s": 60}}, "until somebody silences it"),
        ({"disaster": {"steps": [[1, 1]], "limit_s": 60}}, "until somebody silences it"),
        ({"routine": {"steps": [[1, 2]]}}, "limit_s is missing"),
        ({"self_test": {"steps": [[1, 0]], "limit_s": 2}}, "one chirp"),
        ({"fire": {"steps": []}}, "at least 1"),
        ({"fire": {"steps": [[0, 4]]}}, "greater than or equal to 0.1"),
        ({"fire": {"steps": [[1, 60]]}}, "less than or equal to 10"),
        ({"tu_che": {"steps": [[1, 1]]}}, "routine"),
    ],
)
def test_a_table_that_would_mute_or_confuse_is_refused(patterns: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _table(**patterns)


def test_a_table_without_its_day_of_approval_is_refused() -> None:
    with pytest.raises(ValidationError, match="approved"):
        CallTable.model_validate({"patterns": {"fire": {"steps": [[20, 4]]}}})


@pytest.mark.parametrize("plays", Plays)
@pytest.mark.parametrize("key", PatternKey)
def test_every_output_begins_with_the_call_and_ends_by_itself_only_if_the_call_does(
    plays: Plays, key: PatternKey
) -> None:
    siren = PATTERNS[key]
    mine = rhythm(plays, siren)
    assert next(timeline(mine))[0] is True
    assert (mine.limit is None) == (siren.limit is None)
