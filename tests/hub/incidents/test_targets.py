"""The targets of the workflow: within which time each step is done, and what is overdue."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, dispatch, reported, roll_call, targets
from keng_hub.incidents.states import State, Verdict
from keng_hub.incidents.targets import Target, TargetStep
from keng_wire.alarm import Category, Evidence, Severity
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, EXPLAINED, START, Village

MINUTE = 60_000


def _targets(village: Village, incident_id: int) -> dict[str, Target]:
    row = dict(zip(tables.incident.columns.keys(), village.row(tables.incident, incident_id), strict=True))
    return {one.step.value: one for one in village.database.read_now(targets.of, [row])[incident_id]}


def _overdue(village: Village, incident_id: int) -> list[str]:
    return [one.step.value for one in targets.overdue(_targets(village, incident_id).values(), village.now)]


@ONE_DATABASE
def test_each_step_of_a_fire_has_its_time(village: Village) -> None:
    found = _targets(village, village.alarm())
    assert {step: one.due - START for step, one in found.items()} == {
        "acknowledge": MINUTE,
        "verify": 2 * MINUTE,
        "dispatch": 3 * MINUTE,
        "notify": 3 * MINUTE,
        "close": 8 * 60 * MINUTE,
    }
    assert all(one.done is None for one in found.values())


@ONE_DATABASE
def test_what_was_not_done_in_time_is_overdue_and_by_how_much(village: Village) -> None:
    incident_id = village.alarm()
    village.wait(61)
    assert _overdue(village, incident_id) == ["acknowledge"]
    assert _targets(village, incident_id)["acknowledge"].late(village.now) == 1000
    village.act(actions.acknowledge, incident_id, DUTY)
    assert _overdue(village, incident_id) == []
    village.wait(400)
    assert _overdue(village, incident_id) == ["verify", "dispatch", "notify"]
    assert _targets(village, incident_id)["acknowledge"].late(village.now) == 1000  # it stays late


@ONE_DATABASE
def test_a_quick_acknowledgement_lets_the_next_steps_count_from_it(village: Village) -> None:
    incident_id = village.alarm(category=Category.SECURITY)
    village.wait(10)
    village.act(actions.acknowledge, incident_id, DUTY)
    found = _targets(village, incident_id)
    assert (found["verify"].begun, found["verify"].due) == (START + 10_000, START + 10_000 + 3 * MINUTE)
    assert set(found) == {"acknowledge", "verify", "dispatch", "close"}


def test_what_people_do_is_what_counts(village: Village) -> None:
    village.execute(
        sa.insert(tables.account).values(
            id=9, username="to", full_name="Người Mẫu", role="security_team", password="-", created=START
        )
    )
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.give_verdict, incident_id, DUTY, Verdict.CONFIRMED, None)
    village.act(dispatch.send, incident_id, DUTY, 9, "")
    found = _targets(village, incident_id)
    assert [found[step].done for step in ("acknowledge", "verify", "dispatch")] == [START] * 3
    village.wait(4000)
    assert _overdue(village, incident_id) == ["notify"]


@ONE_DATABASE
@pytest.mark.parametrize("evidence", [Evidence.PERSON, Evidence.TWO_DETECTORS])
def test_a_button_and_two_detectors_need_no_look_first(village: Village, evidence: Evidence) -> None:
    assert "verify" not in _targets(village, village.alarm(evidence=evidence))


@ONE_DATABASE
def test_what_a_resident_reports_has_to_be_verified(village: Village) -> None:
    report = (reported.report, "ngo-3", Category.FIRE, "khói", village.now)
    assert "verify" in _targets(village, village.act(*report, key="1"))


@ONE_DATABASE
def test_nobody_has_to_be_sent_to_a_false_alarm(village: Village) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.give_verdict, incident_id, DUTY, Verdict.FALSE_ALARM, "khói bếp")
    assert set(_targets(village, incident_id)) == {"acknowledge", "verify", "close"}


def test_a_roll_call_has_ten_minutes(village: Village) -> None:
    values: dict[str, Any] = {"place": "ngo-3", "label": "Nhà 1", "call_numbers": [], "added": START}
    village.execute(sa.insert(tables.household).values(id=1, **values))
    incident_id = village.alarm()
    village.act(roll_call.start, incident_id)
    assert _targets(village, incident_id)["roll_call"].due == START + 10 * MINUTE
    village.wait(5)
    village.do(roll_call.answer, incident_id, 1, roll_call.RollCallAnswer.SAFE, village.now)
    assert _targets(village, incident_id)["roll_call"].done == START + 5000


@ONE_DATABASE
def test_what_is_closed_has_no_open_step_left(village: Village) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.close, incident_id, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    village.wait(10**6)
    assert _overdue(village, incident_id) == []
    assert _targets(village, incident_id)["close"].done == START


@ONE_DATABASE
def test_reopening_begins_the_work_anew(village: Village) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.wait(600)
    village.act(actions.release, incident_id, DUTY, "hết ca")
    found = _targets(village, incident_id)["acknowledge"]
    assert (found.begun, found.done) == (village.now, None)
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.change_state, incident_id, DUTY, State.RESPONDING, None)
    assert _targets(village, incident_id)["acknowledge"].done == village.now


@ONE_DATABASE
def test_a_fault_has_ten_minutes_and_information_has_no_target(village: Village) -> None:
    fault = village.alarm("f", category=Category.FAULT, severity=Severity.LOW)
    info = village.alarm("i", category=Category.INFO, severity=Severity.INFO)
    assert _targets(village, fault)["acknowledge"].due == START + 10 * MINUTE
    assert _targets(village, info) == {}


def test_every_step_has_a_target_somewhere() -> None:
    assert set(targets.TARGETS) == set(TargetStep)
