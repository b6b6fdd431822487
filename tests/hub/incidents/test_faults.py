"""Faults of devices and nodes, silence and return: unknown is a state of its own and never an end."""

import pytest

from keng_hub import tables
from keng_hub.incidents import actions, faults, findings, pipeline
from keng_hub.incidents.states import Verdict
from keng_hub.incidents.words import CAUSES
from keng_wire.alarm import Cause, Phase
from keng_wire.conditions import Condition, Mark
from keng_wire.event import DeviceChanged, FaultCode, NodeFault, Snapshot, Sounder
from support.village_rows import DUTY, START, Village


def _marks(village: Village, *marks: Mark, device: str = "khoi-5a") -> None:
    village.event(DeviceChanged(device=device, condition=Condition.NORMAL, marks=list(marks)))


@pytest.mark.parametrize("mark", list(findings.MARK_SEVERITY))
def test_a_mark_somebody_must_see_to_becomes_a_fault(village: Village, mark: Mark) -> None:
    _marks(village, mark)
    row = village.row(tables.incident, 1)
    assert (row.category, row.cause, row.condition) == ("fault", mark.value, "active")
    assert village.letters(1)[0].body_vi.startswith("LỖI KỸ THUẬT: ")


@pytest.mark.parametrize("mark", [mark for mark in Mark if mark not in findings.MARK_SEVERITY])
def test_other_marks_are_no_incidents(village: Village, mark: Mark) -> None:
    _marks(village, mark)
    assert village.rows(tables.incident) == []


def test_faults_of_one_device_are_one_incident_and_each_is_begun_once(village: Village) -> None:
    _marks(village, Mark.FAULT)
    _marks(village, Mark.FAULT, Mark.LOW_BATTERY)
    _marks(village, Mark.FAULT, Mark.LOW_BATTERY)
    assert len(village.rows(tables.incident)) == 1
    assert [row.cause for row in village.rows(tables.alarm)] == ["fault", "low_battery"]
    assert len(village.letters(1)) == 1


def test_another_device_is_another_incident(village: Village) -> None:
    _marks(village, Mark.FAULT)
    _marks(village, Mark.FAULT, device="khoi-7")
    assert len(village.rows(tables.incident)) == 2


def test_a_mark_that_goes_clears_the_fault_and_a_person_closes_it(village: Village) -> None:
    _marks(village, Mark.COMMS_LOST)
    _marks(village)
    row = village.row(tables.incident, 1)
    assert (row.condition, row.state) == ("cleared", "new")
    village.act(actions.acknowledge, 1, DUTY)
    village.act(actions.close, 1, DUTY, None, None)
    _marks(village, Mark.COMMS_LOST)
    assert len(village.rows(tables.incident)) == 2


def test_a_fault_somebody_closed_while_it_lasts_is_not_opened_by_every_word_of_the_device(village: Village) -> None:
    _marks(village, Mark.FAULT)
    village.act(actions.acknowledge, 1, DUTY)
    village.act(actions.close, 1, DUTY, Verdict.DEVICE_FAULT, "đã đặt hàng đầu mới")
    _marks(village, Mark.FAULT, Mark.DIRTY)
    assert [row.state for row in village.rows(tables.incident)] == ["closed"]


def test_a_device_switched_off_on_purpose_begins_no_fault(village: Village) -> None:
    _marks(village, Mark.COMMS_LOST, Mark.DISABLED)
    assert village.rows(tables.incident) == []


def test_a_device_under_test_says_so_first(village: Village) -> None:
    _marks(village, Mark.FAULT, Mark.TEST)
    assert village.letters(1)[0].body_vi.startswith("THỬ. LỖI KỸ THUẬT")


@pytest.mark.parametrize("code", list(FaultCode))
def test_every_fault_of_a_node_has_words_and_a_severity(village: Village, code: FaultCode) -> None:
    assert code.value in CAUSES
    village.event(NodeFault(code=code, active=True))
    village.event(NodeFault(code=code, active=True))
    assert [row.severity for row in village.rows(tables.incident)] == [findings.FAULT_SEVERITY[code].value]
    village.event(NodeFault(code=code, active=False))
    assert village.row(tables.incident, 1).condition == "cleared"


@pytest.mark.parametrize("cause", [*Cause, *findings.MARK_SEVERITY])
def test_every_cause_has_words(cause: Cause | Mark) -> None:
    assert cause.value in CAUSES


# Silence -------------------------------------------------------------------------------------------------------------


def test_a_silent_node_is_one_fault_however_often_it_is_noticed(village: Village) -> None:
    village.do(pipeline.take_silence, "ngo-3", START - 90_000, village.now)
    village.do(pipeline.take_silence, "ngo-3", START - 90_000, village.now)
    [row] = village.rows(tables.incident)
    assert (row.cause, row.place_words) == ("node_silent", "Ngõ 3, Thôn Mẫu, Xã Mẫu")
    assert len(village.letters(row.id)) == 1


def test_silence_makes_a_burning_alarm_unknown_and_tells_everybody_who_heard_of_it(village: Village) -> None:
    fire = village.alarm()
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    row = village.row(tables.incident, fire)
    assert (row.condition, row.state) == ("unknown", "new")
    assert [letter.kind for letter in village.letters(fire)] == ["alarm", "update"]
    assert village.letters(fire)[-1].body_vi.startswith("KHÔNG RÕ, MẤT LIÊN LẠC. CHÁY")
    assert village.entries(fire, "contact") == [{"node": "ngo-3", "lost": True, "since": START}]


