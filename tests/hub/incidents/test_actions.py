"""What people do: each act with its gate, its reason and its entry in the timeline."""

from typing import Any

import pytest

from keng_hub import tables
from keng_hub.incidents import actions, pipeline
from keng_hub.incidents.errors import TEXTS, Refused
from keng_hub.incidents.states import State, Verdict
from keng_wire.alarm import Category, Cause, Evidence, Phase
from keng_wire.event import CommandResult
from support.village_rows import DUTY, EXPLAINED, HEAD, START, Village


def _refused(village: Village, code: str, act: Any, *arguments: Any) -> None:
    with pytest.raises(Refused) as refused:
        village.act(act, *arguments)
    assert refused.value.code == code
    assert str(refused.value) == TEXTS[code]


@pytest.fixture
def held(village: Village) -> int:
    """An incident that the duty officer has."""
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    return incident_id


# Acknowledge and release ---------------------------------------------------------------------------------------------


def test_acknowledging_names_an_owner_for_half_an_hour_and_stops_escalation(village: Village, held: int) -> None:
    row = village.row(tables.incident, held)
    assert (row.state, row.owner, row.acknowledged) == ("acknowledged", DUTY, START)
    assert (row.acknowledged_until, row.escalate_at) == (START + 30 * 60_000, None)
    [entry] = village.rows(tables.incident_entry, tables.incident_entry.c.kind == "acknowledge")
    assert (entry.account, entry.at) == (DUTY, START)


def test_another_person_may_take_it_over_and_the_first_time_counts(village: Village, held: int) -> None:
    village.wait(120)
    village.act(actions.acknowledge, held, HEAD)
    row = village.row(tables.incident, held)
    assert (row.owner, row.acknowledged) == (HEAD, START)
    assert village.entries(held, "acknowledge")[-1]["taken_from"] == DUTY


def test_acknowledging_while_responding_keeps_the_state(village: Village, held: int) -> None:
    village.act(actions.change_state, held, DUTY, State.RESPONDING, None)
    village.act(actions.acknowledge, held, HEAD)
    assert village.row(tables.incident, held).state == "responding"


def test_acknowledging_stops_what_nobody_needs_any_more(village: Village) -> None:
    incident_id = village.alarm(category=Category.SECURITY, cause=Cause.INTRUSION)
    village.act(actions.acknowledge, incident_id, DUTY)
    assert {row.state for row in village.rows(tables.attempt)} == {"stopped"}
    assert all(row.stopped for row in village.rows(tables.delivery))


def test_acknowledging_a_fire_does_not_take_back_the_first_call_to_the_others(village: Village, held: int) -> None:
    assert {row.state for row in village.rows(tables.attempt)} == {"queued"}
    village.set_attempts(held, "queued", tries=1)
    village.act(actions.acknowledge, held, DUTY)
    assert {row.state for row in village.rows(tables.attempt)} == {"stopped"}


def test_a_closed_incident_cannot_be_acknowledged(village: Village, held: int) -> None:
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    _refused(village, "closed", actions.acknowledge, held, DUTY)


def test_an_incident_that_is_not_there_is_said_so(village: Village) -> None:
    _refused(village, "not_found", actions.acknowledge, 99, DUTY)


def test_releasing_opens_it_to_everybody_and_starts_the_clock_anew(village: Village, held: int) -> None:
    village.wait(300)
    village.act(actions.release, held, DUTY, "hết ca", )  # fmt: skip
    row = village.row(tables.incident, held)
    assert (row.state, row.owner, row.acknowledged_until) == ("reopened", None, None)
    assert row.escalate_at == village.now + 60_000


def test_releasing_needs_a_reason_and_an_owner(village: Village, held: int) -> None:
    _refused(village, "reason_needed", actions.release, held, DUTY, "  ")
    other = village.alarm("b", device="khoi-7")
    _refused(village, "not_held", actions.release, other, DUTY, "hết ca")


def test_whoever_does_something_has_not_forgotten_it(village: Village, held: int) -> None:
    village.wait(20 * 60)
    village.act(actions.comment, held, DUTY, "đang gọi cho hộ dân")
    assert village.row(tables.incident, held).acknowledged_until == village.now + 30 * 60_000


