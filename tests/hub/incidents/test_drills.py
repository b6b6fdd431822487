"""Drills: planned, begun in their time, measured, labelled everywhere, and no number to call in any text."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import drills
from keng_hub.incidents.drill_reminder import DrillReminder, unpractised
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.wording import VIETNAM
from keng_hub.wakes import Wakes
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, START, Village

HOUR = 3_600_000


def _plan(village: Village, first: int = 0, last: int = HOUR, place: str = "thon-mau") -> int:
    times = (village.now + first, village.now + last)
    key: int = village.act(drills.plan, place, *times, "sơ tán ngõ 3", DUTY)
    return key


def _refused(village: Village, code: str, act: Any, *arguments: Any) -> None:
    with pytest.raises(Refused) as refused:
        village.act(act, *arguments)
    assert refused.value.code == code


def test_the_nodes_of_the_place_are_told_and_their_alarms_are_measured(village: Village) -> None:
    village.execute(sa.update(tables.node).values(online=True))
    key = _plan(village)
    assert village.act(drills.begin, key, DUTY) == 1
    [told] = village.rows(tables.command)
    assert (told.node, told.name, told.account, told.reason) == ("ngo-3", "drill", DUTY, "sơ tán ngõ 3")
    village.wait(3)
    village.alarm("d", drill=True, place="so-5")
    real = village.alarm("r", device="khoi-7", place="so-7")
    village.wait(60)
    result = village.act(drills.end, key, "còi ngõ nhỏ, cần thêm")
    assert [one["code"] for one in result["incidents"]] == ["SC-2026-0001"]
    assert result["incidents"][0]["hops"]["received_at"] == 100
    row = village.row(tables.drill, key)
    assert (row.state, row.result["learnt"]) == ("ended", "còi ngõ nhỏ, cần thêm")
    assert not village.row(tables.incident, real).drill


def test_where_no_node_can_be_heard_the_hub_makes_the_alarm(village: Village) -> None:
    key = _plan(village)
    assert village.act(drills.begin, key, DUTY) == 0
    row = village.row(tables.drill, key)
    made = village.row(tables.incident, row.incident)
    assert (made.drill, made.verdict, made.cause, made.place) == (True, "drill", "drill", "thon-mau")
    texts = [text for one in village.letters(made.id) for text in (one.body_vi, one.body_ascii, one.body_en)]
    assert texts
    assert all(text.startswith(("DIỄN TẬP. ", "DIEN TAP. ", "DRILL. ")) for text in texts)
    assert not any(number in text for text in texts for number in ("114", "113", "115", "112"))


@ONE_DATABASE
def test_a_drill_begins_within_its_time_only_and_once(village: Village) -> None:
    key = _plan(village, first=HOUR, last=2 * HOUR)
    _refused(village, "drill_time", drills.begin, key, DUTY)
    village.wait(3600)
    village.act(drills.begin, key, DUTY)
    _refused(village, "wrong_state", drills.begin, key, DUTY)
    _refused(village, "wrong_state", drills.cancel, key)
    late = _plan(village)
    village.wait(3601)
    _refused(village, "drill_time", drills.begin, late, DUTY)


@ONE_DATABASE
def test_what_cannot_be_planned_is_refused(village: Village) -> None:
    for first, last in ((0, 0), (0, 5 * HOUR), (-2 * HOUR, -HOUR)):
        times = (village.now + first, village.now + last)
        _refused(village, "drill_end", drills.plan, "thon-mau", *times, "sơ tán", DUTY)
    _refused(village, "reason_needed", drills.plan, "thon-mau", START, START + HOUR, " ", DUTY)
    _refused(village, "no_drill", drills.begin, 99, DUTY)


@ONE_DATABASE
def test_a_cancelled_drill_never_begins(village: Village) -> None:
    key = _plan(village)
    village.act(drills.cancel, key)
    _refused(village, "wrong_state", drills.begin, key, DUTY)
    assert village.rows(tables.incident) == []


async def test_the_commune_is_reminded_once_a_month_of_who_has_not_practised(village: Village) -> None:
    def at(day: int, hour: int, month: int = 11) -> None:
        village.now = round(datetime(2026, month, day, hour, tzinfo=VIETNAM).timestamp() * 1000)

    part = DrillReminder(village.database, Wakes(), village.clock)
    at(20, 9)
    key = _plan(village, place="ngo-3")
    village.act(drills.begin, key, DUTY)
    village.act(drills.end, key, "")
    assert village.database.read_now(unpractised, village.now) == ["Thôn Khác"]
    at(25, 7)
    assert not await part.run_once()
    at(25, 8)
    assert await part.run_once()
    assert not await part.run_once()
    letters = village.rows(tables.delivery, tables.delivery.c.incident.is_(None))
    assert {letter.recipient for letter in letters} == {"truc-ban", "man-hinh-truc"}
    assert "Thôn Khác" in letters[0].body_vi
    assert "Thôn Mẫu" not in letters[0].body_vi
    at(26, 8, month=12)
    assert await part.run_once()
    assert (await part.health()).ok