def test_what_had_cleared_before_the_silence_stays_as_it_was_said(village: Village) -> None:
    fire = village.alarm()
    village.alarm("a", Phase.CLEARED)
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    assert village.row(tables.incident, fire).condition == "cleared"
    assert village.entries(fire, "contact") == []


def test_a_node_that_returns_brings_its_alarms_back_as_it_last_said_them(village: Village) -> None:
    fire = village.alarm()
    lost = village.alarm("b", device="khoi-7")
    village.alarm("b", Phase.LOST, device="khoi-7")
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    village.do(pipeline.take_return, "ngo-3", village.wait(60))
    assert village.row(tables.incident, fire).condition == "active"
    assert village.row(tables.incident, lost).condition == "unknown"
    [silent] = village.rows(tables.incident, tables.incident.c.cause == "node_silent")
    assert (silent.condition, silent.state) == ("cleared", "new")


def test_the_silence_of_another_node_concerns_nobody_here(village: Village) -> None:
    fire = village.alarm()
    village.do(pipeline.take_silence, "ngo-9", village.now, village.now)
    assert village.row(tables.incident, fire).condition == "active"


# Bells and pictures --------------------------------------------------------------------------------------------------


def _occurrence(letter: str) -> str:
    return letter.encode().hex().rjust(16, "0")


def test_the_first_bell_gives_the_time_it_rang_measured_from_the_frame(village: Village) -> None:
    village.alarm(frame=None)
    for since in (35, 90):
        village.event(Sounder(output="coi-1", pattern="fire", on=True, occurrence=_occurrence("a"), since_frame=since))
    [alarm] = village.rows(tables.alarm)
    assert alarm.sounded_at == alarm.frame_at + 35


def test_a_bell_without_measure_counts_by_the_time_of_its_event(village: Village) -> None:
    village.alarm()
    village.event(Sounder(output="coi-1", pattern="fire", on=True, occurrence=_occurrence("a")), happened=START + 70)
    assert village.rows(tables.alarm)[0].sounded_at == START + 70


def test_switching_off_and_bells_of_nobody_change_nothing(village: Village) -> None:
    village.alarm()
    village.event(Sounder(output="coi-1", pattern="fire", on=False, occurrence=_occurrence("a"), since_frame=5))
    village.event(Sounder(output="coi-1", pattern="self_test", on=True))
    assert village.rows(tables.alarm)[0].sounded_at is None


def _snapshot(letter: str) -> Snapshot:
    sha = "0" * 64
    return Snapshot.model_validate_json(
        f'{{"device":"cam-1","occurrence":"{_occurrence(letter)}","sha256":"{sha}","width":2,"height":2,"jpeg":"/9j/"}}'
    )


def test_a_picture_goes_into_the_timeline_once(village: Village) -> None:
    incident_id = village.alarm()
    village.event(_snapshot("a"))
    village.event(_snapshot("a"))
    [picture] = village.rows(tables.snapshot)
    assert (picture.device, picture.jpeg) == ("cam-1", b"\xff\xd8\xff")
    assert village.entries(incident_id, "snapshot") == [{"snapshot": picture.id, "device": "cam-1"}]


def test_a_picture_and_a_bell_that_came_before_their_alarm_are_taken_up(village: Village) -> None:
    from keng_hub import registry

    bell = Sounder(output="coi-1", pattern="security", on=True, occurrence=_occurrence("a"), since_frame=40)
    village.do(registry.write_history, [registry.history(village.event_arrival(bell))])
    village.event(bell)
    village.event(_snapshot("a"))
    incident_id = village.alarm()
    [alarm] = village.rows(tables.alarm)
    assert alarm.sounded_at == alarm.frame_at + 40
    assert len(village.entries(incident_id, "snapshot")) == 1


def test_an_event_that_means_nothing_here_is_passed_over(village: Village) -> None:
    from keng_wire.event import Started

    village.event(Started(version="0.1.0", hardware="thử"))
    assert village.rows(tables.incident) == []


# Faults of telling people --------------------------------------------------------------------------------------------


def test_a_person_nobody_could_reach_is_a_fault_until_something_is_accepted(village: Village) -> None:
    fire = village.alarm()
    village.do(faults.undelivered, fire, "truc-ban", village.now)
    [fault] = village.rows(tables.incident, tables.incident.c.cause == "undelivered")
    assert (fault.severity, fault.condition, fault.place_words) == ("high", "active", "Máy chủ xã")
    assert village.entries(fire, "delivery") == [{"recipient": "truc-ban", "result": "undelivered"}]
    village.do(faults.reached, "truc-ban", village.now)
    assert village.row(tables.incident, fault.id).condition == "cleared"


def test_a_fault_about_telling_people_makes_no_further_one(village: Village) -> None:
    fire = village.alarm()
    village.do(faults.undelivered, fire, "truc-ban", village.now)
    village.do(faults.undelivered, 2, "truong-thon", village.now)
    assert len(village.rows(tables.incident)) == 2
    assert village.entries(2, "delivery") == [{"recipient": "truong-thon", "result": "undelivered"}]


def test_a_channel_that_does_not_work_is_a_fault_until_it_does(village: Village) -> None:
    village.do(faults.channel_down, "webhook", "transient 503", village.now)
    village.do(faults.channel_down, "webhook", "transient 503", village.now)
    [row] = village.rows(tables.incident)
    assert (row.cause, row.severity) == ("channel", "high")
    village.do(faults.channel_up, "webhook", village.now)
    assert village.row(tables.incident, row.id).condition == "cleared"