# Verdict and comment -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [Verdict.FALSE_ALARM, Verdict.HOAX, Verdict.DEVICE_FAULT])
def test_a_verdict_that_calms_needs_a_reason(village: Village, held: int, verdict: Verdict) -> None:
    _refused(village, "reason_needed", actions.give_verdict, held, DUTY, verdict, None)
    village.act(actions.give_verdict, held, DUTY, verdict, "đã đến xem")
    assert village.row(tables.incident, held).verdict == verdict.value
    assert village.entries(held, "verdict")[-1] == {
        "from": "unverified",
        "to": verdict.value,
        "reason": "đã đến xem",
    }


def test_confirming_needs_no_words(village: Village, held: int) -> None:
    village.act(actions.give_verdict, held, DUTY, Verdict.CONFIRMED, None)
    assert village.row(tables.incident, held).verdict == "confirmed"


def test_a_drill_is_marked_at_its_beginning_and_stays_one(village: Village, held: int) -> None:
    _refused(village, "drill_is_set_at_start", actions.give_verdict, held, DUTY, Verdict.DRILL, "thử")
    drill = village.alarm("d", device="khoi-7", drill=True)
    _refused(village, "drill_is_set_at_start", actions.give_verdict, drill, DUTY, Verdict.FALSE_ALARM, "thử")


def test_an_empty_comment_is_refused_and_a_closed_incident_still_takes_one(village: Village, held: int) -> None:
    _refused(village, "text_needed", actions.comment, held, DUTY, " \n")
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    village.act(actions.comment, held, DUTY, " ghi thêm ")
    assert village.entries(held, "comment") == [{"text": "ghi thêm"}]


# Closing -------------------------------------------------------------------------------------------------------------


def test_what_nobody_has_taken_is_not_closed(village: Village) -> None:
    incident_id = village.alarm()
    _refused(village, "not_acknowledged", actions.close, incident_id, DUTY, Verdict.FALSE_ALARM, "khói bếp")


def test_what_still_alarms_needs_verdict_and_reason(village: Village, held: int) -> None:
    _refused(village, "still_active", actions.close, held, DUTY, None, "khói bếp")
    _refused(village, "still_active", actions.close, held, DUTY, Verdict.CONFIRMED, None)
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    row = village.row(tables.incident, held)
    assert (row.state, row.closed, row.verdict) == ("closed", village.now, "confirmed")


def test_a_silent_source_is_not_an_end(village: Village, held: int) -> None:
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    _refused(village, "unknown_is_not_over", actions.close, held, DUTY, None, "im rồi")
    _refused(village, "unknown_is_not_over", actions.close, held, DUTY, Verdict.CONFIRMED, " ")
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "người đã đến tận nơi", ended=EXPLAINED)
    assert village.row(tables.incident, held).state == "closed"


@pytest.mark.parametrize("phase", [Phase.CLEARED, Phase.RESET])
def test_what_is_over_still_needs_to_be_judged(village: Village, held: int, phase: Phase) -> None:
    village.alarm("a", phase)
    _refused(village, "verdict_needed", actions.close, held, DUTY, None, None)
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, None, ended=EXPLAINED)
    assert village.row(tables.incident, held).state == "closed"


def test_a_refused_closing_leaves_no_verdict_behind(village: Village, held: int) -> None:
    _refused(village, "reason_needed", actions.close, held, DUTY, Verdict.FALSE_ALARM, "")
    assert village.row(tables.incident, held).verdict == "unverified"
    assert village.entries(held, "verdict") == []


def test_reopening_needs_a_reason_and_a_closed_incident(village: Village, held: int) -> None:
    _refused(village, "wrong_state", actions.reopen, held, DUTY, "nhầm")
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    _refused(village, "reason_needed", actions.reopen, held, DUTY, "")
    village.act(actions.reopen, held, DUTY, "còn khói")
    row = village.row(tables.incident, held)
    assert (row.state, row.closed, row.owner) == ("reopened", None, None)
    assert row.escalate_at == village.now + 60_000


# All-clear -----------------------------------------------------------------------------------------------------------


def _cleared(village: Village, incident_id: int) -> dict[str, list[tuple[str, str]]]:
    table = tables.delivery
    rows = village.rows(table, table.c.incident == incident_id, table.c.kind == "all_clear")
    return {row.recipient: [(step["channel"], step["address"]) for step in row.ladder] for row in rows}


