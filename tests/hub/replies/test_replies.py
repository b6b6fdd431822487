"""What people send is acted on once, answered once, and what cannot be understood waits for a person."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.deliveries.ledger import Letter, Person, Step, Text, enqueue
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import actions
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.states import Verdict
from keng_hub.people.recipients import recipient_id
from keng_hub.points.photos import Photo
from keng_hub.replies import photos, reports, retention, texts, updates
from keng_hub.replies.answering import MOST
from keng_hub.replies.part import Replies
from keng_hub.replies.reports import Report, ReportMark
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category
from support.homes import BASE, PHONE, add_home, answers, send
from support.village_rows import DUTY, START, Village

DUTY_PHONE = "+84900000001"
both = pytest.mark.parametrize("village", ["sqlite", "postgresql"], indirect=True)
"""Where the database might make a difference."""


@pytest.fixture
def duty(village: Village) -> Village:
    """The duty officer has a telephone and an account."""
    ladder = [{"channel": "sms", "address": DUTY_PHONE, "after_s": 0}]
    values = {"ladder": ladder, "account": "truc"}
    village.execute(sa.update(tables.recipient).where(tables.recipient.c.id == "truc-ban").values(**values))
    return village


def _alarm_home(village: Village, incident: int, home: int, **more: Any) -> None:
    """The household was told of the incident by SMS, and the provider took it."""
    text = Text("CHÁY. Ngõ 3.", "CHAY. Ngo 3.", "FIRE.")
    letter = Letter(incident, "SC-0001", DeliveryKind.ALARM, Category.FIRE, drill=False, text=text)
    village.do(enqueue, letter, [Person(recipient_id(home), [Step("sms", PHONE)])], village.now)
    to_home = sa.select(tables.delivery.c.id).where(tables.delivery.c.recipient == recipient_id(home))
    values = {"state": "accepted"} | more
    village.execute(sa.update(tables.attempt).where(tables.attempt.c.delivery.in_(to_home)).values(**values))


def _state_of_try(village: Village, home: int) -> str:
    to_home = sa.select(tables.delivery.c.id).where(
        tables.delivery.c.recipient == recipient_id(home), tables.delivery.c.kind == "alarm"
    )
    return str(village.rows(tables.attempt, tables.attempt.c.delivery.in_(to_home))[0].state)


# NHAN ----------------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("text", ["NHAN 0001", "nhận SC-2026-0001", "NHAN"])
def test_the_duty_officer_takes_an_incident_by_a_message(duty: Village, text: str) -> None:
    incident = duty.alarm()
    row = duty.row(tables.inbound, send(duty, text, DUTY_PHONE))
    assert (row.meaning, row.incident, row.reason) == ("acknowledge", incident, None)
    taken = duty.row(tables.incident, incident)
    assert (taken.state, taken.owner) == ("acknowledged", DUTY)
    assert answers(duty) == ["Da ghi: ban tiep nhan SC-0001 luc 18:06."]
    assert duty.rows(tables.audit_entry)[-1].act == "reply NHAN SC-2026-0001"


def test_an_address_nobody_has_takes_nothing_and_waits_for_staff(duty: Village) -> None:
    incident = duty.alarm()
    row = duty.row(tables.inbound, send(duty, "NHAN 0001", "+84999999999"))
    assert (row.reason, row.handled) == ("unknown_sender", None)
    assert duty.row(tables.incident, incident).state == "new"
    assert "chua dang ky" in answers(duty)[0]


def test_a_household_may_not_take_an_incident(duty: Village) -> None:
    duty.do(add_home)
    incident = duty.alarm()
    assert duty.row(tables.inbound, send(duty, "NHAN 0001")).reason == "no_right"
    assert duty.row(tables.incident, incident).state == "new"


def test_an_account_that_was_closed_takes_nothing(duty: Village) -> None:
    duty.alarm()
    duty.execute(sa.update(tables.account).values(disabled=True))
    assert duty.row(tables.inbound, send(duty, "NHAN 0001", DUTY_PHONE)).reason == "no_right"


def test_an_incident_of_another_village_is_none(duty: Village) -> None:
    duty.alarm()
    duty.execute(sa.update(tables.account).values(place="thon-khac"))
    send(duty, "NHAN 0001", DUTY_PHONE)
    assert answers(duty) == ["Khong co su co nao mang so 0001 o dia ban cua ban."]


def test_which_incident_is_asked_when_two_wait(duty: Village) -> None:
    duty.alarm("a")
    duty.alarm("b", category=Category.SECURITY, cause="intrusion")
    send(duty, "NHAN", DUTY_PHONE)
    assert answers(duty) == ["Dang cho: SC-0002, SC-0001. Tra loi NHAN va so, vi du NHAN 0002."]


def test_who_comes_after_the_end_is_told_when_it_ended(duty: Village) -> None:
    incident = duty.alarm()
    duty.act(actions.acknowledge, incident, DUTY)
    duty.act(actions.close, incident, DUTY, Verdict.DEVICE_FAULT, "đã dập")
    row = duty.row(tables.inbound, send(duty, "NHAN 0001", DUTY_PHONE))
    assert row.reason == "closed"
    assert answers(duty) == ["SC-0001 da dong luc 18:06 18/11. Cau tra loi cua ban da duoc ghi."]


# AN TOAN, CAN GIUP ---------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(("text", "answer"), [("an toàn", "safe"), ("CAN GIUP", "need_help")])
def test_a_household_answers_the_roll_call(village: Village, text: str, answer: str) -> None:
    home, incident = village.do(add_home), village.alarm()
    _alarm_home(village, incident, home)
    row = village.row(tables.inbound, send(village, text))
    assert (row.incident, row.household, row.reason) == (incident, home, None)
    [said] = village.rows(tables.roll_call_answer)
    assert (said.household, said.answer) == (home, answer)
    assert _state_of_try(village, home) == "replied"
    assert village.entries(incident, "roll_call")[-1]["answer"] == answer


def test_a_denial_is_a_call_for_help(village: Village) -> None:
    home, incident = village.do(add_home), village.alarm()
    _alarm_home(village, incident, home)
    send(village, "không an toàn")
    assert village.rows(tables.roll_call_answer)[0].answer == "need_help"
    assert "114" in answers(village)[0]


def test_in_a_drill_nobody_is_sent_to_114(village: Village) -> None:
    home, incident = village.do(add_home), village.alarm(drill=True)
    _alarm_home(village, incident, home)
    send(village, "CAN GIUP")
    assert answers(village)[0].startswith("DIEN TAP. ")
    assert "114" not in answers(village)[0]


@both
def test_help_is_called_also_when_nothing_is_known_there(village: Village) -> None:
    home = village.do(add_home)
    row = village.row(tables.inbound, send(village, "cứu tôi với"))
    opened = village.row(tables.incident, row.incident)
    assert (opened.category, opened.place, opened.state) == ("medical", "so-5", "new")
    assert village.rows(tables.resident_report)[0].household == home


def test_safe_of_nothing_waits_for_a_person(village: Village) -> None:
    village.do(add_home)
    assert village.row(tables.inbound, send(village, "an toan")).reason == "no_incident"


def test_one_telephone_of_two_households_calls_neither_safe(village: Village) -> None:
    homes, incident = [village.do(add_home), village.do(add_home, "so-7")], village.alarm()
    for home in homes:
        _alarm_home(village, incident, home)
    assert village.row(tables.inbound, send(village, "an toan")).reason == "which_household"
    assert village.rows(tables.roll_call_answer) == []
    send(village, "can giup")
    assert {row.answer for row in village.rows(tables.roll_call_answer)} == {"need_help"}


def test_safe_after_the_end_is_written_down_and_said_so(village: Village) -> None:
    home, incident = village.do(add_home), village.alarm()
    _alarm_home(village, incident, home)
    village.act(actions.acknowledge, incident, DUTY)
    village.act(actions.close, incident, DUTY, Verdict.DEVICE_FAULT, "đã dập")
    assert village.row(tables.inbound, send(village, "an toan")).reason == "closed"
    assert "da dong luc" in answers(village)[0]
    assert _state_of_try(village, home) == "replied"


# DUNG, LIENKET, 1, and what is not understood ------------------------------------------------------------------------


@both
def test_a_household_leaves_by_a_word(village: Village) -> None:
    village.do(add_home)
    send(village, "DUNG")
    assert village.rows(tables.contact)[0].state == "left"
    assert "Da dung gui tin" in answers(village)[0]


def test_digits_that_nobody_was_given_link_nothing(village: Village) -> None:
    assert village.row(tables.inbound, send(village, "LIENKET 123456", "chat-7", "zalo_bot")).reason == "wrong_digits"


def test_one_proves_that_a_test_message_arrived(village: Village) -> None:
    home, incident = village.do(add_home), village.alarm()
    _alarm_home(village, incident, home)
    send(village, "1")
    assert _state_of_try(village, home) == "replied"
    assert answers(village) == ["Cam on, kenh nay hoat dong tot."]


def test_what_is_not_understood_waits_with_its_reason(village: Village) -> None:
    village.do(add_home)
    row = village.row(tables.inbound, send(village, "hôm nay có họp không?"))
    assert (row.meaning, row.reason, row.handled) == ("unclear", "unclear", None)


@both
def test_a_call_for_help_from_nowhere_is_told_to_staff_at_once_and_not_without_end(village: Village) -> None:
    for number in range(8):
        send(village, "CAN GIUP", f"+8498800000{number}")
    told = village.rows(tables.delivery, tables.delivery.c.recipient == "truc-ban")
    assert len(told) == 5
    assert (told[0].category, told[0].priority) == ("medical", 1)
    assert f"{BASE}/messages" in told[0].body_ascii
    send(village, "có họp không", "+84988000009")
    assert len(village.rows(tables.delivery, tables.delivery.c.recipient == "truc-ban")) == 5


def test_each_answer_fits_into_one_message_without_marks() -> None:
    fixed = [one for one in vars(texts).values() if isinstance(one, Text)]
    answers = [*fixed, texts.stranger(Emergency()), texts.which_incident([f"SC-2026-{n:04d}" for n in range(9)])]
    assert len(answers) > 8
    assert [one.ascii for one in answers if len(one.ascii) > 160 or not one.ascii.isascii()] == []


# Twice, huge, in a circle --------------------------------------------------------------------------------------------


@both
def test_the_same_message_twice_is_one(village: Village) -> None:
    home, incident = village.do(add_home), village.alarm()
    _alarm_home(village, incident, home)
    for _ in range(3):
        send(village, "CAN GIUP", key="một tin")
    assert len(village.rows(tables.inbound)) == len(answers(village)) == 1


def test_a_huge_message_is_read_at_its_beginning(village: Village) -> None:
    village.do(add_home)
    row = village.row(tables.inbound, send(village, "x" * 1_000_000))
    assert (row.reason, len(row.text)) == ("unclear", 4000)


def test_a_machine_that_answers_everything_is_answered_a_few_times(village: Village) -> None:
    village.do(add_home)
    for _ in range(MOST + 5):
        send(village, "Cảm ơn bạn đã liên hệ!")
    assert len(answers(village)) == MOST
    village.wait(600)
    send(village, "1234567")
    assert len(answers(village)) == MOST + 1


def test_who_sends_our_own_words_back_is_not_answered(village: Village) -> None:
    village.do(add_home)
    send(village, "ờ")
    send(village, f"Fwd: {answers(village)[0]}")
    assert len(answers(village)) == 1


def _break(*_: object) -> list[int]:
    raise ZeroDivisionError


@pytest.mark.expects_log("could not be acted on")
async def test_a_message_that_breaks_an_act_holds_up_no_other(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    village.do(add_home)
    monkeypatch.setattr("keng_hub.people.leaving.leave", _break)
    for key, text in enumerate(("DUNG", "gì vậy")):
        values = {
            "channel": "sms",
            "provider_id": str(key),
            "address": PHONE,
            "text": text,
            "at": 1,
            "received": village.now,
        }
        village.execute(sa.insert(tables.inbound).values(**values))
    replies = Replies(village.database, Wakes(), BASE, Emergency(), 30, clock=village.clock)
    assert await replies.run_once() == 2
    assert [row.reason for row in village.rows(tables.inbound)] == ["failed", "unclear"]
    assert (await replies.health()).ok


# Reports -------------------------------------------------------------------------------------------------------------


@both
def test_a_reported_fire_is_an_incident_and_its_reporter_is_kept_informed(village: Village) -> None:
    village.do(add_home)
    row = village.row(tables.inbound, send(village, "BAO cháy nhà 5"))
    [report] = village.rows(tables.resident_report)
    assert (report.category, report.incident, report.inbound) == ("fire", row.incident, row.id)
    assert f"{BASE}/s/{report.code}" in answers(village)[0]
    assert not village.do(updates.due)
    village.act(actions.acknowledge, row.incident, DUTY)
    assert village.do(updates.tell, BASE, village.now) == 1
    village.act(actions.close, row.incident, DUTY, Verdict.DEVICE_FAULT, "đã dập")
    assert village.do(updates.tell, BASE, village.now) == 1
    assert village.do(updates.tell, BASE, village.now) == 0
    said = [one.body_ascii for one in village.rows(tables.delivery) if one.kind == "update"]
    assert ["dang duoc xu ly" in text for text in said[-2:]] == [True, False]
    assert "da xu ly xong" in said[-1]


def test_a_report_joins_what_a_sensor_says_at_the_same_place(village: Village) -> None:
    village.do(add_home)
    incident = village.alarm()
    assert village.row(tables.inbound, send(village, "báo cháy to quá")).incident == incident


def _report(number: int, category: Category = Category.FIRE, text: str = "cháy", at: int = START) -> Report:
    return Report(f"trang-{number}", "so-5", category, text, "bang-1", at)


@both
def test_a_first_report_is_never_held_back_and_a_flood_wakes_nobody_anew(village: Village) -> None:
    first = village.do(reports.take, _report(0), village.now)
    for number in range(1, 8):
        assert village.do(reports.take, _report(number), village.now).incident == first.incident
    marks = [row.marks for row in village.rows(tables.resident_report)]
    assert marks[:3] == [[], [], []]
    assert marks[3] == [ReportMark.MANY.value]
    assert len(village.entries(first.incident, "report")) == 3
    other = village.do(reports.take, _report(9, category=Category.MEDICAL), village.now)
    assert other.incident != first.incident, "a flood of one kind hides no danger of another"
    assert not village.do(reports.too_many, "bang-1", village.now)


def test_the_same_form_twice_is_one_report(village: Village) -> None:
    assert village.do(reports.take, _report(1), village.now) == village.do(reports.take, _report(1), village.now)
    assert len(village.rows(tables.resident_report)) == 1


def test_a_hoax_before_is_a_mark_and_the_number_of_a_citizen_too(village: Village) -> None:
    taken = village.do(reports.take, _report(1), village.now)
    village.act(actions.acknowledge, taken.incident, DUTY)
    village.act(actions.close, taken.incident, DUTY, Verdict.HOAX, "không có gì")
    village.wait(3600)
    again = village.do(reports.take, _report(2, text="cháy, CCCD 001099012345", at=village.now), village.now)
    assert again.incident != taken.incident
    assert village.row(tables.resident_report, again.id).marks == ["citizen_id", "hoax_before"]
    assert village.row(tables.incident, again.incident).state == "new", "it is told like any other"


@both
def test_a_photo_goes_after_its_days_unless_its_incident_is_open(village: Village) -> None:
    taken = village.do(reports.take, _report(1), village.now)
    photo = Photo(b"\xff\xd8\xff", 4, 3)
    assert village.do(photos.keep, taken.id, photo, village.now)
    assert not village.do(photos.keep, taken.id, photo, village.now)
    village.wait(31 * 86_400)
    assert village.do(photos.delete_old, 30, village.now) == 0
    village.act(actions.acknowledge, taken.incident, DUTY)
    village.act(actions.close, taken.incident, DUTY, Verdict.DEVICE_FAULT, "xong")
    assert village.do(photos.old, 30, village.now)
    assert village.do(photos.delete_old, 30, village.now) == 1
    assert village.rows(tables.report_photo) == []
    assert village.rows(tables.media_deletion)[-1].device == "tin-bao"


@both
def test_messages_and_reports_go_after_a_year_and_those_of_an_open_incident_stay(village: Village) -> None:
    village.do(add_home)
    send(village, "ờ")
    row = village.row(tables.inbound, send(village, "BAO cháy nhà 5"))
    village.wait(366 * 86_400)
    assert village.do(retention.delete_old, village.now) == 1
    assert [one.id for one in village.rows(tables.inbound)] == [row.id]
    village.act(actions.acknowledge, row.incident, DUTY)
    village.act(actions.close, row.incident, DUTY, Verdict.DEVICE_FAULT, "xong")
    while village.do(retention.due, village.now):
        village.do(retention.delete_old, village.now)
    assert village.rows(tables.inbound) == village.rows(tables.resident_report) == []
