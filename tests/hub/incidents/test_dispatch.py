"""Sending people: who can be asked, what they say, and that nobody waits unnoticed for an answer."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, dispatch
from keng_hub.incidents.dispatch import MOVES, TaskState
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import State
from keng_hub.incidents.sweep import overdue, sweep
from keng_wire.alarm import Category, Cause
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, HEAD, START, Village, add_recipient

TEAM, GROUP, ELSEWHERE, CLOSED, CULTURE = 10, 11, 12, 13, 14
PEOPLE = [
    (TEAM, "to-bao-ve", "security_team", "thon-mau", False),
    (GROUP, "to-truong", "group_head", "ngo-3", False),
    (ELSEWHERE, "to-khac", "security_team", "thon-khac", False),
    (CLOSED, "da-nghi", "security_team", None, True),
    (CULTURE, "van-hoa", "culture", None, False),
]


@pytest.fixture
def intrusion(village: Village) -> int:
    """An intrusion that the duty officer has, in a village with people to send."""
    for key, username, role, place, disabled in PEOPLE:
        values = {"role": role, "place": place, "disabled": disabled, "password": "-", "created": START}
        name = f"Người Mẫu {key}"
        village.execute(sa.insert(tables.account).values(id=key, username=username, full_name=name, **values))
    incident_id = village.alarm(category=Category.SECURITY, cause=Cause.INTRUSION)
    village.act(actions.acknowledge, incident_id, DUTY)
    return incident_id


def _send(village: Village, incident_id: int, assignee: int = TEAM) -> int:
    task: int = village.act(dispatch.send, incident_id, DUTY, assignee, "ra cổng sau")
    return task


def _refused(village: Village, code: str, act: Any, *arguments: Any) -> None:
    with pytest.raises(Refused) as refused:
        village.act(act, *arguments)
    assert refused.value.code == code


def test_who_is_sent_is_told_and_it_stands_in_the_timeline(village: Village, intrusion: int) -> None:
    ladder = [{"channel": "webhook", "address": "https://doi.example"}]
    village.do(add_recipient, "to-bao-ve", ladder, tier=2, account="to-bao-ve")
    task = _send(village, intrusion)
    row = village.row(tables.dispatch, task)
    assert (row.state, row.account, row.by, row.asked) == ("asked", TEAM, DUTY, START)
    [letter] = village.letters(intrusion, "to-bao-ve")
    assert (letter.kind, "NHIỆM VỤ CỦA BẠN" in letter.body_vi) == ("update", True)
    assert village.entries(intrusion, "dispatch")[0]["assignee"] == TEAM


def test_somebody_without_a_ladder_finds_it_on_the_page(village: Village, intrusion: int) -> None:
    _send(village, intrusion, GROUP)
    [letter] = village.letters(intrusion, f"tk-{GROUP}")
    assert letter.ladder == [{"channel": "page", "address": "to-truong", "after_s": 0}]
    village.act(actions.release, intrusion, DUTY, "hết ca")
    assert len(village.letters(intrusion, f"tk-{GROUP}")) == 1  # it is nobody of a tier


def test_only_those_who_look_after_the_place_can_be_sent(village: Village, intrusion: int) -> None:
    found = village.database.read_now(dispatch.candidates, Category.SECURITY, "so-5")
    assert [one["id"] for one in found] == [TEAM, GROUP]
    for assignee in (ELSEWHERE, CLOSED, CULTURE, 999):
        _refused(village, "nobody_to_send", dispatch.send, intrusion, DUTY, assignee, "")


@ONE_DATABASE
def test_each_step_has_its_time(village: Village, intrusion: int) -> None:
    task = _send(village, intrusion)
    for seconds, state in ((30, TaskState.ACCEPTED), (200, TaskState.ARRIVED), (900, TaskState.DONE)):
        village.wait(seconds)
        village.act(dispatch.move, task, TEAM, state, None)
    row = village.row(tables.dispatch, task)
    assert (row.accepted, row.arrived, row.ended) == (START + 30_000, START + 230_000, START + 1_130_000)
    assert [entry["state"] for entry in village.entries(intrusion, "dispatch")] == [
        *("asked", "accepted", "arrived", "done"),
    ]


@ONE_DATABASE
def test_who_is_there_has_accepted_too(village: Village, intrusion: int) -> None:
    task = _send(village, intrusion)
    village.wait(60)
    village.act(dispatch.move, task, TEAM, TaskState.ARRIVED, None)
    row = village.row(tables.dispatch, task)
    assert row.accepted == row.arrived == START + 60_000


@ONE_DATABASE
@pytest.mark.parametrize("state", list(TaskState))
def test_no_move_but_those_of_the_table(village: Village, intrusion: int, state: TaskState) -> None:
    task = _send(village, intrusion)
    village.execute(sa.update(tables.dispatch).values(state=state.value))
    for wanted in set(TaskState) - MOVES[state]:
        _refused(village, "task_is_over", dispatch.move, task, TEAM, wanted, "vì bận")


@ONE_DATABASE
def test_declining_needs_a_reason_and_the_desk_hears_of_it(village: Village, intrusion: int) -> None:
    task = _send(village, intrusion)
    _refused(village, "reason_needed", dispatch.move, task, TEAM, TaskState.DECLINED, " ")
    village.act(dispatch.move, task, TEAM, TaskState.DECLINED, "đang ở xa")
    assert village.row(tables.dispatch, task).accepted is None
    assert "CHƯA AI NHẬN NHIỆM VỤ" in village.letters(intrusion)[-1].body_vi


def test_somebody_else_is_sent_instead(village: Village, intrusion: int) -> None:
    task = _send(village, intrusion)
    _refused(village, "sent_already", dispatch.send, intrusion, DUTY, TEAM, "")
    other = village.act(dispatch.replace, task, DUTY, GROUP, "không nghe máy")
    assert village.row(tables.dispatch, task).state == "withdrawn"
    assert village.row(tables.dispatch, other).task == "ra cổng sau"


def test_after_two_minutes_without_an_answer_the_desk_hears_of_it_once(village: Village, intrusion: int) -> None:
    _send(village, intrusion)
    village.wait(119)
    assert village.do(sweep, village.now) == 0
    village.wait(1)
    assert village.do(overdue, village.now, 0) == 1
    assert village.do(sweep, village.now) == 1
    assert village.do(sweep, village.now) == 0
    assert village.entries(intrusion, "dispatch")[-1]["overdue"] is True
    assert "CHƯA AI NHẬN NHIỆM VỤ" in village.letters(intrusion)[-1].body_vi


@ONE_DATABASE
def test_nobody_is_sent_to_what_nobody_has_or_what_is_over(village: Village, intrusion: int) -> None:
    village.act(actions.release, intrusion, DUTY, "hết ca")
    _refused(village, "not_acknowledged", dispatch.send, intrusion, DUTY, TEAM, "")
    village.execute(sa.update(tables.incident).values(state="closed"))
    _refused(village, "closed", dispatch.send, intrusion, DUTY, TEAM, "")
    _refused(village, "not_found", dispatch.send, 99, DUTY, TEAM, "")
    _refused(village, "no_task", dispatch.move, 99, TEAM, TaskState.ACCEPTED, None)


def test_the_dispatched_are_owed_the_all_clear(village: Village, intrusion: int) -> None:
    _send(village, intrusion)
    village.set_attempts(intrusion, "accepted")
    village.act(actions.change_state, intrusion, DUTY, State.CONTAINED, None)
    assert [one.kind for one in village.letters(intrusion, f"tk-{TEAM}")] == ["update", "all_clear"]


@ONE_DATABASE
def test_a_drill_says_so_to_whoever_is_sent(village: Village, intrusion: int) -> None:
    village.execute(sa.update(tables.incident).values(drill=True))
    _send(village, intrusion)
    [letter] = village.letters(intrusion, f"tk-{TEAM}")
    assert (letter.kind, letter.body_vi.startswith("DIỄN TẬP. ")) == ("drill", True)


@ONE_DATABASE
def test_a_mute_keeps_nobody_from_hearing_that_they_are_sent(village: Village, intrusion: int) -> None:
    values = {"begins": START, "ends": START + 3_600_000, "reason": "sửa cổng", "account": DUTY, "second": HEAD}
    village.execute(sa.insert(tables.mute).values(**values, category="security"))
    _send(village, intrusion)
    assert len(village.letters(intrusion, f"tk-{TEAM}")) == 1