@pytest.mark.parametrize("state", ["accepted", "delivered", "seen", "replied", "sending"])
def test_the_all_clear_goes_by_the_ways_that_alarmed(village: Village, held: int, state: str) -> None:
    village.set_attempts(held, state)
    village.act(actions.close, held, DUTY, Verdict.FALSE_ALARM, "khói bếp", ended=EXPLAINED)
    assert _cleared(village, held) == {
        "man-hinh-truc": [("page", "duty")],
        "truc-ban": [("webhook", "https://truc.example/keng")],
    }
    [letter] = [row for row in village.letters(held) if row.kind == "all_clear"]
    assert letter.body_vi.startswith("BÁO YÊN: Số 5, Ngõ 3, Thôn Mẫu, Xã Mẫu. Là báo nhầm")


@pytest.mark.parametrize("state", ["queued", "failed", "expired", "stopped"])
def test_nobody_who_heard_nothing_gets_an_all_clear(village: Village, held: int, state: str) -> None:
    village.set_attempts(held, state)
    village.act(actions.change_state, held, DUTY, State.CONTAINED, None)
    assert _cleared(village, held) == {}
    assert {row.state for row in village.rows(tables.attempt)} == {"stopped" if state == "queued" else state}


@pytest.mark.parametrize("state", ["queued", "failed", "expired"])
def test_whoever_may_have_heard_gets_one(village: Village, held: int, state: str) -> None:
    village.set_attempts(held, state, uncertain=True)
    village.act(actions.change_state, held, DUTY, State.CONTAINED, None)
    assert set(_cleared(village, held)) == {"man-hinh-truc", "truc-ban"}


def test_one_all_clear_is_enough(village: Village, held: int) -> None:
    village.set_attempts(held, "accepted")
    village.act(actions.change_state, held, DUTY, State.CONTAINED, None)
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    assert len(village.entries(held, "all_clear")) == 1


def test_after_a_new_alarm_the_all_clear_is_given_again(village: Village, held: int) -> None:
    village.set_attempts(held, "accepted")
    village.act(actions.change_state, held, DUTY, State.CONTAINED, None)
    village.alarm("b", device="khoi-5b", evidence=Evidence.PERSON)
    village.set_attempts(held, "accepted")
    village.act(actions.acknowledge, held, DUTY)
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    assert len(village.entries(held, "all_clear")) == 2


def test_the_end_of_a_fault_frightens_nobody(village: Village) -> None:
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    village.set_attempts(1, "accepted")
    village.do(pipeline.take_return, "ngo-3", village.now)
    village.act(actions.acknowledge, 1, DUTY)
    village.act(actions.close, 1, DUTY, None, None)
    assert _cleared(village, 1) == {}


# Silence and reset: two acts of their own ----------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "name"), [(actions.request_silence, "silence"), (actions.request_reset, "reset")])
def test_silence_and_reset_are_commands_to_the_node_and_change_no_state(
    village: Village, held: int, act: Any, name: str
) -> None:
    before = village.row(tables.incident, held)
    _refused(village, "reason_needed", act, held, DUTY, "")
    [command_id] = village.act(act, held, DUTY, "đã xem")
    [command] = village.rows(tables.command)
    assert (command.id, command.node, command.name, command.state) == (command_id, "ngo-3", name, "queued")
    assert (command.occurrence, command.account, command.reason) == ("0" * 14 + "61", DUTY, "đã xem")
    assert command.expires == village.now + 120_000
    after = village.row(tables.incident, held)
    assert (after.state, after.condition, after.owner) == (before.state, before.condition, before.owner)


def test_there_is_nothing_to_reset_once_it_was_reset(village: Village, held: int) -> None:
    village.alarm("a", Phase.RESET)
    _refused(village, "nothing_to_command", actions.request_reset, held, DUTY, "đã xem")


def test_a_fault_has_no_latch_to_reset(village: Village) -> None:
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    _refused(village, "nothing_to_command", actions.request_reset, 1, DUTY, "đã xem")


def test_the_answer_of_the_node_goes_into_the_timeline_once(village: Village, held: int) -> None:
    [command_id] = village.act(actions.request_reset, held, DUTY, "đã xem")
    result = CommandResult(command=command_id, ok=False, error="still_active")
    village.event(result)
    village.event(result)
    assert village.entries(held, "command")[1:] == [
        {"command": command_id, "name": "reset", "ok": False, "error": "still_active", "node": "ngo-3"}
    ]


def test_a_result_of_an_unknown_command_is_passed_over(village: Village, held: int) -> None:
    village.event(CommandResult(command="0" * 16, ok=True))
    assert village.entries(held, "command") == []
