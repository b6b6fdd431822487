"""What alarms become: incidents, alarms with the time of each hop, and messages."""

import pytest
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.arrivals import Arrival
from keng_hub.incidents import pipeline
from keng_hub.incidents.actions import acknowledge, change_state, close
from keng_hub.incidents.states import State, Verdict
from keng_wire.alarm import Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from support.village_rows import DUTY, EXPLAINED, START, Village


def test_the_stages_are_read_aloud_in_their_order() -> None:
    assert [stage.__name__ for stage in pipeline.STAGES] == ["normalise", "correlate", "verify", "route", "notify"]


def test_an_alarm_becomes_an_incident_with_code_place_words_and_messages(village: Village) -> None:
    incident_id = village.alarm()
    row = village.row(tables.incident, incident_id)
    assert (row.code, row.state, row.verdict, row.condition) == ("SC-2026-0001", "new", "unverified", "active")
    assert (row.place, row.place_words) == ("so-5", "Số 5, Ngõ 3, Thôn Mẫu, Xã Mẫu")
    assert row.escalate_at == village.now + 60_000
    assert [letter.recipient for letter in village.rows(tables.delivery)] == ["man-hinh-truc", "truc-ban"]
    assert {attempt.state for attempt in village.rows(tables.attempt)} == {"queued"}
    assert [event.name for event in village.rows(tables.page_event)] == ["incidents"]


def test_the_same_alarm_again_changes_nothing(village: Village) -> None:
    arrival = village.arrival()
    incident_id = village.do(pipeline.take_alarm, arrival, village.now)
    before = village.row(tables.incident, incident_id)
    village.wait(5)
    assert village.do(pipeline.take_alarm, arrival, village.now) == incident_id
    assert village.row(tables.incident, incident_id) == before
    assert len(village.rows(tables.alarm)) == 1
    assert len(village.letters(incident_id)) == 1
    assert len(village.rows(tables.page_event)) == 1


def test_codes_count_up_within_the_year_of_the_commune(village: Village) -> None:
    village.alarm("a", device="khoi-5a")
    village.alarm("b", device="khoi-7")
    # 2026-12-31 17:00 UTC is midnight at the commune: another year, another count.
    village.now = 1_798_736_400_000
    village.alarm("c", category=Category.SECURITY, cause=Cause.INTRUSION)
    codes = [row.code for row in village.rows(tables.incident)]
    assert codes == ["SC-2026-0001", "SC-2026-0002", "SC-2027-0001"]


def test_each_hop_has_its_time(village: Village) -> None:
    arrival = village.arrival(happened=START - 100, frame=1_000_000_000 - 130)
    village.do(pipeline.take_alarm, arrival, village.now)
    [alarm] = village.rows(tables.alarm)
    assert alarm.frame_at == START - 130
    assert alarm.recorded_at == START - 100
    assert alarm.sent_at == START - 60
    assert alarm.received_at == START


def test_the_sentence_of_the_place_stays_as_it_was_then(village: Village) -> None:
    incident_id = village.alarm()
    village.execute(tables.place.update().values(name="Tên mới"))
    village.alarm("a", Phase.CLEARED)
    assert village.row(tables.incident, incident_id).place_words.startswith("Số 5, Ngõ 3")


def test_a_place_of_its_own_goes_before_the_device_and_that_before_the_node(village: Village) -> None:
    own = village.alarm("a", place="so-7")
    devices = village.alarm("b", device="khoi-5a")
    nodes = village.alarm("c", device="la-khong-biet")
    places = [village.row(tables.incident, one).place for one in (own, devices, nodes)]
    assert places == ["so-7", "so-5", "ngo-3"]


def test_a_place_nobody_knows_is_told_to_everybody(village: Village) -> None:
    incident_id = village.alarm("a", place="noi-khong-co")
    row = village.row(tables.incident, incident_id)
    assert row.place_words == "Trạm Ngõ 3"
    assert len(village.letters(incident_id)) == 1


# One occurrence, its phases ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "condition"),
    [
        (Phase.RAISED, "active"),
        (Phase.SPREAD, "active"),
        (Phase.CANCELLED, "active"),
        (Phase.SILENCED, "active"),
        (Phase.CLEARED, "cleared"),
        (Phase.LOST, "unknown"),
        (Phase.RESET, "reset"),
    ],
)
def test_a_phase_moves_the_condition_and_never_closes(village: Village, phase: Phase, condition: str) -> None:
    incident_id = village.alarm()
    assert village.alarm("a", phase) == incident_id
    row = village.row(tables.incident, incident_id)
    assert (row.condition, row.state, row.closed) == (condition, "new", None)


