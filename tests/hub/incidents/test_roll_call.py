"""The roll call: who is called, what the newest word is, and that nobody who did not answer is forgotten."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, roll_call
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.states import Verdict
from keng_hub.incidents.sweep import overdue, sweep
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, START, Village, add_recipient

HOUSES = [(1, "so-5", "Số 5"), (2, "ngo-3", "Nhà 7, ngõ 3"), (3, "thon-khac", "Nhà 1"), (4, "ngo-3", "Nhà cũ")]


@pytest.fixture
def fire(village: Village) -> int:
    """A fire in number 5, of an alley with two households and one that has moved away."""
    for key, place, label in HOUSES:
        ended = START - 1 if label == "Nhà cũ" else None
        values = {"place": place, "label": label, "call_numbers": ["+84900000000"], "added": START, "ended": ended}
        village.execute(sa.insert(tables.household).values(id=key, **values))
    return village.alarm()


def _known(village: Village, incident_id: int) -> dict[int, str]:
    rows = village.database.read_now(roll_call.for_rescuers, incident_id)
    return {row["household"]: row["answer"] for row in rows}


def _answer(village: Village, incident_id: int, household: int, said: RollCallAnswer, **who: Any) -> bool:
    changed: bool = village.do(roll_call.answer, incident_id, household, said, village.now, **who)
    return changed


def test_the_households_of_the_alley_are_called(village: Village, fire: int) -> None:
    assert village.act(roll_call.start, fire) == 2
    assert _known(village, fire) == {1: "no_answer", 2: "no_answer"}
    row = village.rows(tables.roll_call)[0]
    assert (row.place, row.due, row.complete) == ("ngo-3", START + 600_000, None)
    assert village.act(roll_call.start, fire) == 0


def test_it_begins_by_itself_once_residents_were_told_of_a_fire(village: Village, fire: int) -> None:
    assert village.do(sweep, village.now) == 0
    village.do(add_recipient, "ho-1", [], tier=0, household=1)
    letter = dict(zip(tables.delivery.columns.keys(), village.letters(fire)[0], strict=True)) | {
        "id": 99,
        "recipient": "ho-1",
    }
    village.execute(sa.insert(tables.delivery).values(letter))
    assert village.do(sweep, village.now) == 1
    assert set(_known(village, fire)) == {1, 2}
    assert village.do(sweep, village.now) == 0


def test_the_newest_word_holds_and_each_stays_in_the_timeline(village: Village, fire: int) -> None:
    assert _answer(village, fire, 1, RollCallAnswer.NEED_HELP)
    assert _answer(village, fire, 1, RollCallAnswer.SAFE, account=DUTY)
    assert not _answer(village, fire, 1, RollCallAnswer.SAFE)
    assert _known(village, fire) == {2: "no_answer", 1: "safe"}
    said = [entry["answer"] for entry in village.entries(fire, "roll_call") if "answer" in entry]
    assert said == ["need_help", "safe"]


def test_who_needs_help_is_told_to_the_desk_and_stands_first(village: Village, fire: int) -> None:
    village.act(actions.acknowledge, fire, DUTY)
    village.act(roll_call.start, fire)
    _answer(village, fire, 2, RollCallAnswer.NEED_HELP)
    assert list(_known(village, fire)) == [2, 1]
    assert "CÓ HỘ CẦN GIÚP" in village.letters(fire)[-1].body_vi


@ONE_DATABASE
def test_it_is_complete_when_everybody_answered_and_not_overdue_then(village: Village, fire: int) -> None:
    village.act(roll_call.start, fire)
    for household in (1, 2):
        _answer(village, fire, household, RollCallAnswer.SAFE)
    assert village.rows(tables.roll_call)[0].complete == START
    village.act(actions.acknowledge, fire, DUTY)
    village.wait(601)
    assert village.do(sweep, village.now) == 0


def test_after_ten_minutes_the_desk_hears_once_of_who_did_not_answer(village: Village, fire: int) -> None:
    village.act(actions.acknowledge, fire, DUTY)
    village.act(roll_call.start, fire)
    _answer(village, fire, 1, RollCallAnswer.SAFE)
    village.wait(599)
    assert village.do(sweep, village.now) == 0
    village.wait(1)
    assert village.do(overdue, village.now, 0) == 1
    assert village.do(sweep, village.now) == 1
    assert village.do(sweep, village.now) == 0
    assert village.entries(fire, "roll_call")[-1] == {"overdue": True, "missing": 1}
    assert "ĐIỂM DANH QUÁ HẠN" in village.letters(fire)[-1].body_vi


def test_a_household_from_elsewhere_may_answer_too(village: Village, fire: int) -> None:
    assert _answer(village, fire, 3, RollCallAnswer.SAFE)
    assert _known(village, fire) == {1: "no_answer", 2: "no_answer", 3: "safe"}


@ONE_DATABASE
def test_what_cannot_be_is_refused(village: Village, fire: int) -> None:
    with pytest.raises(Refused) as unknown:
        _answer(village, fire, 77, RollCallAnswer.SAFE)
    assert unknown.value.code == "no_household"
    with pytest.raises(Refused) as missing:
        _answer(village, 77, 1, RollCallAnswer.SAFE)
    assert missing.value.code == "not_found"
    village.act(actions.acknowledge, fire, DUTY)
    village.act(actions.close, fire, DUTY, Verdict.DEVICE_FAULT, "đầu báo hỏng")
    with pytest.raises(Refused) as over:
        village.act(roll_call.start, fire)
    assert over.value.code == "closed"


@ONE_DATABASE
def test_a_place_without_households_has_no_roll_call(village: Village) -> None:
    incident_id = village.alarm()
    with pytest.raises(Refused) as refused:
        village.act(roll_call.start, incident_id)
    assert refused.value.code == "no_households"
