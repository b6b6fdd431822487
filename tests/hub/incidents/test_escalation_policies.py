"""A place may have times of its own for what nobody takes: the nearest decides, and life never waits longer."""

import pytest

from keng_hub import tables
from keng_hub.incidents import actions, pipeline, policies
from keng_hub.incidents.deadlines import ESCALATION, rule
from keng_hub.incidents.policies import Policy, PolicyRefused
from keng_hub.incidents.sweep import sweep
from keng_wire.alarm import Category
from support.village_rows import DUTY, START, Village

HOUSE, ALLEY, VILLAGE = "so-5", "ngo-3", None


def _keep(village: Village, place: str | None, category: Category, *times: int) -> None:
    village.do(policies.keep, place, category, Policy(*times), DUTY, village.now)


def _first(village: Village, place: str | None, category: str = "fire") -> int:
    found = village.do(rule, category, place)
    return int(found.first_ms)


def test_the_nearest_policy_decides_and_the_constant_where_there_is_none(village: Village) -> None:
    assert village.do(rule, "fire", HOUSE) == ESCALATION[Category.FIRE]
    _keep(village, VILLAGE, Category.FIRE, 50, 60, 60)
    _keep(village, ALLEY, Category.FIRE, 20, 60, 60)
    assert [_first(village, place) for place in (HOUSE, ALLEY, "khong-co", None)] == [20_000, 20_000, 50_000, 50_000]
    assert _first(village, HOUSE, "medical") == 60_000
    _keep(village, HOUSE, Category.FIRE, 15, 60, 60)
    assert _first(village, HOUSE) == 15_000
    village.do(policies.drop, HOUSE, Category.FIRE)
    village.do(policies.drop, ALLEY, Category.FIRE)
    assert _first(village, HOUSE) == 50_000


def test_what_is_said_again_replaces_what_was_said(village: Village) -> None:
    for first in (50, 30):
        _keep(village, VILLAGE, Category.FIRE, first, 60, 60)
    [row] = village.rows(tables.escalation_policy)
    assert (row.first_s, row.account, row.changed) == (30, DUTY, village.now)


def test_information_is_not_escalated_whatever_stands_there(village: Village) -> None:
    assert village.do(rule, "info", HOUSE) is None


@pytest.mark.parametrize(
    ("category", "times", "field"),
    [
        (Category.FIRE, (61, 60, 60), "first_s"),
        (Category.FIRE, (9, 60, 60), "first_s"),
        (Category.MEDICAL, (60, 61, 60), "every_s"),
        (Category.SECURITY, (60, 60, 59), "until_min"),
        (Category.FAULT, (59, 3600, 1440), "first_s"),
        (Category.FAULT, (3601, 3600, 1440), "first_s"),
        (Category.FAULT, (600, 3600, 7 * 1440 + 1), "until_min"),
    ],
)
def test_what_would_make_help_later_is_refused(
    village: Village, category: Category, times: tuple[int, int, int], field: str
) -> None:
    with pytest.raises(PolicyRefused) as refused:
        _keep(village, ALLEY, category, *times)
    assert refused.value.field == field
    assert village.rows(tables.escalation_policy) == []


def test_an_alarm_escalates_by_the_policy_of_its_place(village: Village) -> None:
    _keep(village, ALLEY, Category.FIRE, 20, 30, 60)
    incident_id = village.alarm()
    assert village.row(tables.incident, incident_id).escalate_at == START + 20_000
    assert village.do(sweep, village.wait(19.999)) == 0
    assert village.do(sweep, village.wait(0.001)) == 1
    assert len(village.letters(incident_id, "truong-thon")) == 1
    assert village.row(tables.incident, incident_id).escalate_at == village.now + 30_000


def test_it_is_given_up_when_the_time_of_the_policy_is_over(village: Village) -> None:
    _keep(village, ALLEY, Category.FIRE, 60, 60, 62)
    incident_id = village.alarm()
    for _ in range(62):
        village.do(sweep, village.wait(60))
    assert not village.entries(incident_id, "escalate")[-1]["given_up"]
    village.do(sweep, village.wait(60))
    assert village.entries(incident_id, "escalate")[-1]["given_up"]


def test_a_step_that_is_due_stays_due_and_the_next_one_follows_the_new_policy(village: Village) -> None:
    incident_id = village.alarm()
    _keep(village, ALLEY, Category.FIRE, 20, 40, 60)
    assert village.row(tables.incident, incident_id).escalate_at == START + 60_000
    village.do(sweep, village.wait(60))
    assert village.row(tables.incident, incident_id).escalate_at == village.now + 40_000


def test_given_back_or_forgotten_it_waits_as_the_policy_says(village: Village) -> None:
    _keep(village, ALLEY, Category.FIRE, 20, 60, 60)
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.release, incident_id, DUTY, "hết ca")
    assert village.row(tables.incident, incident_id).escalate_at == village.now + 20_000
    village.act(actions.acknowledge, incident_id, DUTY)
    village.do(sweep, village.wait(actions.ACKNOWLEDGED_MS / 1000))
    assert village.row(tables.incident, incident_id).escalate_at == village.now + 20_000


def test_a_fault_of_the_hub_follows_the_policy_of_the_whole_village(village: Village) -> None:
    _keep(village, VILLAGE, Category.FAULT, 120, 3600, 1440)
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    [row] = village.rows(tables.incident)
    assert row.escalate_at == START + 120_000