def test_neighbours_who_are_told_do_not_make_a_quiet_source_active_again(village: Village) -> None:
    incident_id = village.alarm()
    village.alarm("a", Phase.CLEARED)
    village.alarm("a", Phase.SPREAD)
    assert village.row(tables.incident, incident_id).condition == "cleared"


def test_a_confirmed_alarm_is_told_again_and_escalation_goes_on(village: Village) -> None:
    incident_id = village.alarm()
    village.wait(10)
    village.alarm("a", Phase.CONFIRMED, evidence=Evidence.TWO_DETECTORS)
    row = village.row(tables.incident, incident_id)
    assert row.evidence == "two_detectors"
    assert row.escalate_at == START + 60_000
    first, second = village.letters(incident_id)
    assert (first.kind, second.kind) == ("alarm", "update")
    assert second.body_vi.startswith("NẶNG HƠN. CHÁY")
    assert village.entries(incident_id, "alarm")[1]["gate"] == "open"


def test_a_source_the_node_lost_is_unknown_and_that_is_told(village: Village) -> None:
    incident_id = village.alarm()
    village.alarm("a", Phase.LOST)
    assert village.row(tables.incident, incident_id).condition == "unknown"
    assert village.letters(incident_id)[1].body_vi.startswith("KHÔNG RÕ, MẤT LIÊN LẠC.")


def test_an_older_step_that_comes_late_undoes_nothing(village: Village) -> None:
    village.alarm("a", number=5)
    incident_id = village.alarm("a", Phase.RESET, number=9)
    village.alarm("a", Phase.SPREAD, number=7)
    assert village.row(tables.incident, incident_id).condition == "reset"
    assert village.entries(incident_id, "alarm")[-1]["change"] == "old"


def test_evidence_counts_even_in_an_older_step(village: Village) -> None:
    village.alarm("a", number=5)
    incident_id = village.alarm("a", Phase.SPREAD, number=9)
    village.alarm("a", Phase.CONFIRMED, number=7, evidence=Evidence.TWO_DETECTORS)
    assert village.row(tables.incident, incident_id).evidence == "two_detectors"
    assert len(village.letters(incident_id)) == 2


def test_a_cleared_source_that_alarms_again_is_told_again(village: Village) -> None:
    incident_id = village.alarm()
    village.alarm("a", Phase.CLEARED)
    village.alarm("a", Phase.RAISED)
    assert village.row(tables.incident, incident_id).condition == "active"
    assert len(village.letters(incident_id)) == 2


def test_a_closed_incident_whose_source_alarms_again_opens_by_itself(village: Village) -> None:
    incident_id = village.alarm()
    village.act(acknowledge, incident_id, DUTY)
    village.alarm("a", Phase.CLEARED)
    village.act(close, incident_id, DUTY, Verdict.FALSE_ALARM, "khói bếp", ended=EXPLAINED)
    village.wait(60)
    village.alarm("a", Phase.CONFIRMED, evidence=Evidence.TWO_DETECTORS)
    row = village.row(tables.incident, incident_id)
    assert (row.state, row.verdict, row.owner, row.closed) == ("reopened", "unverified", None, None)
    assert row.escalate_at == village.now + 60_000
    assert village.letters(incident_id)[-1].kind == "update"


