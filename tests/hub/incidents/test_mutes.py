"""Keeping quiet for a while: what it holds back, what it never holds back, and what comes when it is over."""

from typing import Any

import pytest

from keng_hub import tables
from keng_hub.incidents import actions
from keng_hub.incidents.states import State, Verdict
from keng_hub.incidents.sweep import sweep
from keng_hub.rosters import mutes
from keng_hub.rosters.errors import Refused
from keng_wire.alarm import Category, Cause, Severity
from support.village_rows import DUTY, HEAD, Village

HOUR = 3_600_000
SCREEN = "man-hinh-truc"


def _mute(village: Village, **more: Any) -> int:
    number: int = village.do(mutes.begin, DUTY, "bảo trì", village.now + HOUR, village.now, **more)
    return number


def _intrusion(village: Village, occurrence: str = "a") -> int:
    return village.alarm(occurrence, category=Category.SECURITY, severity=Severity.HIGH, cause=Cause.INTRUSION)


def _told(village: Village, incident_id: int) -> list[str]:
    return [row.recipient for row in village.rows(tables.delivery, tables.delivery.c.incident == incident_id)]


def test_people_are_not_told_and_the_duty_screen_is(village: Village) -> None:
    number = _mute(village, place="thon-mau")
    incident_id = _intrusion(village)
    assert _told(village, incident_id) == [SCREEN]
    [entry] = village.entries(incident_id, "muted")
    assert entry == {"mute": number, "until": village.now + HOUR, "reason": "bảo trì"}


def test_when_it_is_over_the_first_and_the_second_tier_hear_of_what_still_waits(village: Village) -> None:
    _mute(village)
    incident_id = _intrusion(village)
    assert village.do(sweep, village.wait(60)) == 1
    assert village.do(sweep, village.wait(60)) == 0
    assert _told(village, incident_id) == [SCREEN]
    village.do(sweep, village.wait(3600 - 120))
    assert set(_told(village, incident_id)) == {SCREEN, "truc-ban", "truong-thon"}


def test_who_ends_it_early_makes_what_waits_due_at_once(village: Village) -> None:
    number = _mute(village)
    incident_id = _intrusion(village)
    village.do(sweep, village.wait(60))
    village.act(mutes.end, number, HEAD)
    village.do(sweep, village.now)
    assert "truc-ban" in _told(village, incident_id)


def test_fire_is_never_hidden_by_one_person(village: Village) -> None:
    number = _mute(village, category="fire")
    assert "truc-ban" in _told(village, village.alarm())
    with pytest.raises(Refused, match="same_person"):
        village.act(mutes.agree, number, DUTY)
    village.act(mutes.agree, number, HEAD)
    assert _told(village, village.alarm("b", device="khoi-7", happened=village.wait(7200) - 100)) != []
    row = village.rows(tables.mute)[0]
    assert (row.account, row.second) == (DUTY, HEAD)


def test_with_two_people_a_fire_alarm_under_maintenance_is_kept_from_the_others(village: Village) -> None:
    village.act(mutes.agree, _mute(village, node="ngo-3", device="khoi-5a", category="fire"), HEAD)
    quiet = village.alarm()
    assert _told(village, quiet) == [SCREEN]
    assert village.alarm("b", device="khoi-5b") == quiet  # another detector joins: no mute covers both
    assert "truc-ban" in _told(village, quiet)


@pytest.mark.parametrize(
    "more", [{"place": "thon-khac"}, {"node": "ngo-9"}, {"node": "ngo-3", "device": "cua"}, {"category": "fault"}]
)
def test_what_it_does_not_cover_is_told(village: Village, more: dict[str, str]) -> None:
    _mute(village, **more)
    assert "truc-ban" in _told(village, _intrusion(village))


def test_an_all_clear_goes_to_whoever_was_alarmed_before(village: Village) -> None:
    incident_id = _intrusion(village)
    village.set_attempts(incident_id, "accepted")
    _mute(village)
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.give_verdict, incident_id, DUTY, Verdict.FALSE_ALARM, "mèo")
    village.act(actions.change_state, incident_id, DUTY, State.CONTAINED, "mèo")
    assert "all_clear" in {letter.kind for letter in village.letters(incident_id)}


@pytest.mark.parametrize(
    ("ends", "reason", "more", "code"),
    [
        (HOUR, " ", {}, "reason_needed"),
        (-1, "x", {}, "past"),
        (9 * HOUR, "x", {}, "too_long"),
        (HOUR, "x", {"device": "khoi-5a"}, "device_without_node"),
    ],
)
def test_a_mute_needs_a_reason_and_an_end(
    village: Village, ends: int, reason: str, more: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        village.do(mutes.begin, DUTY, reason, village.now + ends, village.now, **more)
    with pytest.raises(Refused, match="not_found"):
        village.act(mutes.end, 99, DUTY)
