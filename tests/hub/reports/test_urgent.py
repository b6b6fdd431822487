"""Urgent reports: what they say, that they are kept as they were, and how an incident becomes filed."""

import hashlib
import json
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, dispatch
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.outcome import CauseCode, Outcome
from keng_hub.incidents.states import Verdict
from keng_hub.reports import urgent
from keng_wire.alarm import Category
from support.village_rows import DUTY, START, Village, add_recipient

BASE = "https://keng.example"


@pytest.fixture
def village(sqlite_url: str) -> Any:
    """A fresh village."""
    from keng_hub.database import Database

    database = Database(sqlite_url)
    yield Village(database)
    database.close()


def _worked(village: Village, **body: Any) -> int:
    incident_id = village.alarm(**body)
    values = {"username": "to", "full_name": "Người Mẫu", "role": "security_team", "password": "-", "created": START}
    village.execute(sa.insert(tables.account).values(id=9, **values))
    village.wait(30)
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(dispatch.send, incident_id, DUTY, 9, "mang bình chữa cháy")
    return incident_id


def _closed(village: Village) -> int:
    incident_id = _worked(village)
    ended = Outcome(cause=CauseCode.ELECTRICAL, injured=1, damage="một gian bếp", loss=15_000_000)
    village.act(actions.close, incident_id, DUTY, Verdict.CONFIRMED, "đã dập", ended=ended)
    return incident_id


def _make(village: Village, incident_id: int) -> dict[str, Any]:
    code = village.act(urgent.make, incident_id, DUTY, BASE)
    row = village.rows(tables.urgent_report, tables.urgent_report.c.code == code)[0]
    assert hashlib.sha256(row.content.encode()).hexdigest() == row.sha256
    content: dict[str, Any] = json.loads(row.content)
    return content


def test_it_says_when_who_what_and_with_which_damage(village: Village) -> None:
    content = _make(village, _closed(village))
    assert content["code"] == "BCN-2026-0001-1"
    assert content["incident"]["place_words"].startswith("Số 5")
    assert content["sources"][0]["hops"]["received_at"] == 100
    steps = {one["step"]: one["late"] for one in content["steps"]}
    assert (steps["acknowledge"], steps["dispatch"], steps["close"]) == (0, 0, 0)
    assert [act["kind"] for act in content["acts"]] == [
        *("acknowledge", "dispatch", "verdict", "outcome", "state"),
    ]
    assert content["tasks"][0]["name"] == "Người Mẫu"
    assert (content["outcome"]["loss"], content["outcome"]["injured"]) == (15_000_000, 1)
    assert content["told"]["people"] >= 2


def test_it_says_what_it_does_not_know(village: Village) -> None:
    content = _make(village, _worked(village))
    assert {"verdict", "closed", "cause", "damage", "hop_sounded_at"} <= set(content["completeness"]["missing"])
    assert content["completeness"]["known"] < content["completeness"]["wanted"]


def test_a_second_one_leaves_the_first_as_it_was_and_leaders_hear_of_both(village: Village) -> None:
    village.do(add_recipient, "lanh-dao", [{"channel": "webhook", "address": "https://xa.example"}], tier=3)
    incident_id = _closed(village)
    first = _make(village, incident_id)
    village.wait(60)
    assert _make(village, incident_id)["code"] == "BCN-2026-0001-2"
    assert json.loads(village.rows(tables.urgent_report)[0].content) == first
    letters = village.rows(tables.delivery, tables.delivery.c.short_code.like("BCN%"))
    assert {letter.recipient for letter in letters} == {"truong-thon", "lanh-dao"}
    assert f"{BASE}/reports/urgent/BCN-2026-0001-1" in letters[0].body_vi


def test_filing_needs_the_report_and_the_number_of_the_document(village: Village) -> None:
    incident_id = _closed(village)
    for code, document in (("report_needed", "12/BC-UBND"), ("document_needed", " ")):
        with pytest.raises(Refused) as refused:
            village.act(urgent.file, incident_id, DUTY, document)
        assert refused.value.code == code
        _make(village, incident_id)
    village.act(urgent.file, incident_id, DUTY, "12/BC-UBND")
    assert village.row(tables.incident, incident_id).state == "filed"
    assert village.entries(incident_id, "urgent_report")[-1]["document"] == "12/BC-UBND"


def test_a_report_of_a_drill_says_so_first_and_names_no_number_to_call(village: Village) -> None:
    _make(village, _worked(village, drill=True))
    letters = village.rows(tables.delivery, tables.delivery.c.short_code.like("BCN%"))
    assert all(letter.body_vi.startswith("DIỄN TẬP. ") and " 114" not in letter.body_vi for letter in letters)


def test_there_is_none_of_a_fault(village: Village) -> None:
    incident_id = village.alarm(category=Category.FAULT)
    with pytest.raises(Refused) as refused:
        village.act(urgent.make, incident_id, DUTY, BASE)
    assert refused.value.code == "not_serious"
