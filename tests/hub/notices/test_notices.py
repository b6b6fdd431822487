"""A notice is written from a template, agreed to where the rule says so, sent once in slices, and counted."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.deliveries import ledger
from keng_hub.deliveries.claims import Room, claim
from keng_hub.incidents import actions
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.states import Verdict
from keng_hub.notices import alarms, audience, links, making, outcome, sending
from keng_hub.notices.making import Draft, Refused
from keng_hub.notices.part import Notices
from keng_hub.notices.templates import LONGEST, BadDraft, parts, templates, write
from keng_hub.people import groups
from keng_hub.replies import reports
from keng_hub.replies.reports import Report
from keng_hub.wakes import Wakes
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category, Evidence, Phase
from support.homes import BASE, add_home
from support.village_rows import DUTY, HEAD, Village, add_recipient

NUMBERS = Emergency()
both = pytest.mark.parametrize("village", ["sqlite", "postgresql"], indirect=True)
"""Where the database might make a difference."""
OUTAGE = {"begin": "2026-11-20T08:00", "end": "2026-11-20T11:30", "area": "Ngõ 3", "reason": "bảo trì"}
FILLED = {"time": "2026-11-20T08:00", "text": "nhà văn hóa thôn", "long": "Bà con ở trong nhà, chằng chống cửa."}


def account(key: int = DUTY, role: str = "duty", place: str | None = None) -> Account:
    """Somebody who is logged in."""
    return Account(key, "ai", "Nguyễn Văn Mẫu", role, place, False, "vi", session="")


LEAD = account(HEAD, "commune_lead")


@pytest.fixture
def homes(village: Village) -> list[int]:
    """Two households with telephones in the alley, one without."""
    phones = [("so-5", "+84912000001"), ("so-7", "+84912000002"), ("so-7", None)]
    return [village.do(add_home, place, phone) for place, phone in phones]


def make(village: Village, scope: str = "ngo-3", author: Account | None = None, **more: Any) -> int:
    """A notice of a power cut."""
    draft = Draft("planned_outage", scope, OUTAGE, **more)
    made: int = village.do(making.make, author or account(), draft, NUMBERS, village.now)
    return made


def send(village: Village, key: int) -> None:
    """All its slices."""
    while village.do(sending.slice_of, key, BASE, village.now):
        pass


def letters(village: Village, key: int) -> dict[str, str]:
    """Recipient → text without marks."""
    rows = village.rows(tables.delivery, tables.delivery.c.notice == key)
    return {row.recipient: row.body_ascii for row in rows}


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(templates()))
def test_every_template_fits_into_two_messages(name: str) -> None:
    template = templates()[name]
    written = write(template, {key: FILLED[kind] for key, kind in template.fields.items()}, "TB-0012")
    assert written.text.ascii.isascii()
    assert "{" not in written.text.vi + written.text.en + written.spoken
    assert len(written.text.ascii) <= LONGEST
    assert parts(written.text.ascii) <= 2
    assert written.text.vi.endswith(" TB-0012")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"begin", "end", "area", "reason"}),
        (OUTAGE | {"begin": "mai"}, {"begin"}),
        (OUTAGE | {"area": "x" * 81}, {"area"}),
        (OUTAGE | {"area": "\x07"}, {"area"}),
        (OUTAGE | {"reason": "CCCD 001099012345"}, {"reason"}),
    ],
)
def test_a_draft_says_what_is_wrong_with_it(fields: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(BadDraft) as bad:
        write(templates()["planned_outage"], fields, "TB-0001")
    assert set(bad.value.problems) == wrong


def test_a_text_too_long_for_two_messages_is_refused() -> None:
    fields = {"where": "x" * 80, "meet": "x" * 80, "reason": "x" * 80}
    with pytest.raises(BadDraft):
        write(templates()["evacuation"], fields, "TB-0001")


def test_no_emergency_number_stands_in_a_drill(village: Village) -> None:
    draft = Draft("drill", "ngo-3", {"what": "gọi 114", "begin": OUTAGE["begin"], "end": OUTAGE["end"]})
    with pytest.raises(BadDraft) as bad:
        village.do(making.make, account(), draft, NUMBERS, village.now)
    assert set(bad.value.problems) == {"what"}


# Approval, time, end -------------------------------------------------------------------------------------------------


@both
def test_a_whole_village_is_told_only_with_the_word_of_the_leader(village: Village, homes: list[int]) -> None:
    key = make(village, "thon-mau")
    assert village.row(tables.notice, key).state == "waiting"
    assert village.do(sending.due, village.now) == []
    with pytest.raises(Refused, match="Somebody else"):
        village.do(making.approve, key, account(), village.now)
    village.do(making.approve, key, LEAD, village.now)
    assert village.do(sending.due, village.now) == [key]
    send(village, key)
    assert len(letters(village, key)) == 2
    with pytest.raises(Refused, match="does not wait"):
        village.do(making.approve, key, LEAD, village.now)


def test_the_leader_speaks_alone_and_an_alley_needs_nobody(village: Village) -> None:
    assert village.row(tables.notice, make(village, "xa-mau", LEAD)).state == "ready"
    assert village.row(tables.notice, make(village)).state == "ready"


def test_nobody_speaks_to_places_of_others(village: Village) -> None:
    head = account(HEAD, "village_head", "thon-khac")
    with pytest.raises(Refused, match="do not look after"):
        make(village, "ngo-3", head)
    with pytest.raises(Refused, match="do not look after"):
        make(village, "khong-co")
    key = make(village, "thon-mau")
    with pytest.raises(Refused, match="do not look after"):
        village.do(making.cancel, key, head, "thôi", village.now)


def test_a_notice_waits_for_its_time_and_is_not_sent_after_it(village: Village, homes: list[int]) -> None:
    hour = 3_600_000
    key = make(village, starts=village.now + hour, expires=village.now + 2 * hour)
    assert village.do(sending.due, village.now) == []
    village.wait(3 * 3600)
    send(village, key)
    assert (village.row(tables.notice, key).state, letters(village, key)) == ("expired", {})


@pytest.mark.parametrize(("starts", "expires"), [(5, 5), (5, 1), (0, 31 * 86_400_000)])
def test_times_that_make_no_sense_are_refused(village: Village, starts: int, expires: int) -> None:
    with pytest.raises(Refused, match="end after it begins"):
        make(village, starts=village.now + starts, expires=village.now + expires)


@both
def test_a_cancelled_notice_stops_what_is_not_on_its_way(village: Village, homes: list[int]) -> None:
    key = make(village)
    with pytest.raises(Refused, match="reason"):
        village.do(making.cancel, key, account(), " ", village.now)
    village.execute(sa.update(tables.notice).values(state="sending", reached_to="ho-1"))
    send(village, key)
    village.execute(sa.update(tables.notice).values(state="sending"))
    village.do(making.cancel, key, account(), "sai ngày", village.now)
    assert {row.state for row in village.rows(tables.attempt)} == {"stopped"}
    send(village, key)
    assert village.row(tables.notice, key).state == "cancelled"
    with pytest.raises(Refused, match="ended before"):
        village.do(making.cancel, key, account(), "sai ngày", village.now)


# Sending -------------------------------------------------------------------------------------------------------------


@both
def test_households_group_chats_leaders_and_loudspeakers_are_told_each_their_way(
    village: Village, homes: list[int]
) -> None:
    village.do(groups.add_channel, "ngo-3", "zalo_oa", "nhóm-1", "Nhóm ngõ 3", village.now)
    village.do(add_recipient, "to-truong", [{"channel": "email", "address": "to@ngo.example"}], place="ngo-3")
    speaker: dict[str, Any] = {
        "node": "ngo-3",
        "id": "loa",
        "kind": "loudspeaker",
        "name": "Loa",
        "place": "ngo-3",
        "marks": [],
    }
    village.execute(sa.insert(tables.device).values(**speaker))
    assert village.do(audience.count, "ngo-3") == audience.Counted(3, 1, 1, 1, 1)
    key = make(village, spoken=True)
    village.do(sending.slice_of, key, BASE, village.now, speaking=True)
    sent = letters(village, key)
    assert set(sent) == {"ho-1", "ho-2", "nhom-1", "to-truong", "loa-ngo-3"}
    assert sent["ho-1"] == "CAT DIEN theo ke hoach tu 08:00 20/11 den 11:30 20/11: Ngo 3. Ly do: bao tri. TB-0001"
    assert "Xin nhắc lại" in sent["loa-ngo-3"]
    [spoken] = village.rows(tables.attempt, tables.attempt.c.channel == "loudspeaker")
    assert spoken.address == "ngo-3"
    silent = make(village)
    village.do(sending.slice_of, silent, BASE, village.now, speaking=True)
    assert "loa-ngo-3" not in letters(village, silent)


@both
def test_a_notice_goes_on_after_a_restart_and_tells_nobody_twice(
    village: Village, homes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SLICE", 1)
    key = make(village)
    assert village.do(sending.slice_of, key, BASE, village.now)
    assert village.row(tables.notice, key).state == "sending"
    send(village, key)
    assert village.row(tables.notice, key).state == "sent"
    assert [row.recipient for row in village.rows(tables.delivery)] == ["ho-1", "ho-2"]
    assert not village.do(sending.slice_of, key, BASE, village.now)


def test_only_what_cannot_wait_wakes_people_at_night(village: Village, homes: list[int]) -> None:
    village.wait(5 * 3600)  # 23:06
    key = make(village)
    fields = {"where": "Ngõ 3", "meet": "đình", "reason": "nước lên"}
    urgent = village.do(making.make, account(), Draft("evacuation", "ngo-3", fields), NUMBERS, village.now)
    for one in (key, urgent):
        send(village, one)
    due = {row.notice: row.quiet for row in village.rows(tables.delivery)}
    assert due == {key: True, urgent: False}


# Alarms --------------------------------------------------------------------------------------------------------------


def _tell(village: Village, incident: int, scope: str = "ngo-3") -> int:
    key: int = village.do(alarms.tell, incident, scope, account(), village.now)
    send(village, key)
    return key


@both
def test_residents_are_alarmed_with_a_link_of_their_own_and_answer_by_it(village: Village, homes: list[int]) -> None:
    incident = village.alarm(evidence=Evidence.PERSON)
    key = _tell(village, incident)
    text = letters(village, key)["ho-1"]
    [link, _] = village.rows(tables.answer_link)
    assert text.startswith("CHAY: So 5, Ngo 3, Thon Mau, Xa Mau. Ra ngoai, tranh khoi, dong cua lai. Tra loi AN TOAN")
    assert "SC-0001" in text
    assert {f"{BASE}/a/{row.code}" in text for row in village.rows(tables.answer_link)} == {True, False}
    row = village.rows(tables.delivery, tables.delivery.c.notice == key)[0]
    assert (row.kind, row.category, row.priority, row.quiet) == ("alarm", "fire", 0, False)
    village.set_attempts(incident, "accepted")
    village.do(links.opened, link.code, village.now)
    assert village.do(links.answer, link.code, RollCallAnswer.SAFE, village.now)
    said = village.do(links.find, link.code, village.now)
    assert (said.answer, said.household) == ("safe", link.household)
    [row] = [one for one in village.do(outcome.by_group, village.row(tables.notice, key)) if one.place == "ngo-3"]
    assert row[2:] == (3, 2, 1, 1, 1, 1, 0)
    assert [one.told for one in village.do(outcome.unheard, village.row(tables.notice, key), 10)] == [False]


@both
def test_the_all_clear_goes_to_exactly_those_who_were_alarmed(village: Village, homes: list[int]) -> None:
    incident = village.alarm()
    _tell(village, incident)
    village.set_attempts(incident, "accepted")
    village.do(add_home, "so-5", "+84912000009")
    assert {one.id for one in village.do(ledger.alarmed, incident)} == {"truc-ban", "man-hinh-truc", "ho-1", "ho-2"}


@both
def test_the_duty_officers_click_takes_no_alarm_from_residents(village: Village, homes: list[int]) -> None:
    incident = village.alarm(category=Category.SECURITY, cause="intrusion")
    key = _tell(village, incident)
    village.act(actions.acknowledge, incident, DUTY)
    to_homes = sa.select(tables.delivery.c.id).where(tables.delivery.c.notice == key)
    states = {row.state for row in village.rows(tables.attempt, tables.attempt.c.delivery.in_(to_homes))}
    assert states == {"queued"}


def test_a_drill_says_so_first_and_names_no_number(village: Village, homes: list[int]) -> None:
    incident = village.alarm(drill=True)
    text = letters(village, _tell(village, incident))["ho-1"]
    assert text.startswith("DIEN TAP. CHAY")
    assert "114" not in text
    assert village.rows(tables.delivery, tables.delivery.c.recipient == "ho-1")[0].kind == "drill"


@pytest.mark.parametrize(
    ("more", "scope", "why"),
    [
        ({"test": True}, "ngo-3", "never of tests"),
        ({"category": Category.FAULT, "cause": "other"}, "ngo-3", "never of tests"),
        ({}, "thon-khac", "does not lie"),
        ({}, "so-5", "does not lie"),
    ],
)
def test_what_is_no_danger_there_alarms_no_resident(
    village: Village, more: dict[str, Any], scope: str, why: str
) -> None:
    incident = village.alarm(**more)
    with pytest.raises(Refused, match=why):
        village.do(alarms.tell, incident, scope, account(), village.now)


def test_a_false_alarm_alarms_nobody_any_more(village: Village) -> None:
    incident = village.alarm()
    village.act(actions.acknowledge, incident, DUTY)
    village.act(actions.give_verdict, incident, DUTY, Verdict.FALSE_ALARM, "nấu ăn")
    with pytest.raises(Refused, match="is over"):
        village.do(alarms.tell, incident, "ngo-3", account(), village.now)


def test_a_link_ends_with_its_week_and_answers_nothing_after_the_end(village: Village, homes: list[int]) -> None:
    incident = village.alarm()
    _tell(village, incident)
    code = village.rows(tables.answer_link)[0].code
    assert not village.do(links.answer, "khong-co", RollCallAnswer.SAFE, village.now)
    village.act(actions.acknowledge, incident, DUTY)
    village.act(actions.close, incident, DUTY, Verdict.DEVICE_FAULT, "đầu báo hỏng")
    assert not village.do(links.answer, code, RollCallAnswer.SAFE, village.now)
    village.wait(8 * 86_400)
    assert village.do(links.find, code, village.now) is None


@both
def test_no_resident_gets_a_link_that_only_staff_can_open(village: Village, homes: list[int]) -> None:
    _tell(village, village.alarm())
    rooms = {name: Room(20, 20) for name in ("sms", "webhook")}
    claimed = village.do(claim, rooms, village.now, 30_000, BASE)
    links_of = {one.channel: one.message.link for one in claimed}
    assert links_of == {"sms": None, "webhook": f"{BASE}/incidents/1"}


# The rule ------------------------------------------------------------------------------------------------------------


@both
async def test_a_sure_fire_is_told_by_rule_once(village: Village, homes: list[int]) -> None:
    part = Notices(village.database, Wakes(), BASE, automatic=True, clock=village.clock)
    incident = village.alarm(evidence=Evidence.PERSON)
    assert await part.run_once() == 1
    assert await part.run_once() == 0
    [row] = village.rows(tables.notice)
    assert (row.incident, row.scope, row.made_by, row.state) == (incident, "ngo-3", None, "sent")
    assert (await part.health()).ok


@pytest.mark.parametrize(
    "more", [{}, {"evidence": Evidence.PERSON, "test": True}, {"evidence": Evidence.PERSON, "isolated": True}]
)
async def test_one_detector_a_test_and_an_isolated_point_tell_no_resident_by_rule(
    village: Village, homes: list[int], more: dict[str, Any]
) -> None:
    village.alarm(**more)
    assert await Notices(village.database, Wakes(), BASE, automatic=True, clock=village.clock).run_once() == 0


async def test_without_the_rule_a_person_decides(village: Village, homes: list[int]) -> None:
    village.alarm(evidence=Evidence.PERSON, phase=Phase.RAISED)
    assert await Notices(village.database, Wakes(), BASE, automatic=False, clock=village.clock).run_once() == 0


def test_a_residents_report_alone_tells_nobody_by_rule(village: Village, homes: list[int]) -> None:
    report = Report("trang-1", "so-5", Category.FIRE, "cháy", "bang-1", village.now)
    village.do(reports.take, report, village.now)
    assert village.do(alarms.automatic, village.now) == []


@pytest.mark.expects_log("could not be written, the others go on")
async def test_a_notice_that_cannot_be_written_stops_no_other(
    village: Village, homes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make(village), make(village)
    whole = sending.slice_of

    def slice_of(connection: Connection, key: int, *rest: Any, **named: Any) -> bool:
        if key == bad:
            raise ZeroDivisionError
        return whole(connection, key, *rest, **named)

    monkeypatch.setattr(sending, "slice_of", slice_of)
    part = Notices(village.database, Wakes(), BASE, automatic=False, clock=village.clock)
    await part.run_once()
    assert [village.row(tables.notice, key).state for key in (bad, good)] == ["ready", "sent"]
    assert not (await part.health()).ok
