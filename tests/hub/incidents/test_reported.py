"""What residents report: never held back, one incident with the alarms beside it, in whatever order they come."""

from itertools import permutations

import pytest

from keng_hub import tables
from keng_hub.incidents import actions, reported
from keng_wire.alarm import Category, Cause, Evidence
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, START, Village


def _report(village: Village, place: str | None, key: str = "1", category: Category = Category.FIRE) -> int:
    text = "có khói ở bếp"
    incident_id: int = village.do(reported.report, place, category, text, village.now - 500, village.now, key=key)
    return incident_id


def test_a_report_alone_is_an_incident_that_is_told_at_once_and_not_verified(village: Village) -> None:
    incident_id = _report(village, "ngo-3")
    row = village.row(tables.incident, incident_id)
    assert (row.cause, row.verdict, row.condition, row.place) == ("resident_report", "unverified", "unknown", "ngo-3")
    assert row.escalate_at == START + 60_000
    [letter] = village.letters(incident_id)
    assert (letter.kind, letter.priority) == ("alarm", 0)
    assert "tin báo của dân" in letter.body_vi
    assert "chưa xác minh" in letter.body_vi
    assert "bếp" not in letter.body_vi  # what a resident wrote stays on the guarded page
    assert village.entries(incident_id, "report")[0]["text"] == "có khói ở bếp"


def test_the_same_report_twice_is_one(village: Village) -> None:
    assert _report(village, "ngo-3") == _report(village, "ngo-3")
    assert len(village.rows(tables.alarm)) == 1


@ONE_DATABASE
def test_a_report_without_a_known_place_is_told_to_everybody(village: Village) -> None:
    assert village.letters(_report(village, None))


@ONE_DATABASE
@pytest.mark.parametrize("place", ["so-5", "ngo-3", "thon-mau"])
def test_a_report_joins_the_alarm_at_its_place_and_around_and_is_told_again(village: Village, place: str) -> None:
    incident_id = village.alarm()
    village.wait(600)
    assert _report(village, place) == incident_id
    row = village.row(tables.incident, incident_id)
    assert (row.place, row.cause, row.evidence) == ("so-5", "smoke", "person")
    assert [letter.kind for letter in village.letters(incident_id)] == ["alarm", "update"]


@pytest.mark.parametrize("place", ["so-5", "ngo-3", "thon-mau"])
def test_an_alarm_after_the_report_joins_it_says_where_it_is_and_is_told_again(village: Village, place: str) -> None:
    incident_id = _report(village, place)
    village.wait(600)
    assert village.alarm() == incident_id
    row = village.row(tables.incident, incident_id)
    assert (row.place, row.place_words.split(", ")[0], row.cause) == ("so-5", "Số 5", "smoke")
    assert (row.evidence, row.condition) == ("person", "active")
    assert [letter.kind for letter in village.letters(incident_id)] == ["alarm", "update"]


@ONE_DATABASE
def test_a_report_that_names_only_the_commune_swallows_no_alarm(village: Village) -> None:
    assert _report(village, "xa-mau") != village.alarm()


@ONE_DATABASE
@pytest.mark.parametrize("place", ["so-7", "thon-khac"])
def test_another_place_is_another_incident(village: Village, place: str) -> None:
    assert _report(village, place) != village.alarm()


@ONE_DATABASE
def test_another_kind_or_another_time_is_another_incident(village: Village) -> None:
    first = _report(village, "ngo-3")
    assert _report(village, "ngo-3", "2", Category.SECURITY) != first
    village.wait(31 * 60)
    assert _report(village, "ngo-3", "3") != first
    village.wait(31 * 60)
    assert village.alarm() not in (first, first + 1, first + 2)


def test_a_report_joins_a_fire_that_still_burns_after_an_hour(village: Village) -> None:
    first = village.alarm()
    village.wait(3600)
    assert _report(village, "ngo-3") == first


@ONE_DATABASE
def test_reports_of_broken_things_at_two_places_are_two_incidents(village: Village) -> None:
    assert _report(village, "so-5", "1", Category.FAULT) != _report(village, "thon-khac", "2", Category.FAULT)


@ONE_DATABASE
def test_a_report_never_joins_what_is_closed_or_a_drill(village: Village) -> None:
    drill = village.alarm("d", drill=True)
    first = _report(village, "so-5")
    assert first != drill
    village.act(actions.acknowledge, first, DUTY)
    village.wait(5)
    assert _report(village, "so-5", "2") == first


@ONE_DATABASE
@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_whatever_comes_first_the_same_incident_comes_out(village: Village, order: tuple[int, ...]) -> None:
    """Two reports and two detectors of one house within a few minutes."""
    steps = [
        lambda: _report(village, "ngo-3", "1"),
        lambda: _report(village, "so-5", "2"),
        lambda: village.alarm("a"),
        lambda: village.alarm("b", device="nut-5", cause=Cause.MANUAL_CALL_POINT, evidence=Evidence.PERSON),
    ]
    ids: set[int] = set()
    for n in order:
        ids.add(steps[n]())
        village.wait(120)
    assert len(ids) == 1
    row = village.row(tables.incident, ids.pop())
    assert (row.place, row.evidence, row.severity, row.condition) == ("so-5", "person", "critical", "active")
    assert len(village.rows(tables.alarm)) == 4