def test_a_filed_incident_opens_again_too(village: Village) -> None:
    incident_id = village.alarm()
    village.act(acknowledge, incident_id, DUTY)
    village.act(close, incident_id, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    village.act(change_state, incident_id, DUTY, State.FILED, "12/BC-UBND")
    village.alarm("a", Phase.CONFIRMED, evidence=Evidence.PERSON)
    assert village.row(tables.incident, incident_id).state == "reopened"


# Several sources -----------------------------------------------------------------------------------------------------


def test_a_second_detector_in_the_house_joins_and_is_told_again(village: Village) -> None:
    incident_id = village.alarm("a", device="khoi-5a")
    village.wait(20)
    assert village.alarm("b", device="khoi-5b") == incident_id
    row = village.row(tables.incident, incident_id)
    assert row.evidence == "two_detectors"
    assert len(village.rows(tables.alarm)) == 2
    assert [letter.kind for letter in village.letters(incident_id)] == ["alarm", "update"]


def test_a_third_detector_joins_and_adds_nothing_to_say(village: Village) -> None:
    incident_id = village.alarm("a", device="khoi-5a")
    village.alarm("b", device="khoi-5b")
    assert village.alarm("c", device="khoi-5c", place="so-5") == incident_id
    assert len(village.letters(incident_id)) == 2
    assert village.rows(tables.page_event)[-1].name == "incident"


def test_every_person_who_presses_is_told(village: Village) -> None:
    village.alarm("a", device="nut-5", cause=Cause.MANUAL_CALL_POINT, evidence=Evidence.PERSON)
    incident_id = village.alarm("b", device="nut-5", cause=Cause.MANUAL_CALL_POINT, evidence=Evidence.PERSON)
    assert len(village.letters(incident_id)) == 2


def test_the_house_next_door_is_an_incident_of_its_own(village: Village) -> None:
    assert village.alarm("a", device="khoi-5a") != village.alarm("b", device="khoi-7")
    assert len(village.letters(2)) == 1


def test_another_zone_of_the_node_is_an_incident_of_its_own(village: Village) -> None:
    first = village.alarm("a", device="x", place="ngo-3", zone="nha-1")
    assert village.alarm("b", device="y", place="ngo-3", zone="nha-2") != first
    assert village.alarm("c", device="z", place="ngo-3", zone="nha-1") == first


@pytest.mark.parametrize("drill", [True, False])
def test_a_real_fire_never_disappears_in_a_drill_or_test(village: Village, drill: bool) -> None:
    practice = village.alarm("a", device="khoi-5a", drill=drill, test=not drill)
    real = village.alarm("b", device="khoi-5b")
    assert practice != real
    assert village.row(tables.incident, real).evidence == "single_detector"
    assert not village.letters(real)[0].body_vi.startswith(("DIỄN TẬP", "THỬ"))


def test_a_simulated_source_never_joins_a_real_one(village: Village) -> None:
    real = village.alarm("a", device="khoi-5a")
    simulated = village.alarm("b", device="khoi-gia")
    assert real != simulated
    assert [row.simulated for row in village.rows(tables.incident)] == [False, True]


def test_another_category_is_an_incident_of_its_own(village: Village) -> None:
    fire = village.alarm("a")
    assert village.alarm("b", category=Category.SECURITY, cause=Cause.INTRUSION) != fire


def test_a_new_fire_hours_after_the_last_is_a_new_incident_once_the_old_is_over(village: Village) -> None:
    first = village.alarm("a")
    village.alarm("a", Phase.RESET)
    village.wait(2 * 3600)
    assert village.alarm("b") != first


def test_a_new_source_joins_at_any_time_while_the_old_still_alarms(village: Village) -> None:
    first = village.alarm("a")
    village.wait(2 * 3600)
    assert village.alarm("b", device="khoi-5b") == first


def test_a_fire_of_this_morning_does_not_join_the_one_of_tonight(village: Village) -> None:
    tonight = village.alarm("a")
    morning = village.alarm("b", device="khoi-5b", happened=START - 9 * 3_600_000)
    assert tonight != morning


def test_a_source_that_joins_what_was_contained_opens_it_again(village: Village) -> None:
    incident_id = village.alarm("a", device="khoi-5a", evidence=Evidence.PERSON)
    village.act(acknowledge, incident_id, DUTY)
    village.act(change_state, incident_id, DUTY, State.CONTAINED, None)
    assert village.alarm("b", device="khoi-5b") == incident_id
    assert village.row(tables.incident, incident_id).state == "reopened"
    assert village.letters(incident_id)[-1].kind == "update"


def test_an_acknowledged_incident_that_gets_worse_is_told_and_keeps_its_owner(village: Village) -> None:
    incident_id = village.alarm("a", device="khoi-5a")
    village.act(acknowledge, incident_id, DUTY)
    village.alarm("b", device="khoi-5b")
    row = village.row(tables.incident, incident_id)
    assert (row.state, row.owner, row.escalate_at) == ("acknowledged", DUTY, None)
    assert len(village.letters(incident_id)) == 2


# Doubts: never a reason to keep silent -------------------------------------------------------------------------------


def test_a_late_alarm_still_goes_out_and_says_so(village: Village) -> None:
    incident_id = village.alarm(happened=START - 7 * 60_000)
    assert village.row(tables.incident, incident_id).late == 7 * 60_000
    assert village.letters(incident_id)[0].body_vi.startswith("MUỘN 7 phút. CHÁY")


def test_sixty_seconds_are_not_late_yet(village: Village) -> None:
    incident_id = village.alarm(happened=START - 60_000)
    assert village.row(tables.incident, incident_id).late is None


def test_a_drill_is_marked_first_of_all_and_judged_from_the_start(village: Village) -> None:
    incident_id = village.alarm(drill=True, happened=START - 7 * 60_000)
    row = village.row(tables.incident, incident_id)
    assert (row.drill, row.verdict) == (True, "drill")
    [letter] = village.letters(incident_id)
    assert letter.kind == "drill"
    assert letter.body_vi.startswith("DIỄN TẬP. MUỘN 7 phút. ")
    assert letter.body_ascii.startswith("DIEN TAP. MUON 7 phut. ")
    assert letter.body_en.startswith("DRILL. ")


def test_an_alarm_made_of_an_unknown_schema_is_told_as_not_verified(village: Village) -> None:
    incident_id = village.alarm(rescued=True, cause=Cause.OTHER)
    [letter] = village.letters(incident_id)
    assert "Tin đọc được không đủ, chưa xác minh" in letter.body_vi
    [seen] = village.entries(incident_id, "alarm")
    assert seen["doubts"] == ["unreadable", "single_detector"]
    assert seen["gate"] == "open"
    assert village.rows(tables.alarm)[0].rescued


@pytest.mark.parametrize(("clock", "repaired"), [(ClockQuality.UNKNOWN, False), (ClockQuality.SYNCED, True)])
def test_a_doubtful_clock_is_said(village: Village, clock: ClockQuality, repaired: bool) -> None:
    incident_id = village.alarm(clock=clock, repaired=repaired)
    assert village.row(tables.incident, incident_id).clock_doubt
    assert "Lúc khoảng 18:06" in village.letters(incident_id)[0].body_vi


def test_an_advisory_detector_is_called_one(village: Village) -> None:
    incident_id = village.alarm(evidence=Evidence.ADVISORY, severity=Severity.HIGH)
    assert "Thiết bị tham khảo" in village.letters(incident_id)[0].body_vi


def test_an_alarm_that_no_stage_can_take_is_an_incident_all_the_same(village: Village) -> None:
    incident_id = village.do(pipeline.take_unreadable, village.arrival(), "KeyError: 'x'", village.now)
    row = village.row(tables.incident, incident_id)
    assert (row.state, row.condition, row.escalate_at) == ("new", "active", village.now + 60_000)
    [letter] = village.letters(incident_id)
    assert letter.body_vi == ("BÁO ĐỘNG chưa xác minh từ trạm ngo-3. Tin đọc được không đủ, cần xem ngay. SC-0001")
    assert village.entries(incident_id, "unreadable") == [
        {"error": "KeyError: 'x'", "node": "ngo-3", "device": "khoi-5a"}
    ]


def test_a_further_unreadable_step_goes_to_the_same_incident(village: Village) -> None:
    incident_id = village.alarm()
    again = village.do(pipeline.take_unreadable, village.arrival("a", Phase.CLEARED), "boom", village.now)
    assert again == incident_id
    assert village.row(tables.incident, incident_id).condition == "active"
    assert len(village.letters(incident_id)) == 2


def _unreadable(connection: Connection, arrival: Arrival, now: int) -> int:
    return pipeline.take_unreadable(connection, arrival, "KeyError", now)


def test_what_is_no_alarm_is_refused(village: Village) -> None:
    from keng_wire.event import FaultCode, NodeFault

    arrival = village.event_arrival(NodeFault(code=FaultCode.DISK, active=True))
    for take in (pipeline.take_alarm, _unreadable):
        with pytest.raises(TypeError, match="not an alarm"):
            village.do(take, arrival, village.now)


# Who is told ---------------------------------------------------------------------------------------------------------


def test_people_hear_of_their_own_place_and_categories_only(village: Village) -> None:
    from support.village_rows import add_recipient

    ladder = [{"channel": "email", "address": "x@example.org"}]
    village.do(add_recipient, "thon-khac", ladder, place="thon-khac")
    village.do(add_recipient, "ngo-3", ladder, place="ngo-3")
    village.do(add_recipient, "dien-luc", ladder, categories=["fault"])
    village.do(add_recipient, "da-nghi", ladder, active=False)
    village.alarm()
    told = [row.recipient for row in village.rows(tables.delivery)]
    assert told == ["man-hinh-truc", "ngo-3", "truc-ban"]


def test_no_configuration_can_take_the_screen_away(village: Village) -> None:
    village.alarm("a")
    village.execute(tables.recipient.update().values(active=False))
    second = village.alarm("b", device="khoi-7")
    assert len(village.letters(second, "man-hinh-truc")) == 1


def test_a_circle_in_the_tree_of_places_hangs_nothing(village: Village) -> None:
    village.execute(tables.place.update().where(tables.place.c.id == "xa-mau").values(parent="so-5"))
    assert village.alarm() == 1
