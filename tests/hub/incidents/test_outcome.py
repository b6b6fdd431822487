"""How an incident ends: its cause, its damage, who it was handed to, its photos and whom somebody called."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, call_card, handover, photos
from keng_hub.incidents.emergency import Emergency, dialled, numbers
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.handover import Handover
from keng_hub.incidents.outcome import CAUSES, CauseCode, FalseAlarmCause, Outcome
from keng_hub.incidents.states import State, Verdict
from keng_hub.points.photos import Photo
from keng_wire.alarm import Category, Cause
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, EXPLAINED, START, Village


def _held(village: Village, **body: Any) -> int:
    incident_id = village.alarm(**body)
    village.act(actions.acknowledge, incident_id, DUTY)
    return incident_id


def _refused(village: Village, code: str, act: Any, *arguments: Any, **named: Any) -> None:
    with pytest.raises(Refused) as refused:
        village.act(act, *arguments, **named)
    assert refused.value.code == code


@pytest.mark.parametrize("category", [Category.FIRE, Category.SECURITY])
def test_what_was_real_is_closed_with_its_cause_only(village: Village, category: Category) -> None:
    held = _held(village, category=category)
    close = (actions.close, held, DUTY, Verdict.CONFIRMED, "đã xong")
    _refused(village, "cause_needed", *close)
    _refused(village, "cause_needed", *close, ended=Outcome(false_alarm_cause=FalseAlarmCause.STEAM))
    assert village.row(tables.incident, held).verdict == "unverified"  # a refusal leaves nothing behind
    village.act(*close, ended=Outcome(cause=CAUSES[category][0], injured=1, damage="một gian bếp", loss=20_000_000))
    [row] = village.rows(tables.outcome)
    assert (row.cause, row.injured, row.dead, row.loss) == (CAUSES[category][0].value, 1, 0, 20_000_000)
    assert village.entries(held, "outcome")[0]["damage"] == "một gian bếp"


@ONE_DATABASE
def test_a_false_alarm_is_closed_with_what_set_it_off_only(village: Village) -> None:
    held = _held(village)
    close = (actions.close, held, DUTY, Verdict.FALSE_ALARM, "khói bếp")
    _refused(village, "false_alarm_cause_needed", *close)
    village.act(*close, ended=Outcome(false_alarm_cause=FalseAlarmCause.COOKING_SMOKE))
    assert village.row(tables.incident, held).state == "closed"


@ONE_DATABASE
def test_a_cause_of_another_kind_of_incident_is_refused(village: Village) -> None:
    close = (actions.close, _held(village), DUTY, Verdict.CONFIRMED, "đã xong")
    _refused(village, "wrong_cause", *close, ended=Outcome(cause=CauseCode.THEFT))


@ONE_DATABASE
def test_a_drill_and_a_device_fault_need_no_cause(village: Village) -> None:
    drill = _held(village, drill=True)
    village.act(actions.close, drill, DUTY, None, "hết diễn tập")
    faulty = _held(village, occurrence="b")
    village.act(actions.close, faulty, DUTY, Verdict.DEVICE_FAULT, "đầu báo hỏng")


@ONE_DATABASE
def test_filing_needs_the_number_of_a_document(village: Village) -> None:
    held = _held(village)
    village.act(actions.close, held, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    _refused(village, "document_needed", actions.change_state, held, DUTY, State.FILED, " ")
    village.act(actions.change_state, held, DUTY, State.FILED, "12/BC-UBND")
    assert village.entries(held, "state")[-1]["reason"] == "12/BC-UBND"


def test_a_handover_says_to_whom_when_how_and_by_whom(village: Village) -> None:
    held = _held(village)
    village.act(handover.record, held, DUTY, Handover("Đội CC&CNCH khu vực", "điện thoại", "CV-1", START + 10**9))
    [entry] = village.rows(tables.incident_entry, tables.incident_entry.c.kind == "handover")
    assert (entry.account, entry.data["reference"], entry.data["given"]) == (DUTY, "CV-1", START)
    _refused(village, "text_needed", handover.record, held, DUTY, Handover(" ", "điện thoại", "", START))


def test_photos_are_kept_once_and_are_bounded(village: Village) -> None:
    held = _held(village)
    for n in (1, 1, *range(2, photos.MOST + 1)):
        village.act(photos.keep, held, Photo(b"%d" % n, 8, 6), DUTY)
    assert len(village.rows(tables.incident_photo)) == photos.MOST
    _refused(village, "photos_full", photos.keep, held, Photo(b"more", 8, 6), DUTY)


# The call card -------------------------------------------------------------------------------------------------------


def test_the_card_takes_each_fact_from_the_innermost_place_that_has_it(village: Village) -> None:
    empty = dict.fromkeys(call_card.FIELDS, "") | {"latitude": None, "longitude": None}
    alley = {"access": "rộng 2,5 m, xe chữa cháy không vào được", "water": "bể nước đình làng", "latitude": 21_000_000}
    for place, said in (("ngo-3", alley | {"longitude": 105_800_000}), ("so-5", {"access": "ngõ cụt"})):
        assert village.act(call_card.write_place, place, DUTY, empty | said)
    known = village.database.read_now(call_card.known_of, "so-5")
    assert (known["access"], known["water"], known["key_holder"]) == ("ngõ cụt", "bể nước đình làng", None)
    assert (known["latitude"], known["longitude"]) == (21_000_000, 105_800_000)
    assert village.act(call_card.write_place, "so-5", DUTY, empty | {"access": "đã mở rộng"})
    assert village.database.read_now(call_card.known_of, "so-5")["access"] == "đã mở rộng"
    assert not village.act(call_card.write_place, "khong-co", DUTY, empty)


@ONE_DATABASE
def test_the_card_knows_what_alarmed_and_the_numbers_of_the_house(village: Village) -> None:
    values = {"place": "so-5", "label": "Số 5", "call_numbers": ["+84900000001"], "added": START}
    village.execute(sa.insert(tables.household).values(id=1, **values))
    held = _held(village)
    village.alarm("b", device="nut-5", cause=Cause.MANUAL_CALL_POINT)
    assert [one["kind"] for one in village.database.read_now(call_card.sources, held)] == [
        *("smoke_detector", "manual_call_point"),
    ]
    [house] = village.database.read_now(call_card.households, "so-5")
    assert house["call_numbers"] == ["+84900000001"]


def test_numbers_are_configuration_and_a_drill_has_none() -> None:
    section = Emergency(fire="0900 000 114", electricity="1900 0000")
    assert numbers(section, Category.FIRE, drill=False)[0] == ("fire", "0900 000 114")
    assert ("electricity", "1900 0000") in numbers(section, Category.FAULT, drill=False)
    assert all(not numbers(section, category, drill=True) for category in Category)
    assert dialled("+84 900 000.114") == "+84900000114"


@ONE_DATABASE
def test_a_call_is_noted_with_who_whom_and_when(village: Village) -> None:
    held = _held(village)
    village.act(call_card.record, held, DUTY, "fire", "đang đến")
    [entry] = village.rows(tables.incident_entry, tables.incident_entry.c.kind == "call")
    assert (entry.account, entry.at, entry.data["service"]) == (DUTY, START, "fire")


@ONE_DATABASE
@pytest.mark.parametrize("category", [Category.FIRE, Category.MEDICAL, Category.SECURITY])
def test_no_text_of_a_drill_names_an_emergency_number(village: Village, category: Category) -> None:
    drill = _held(village, category=category, drill=True)
    village.wait(3600)
    village.act(actions.change_state, drill, DUTY, State.CONTAINED, None)
    texts = [text for row in village.rows(tables.delivery) for text in (row.body_vi, row.body_ascii, row.body_en)]
    assert texts
    assert not any(number in text for text in texts for number in ("114", "113", "115", "112"))
    assert all(text.startswith(("DIỄN TẬP", "DIEN TAP", "DRILL")) for text in texts)
