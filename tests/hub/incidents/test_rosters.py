"""Who is told because they are on duty, who stands in, and that no gap of a roster is a gap of an alarm."""

from datetime import UTC, date, datetime, time

import pytest

from keng_hub import tables
from keng_hub.incidents.sweep import sweep
from keng_hub.rosters import handovers, shifts
from keng_hub.rosters.calendar import Days, Pattern, expand, is_off
from keng_hub.rosters.duty import on_duty
from keng_hub.rosters.errors import Refused
from support.village_rows import DUTY, HEAD, Village, add_recipient

HOUR = 3_600_000
TODAY = date(2026, 11, 18)
"""The day of the village's clock, 18:06 in the evening."""


def _by_day(
    first: date = TODAY, last: date = TODAY, days: Days = Days.ALL, hours: tuple[int, int] = (7, 19)
) -> Pattern:
    return Pattern(first, last, days, time(hours[0]), time(hours[1]))


@pytest.fixture
def roster(village: Village) -> Village:
    """Two people who take turns, beside the one who is always told."""
    for key in ("ngay", "dem"):
        add = {"rostered": True}
        village.do(add_recipient, key, [{"channel": "webhook", "address": f"https://{key}.example/keng"}], **add)
    return village


def _told(village: Village, incident_id: int) -> set[str]:
    rows = village.rows(tables.delivery, tables.delivery.c.incident == incident_id)
    return {row.recipient for row in rows} - {"man-hinh-truc"}


def test_only_who_is_on_duty_is_told_and_who_has_no_roster_always_is(roster: Village) -> None:
    roster.do(shifts.plan, "ngay", _by_day(), DUTY, roster.now)
    roster.do(shifts.plan, "dem", _by_day(hours=(19, 7)), DUTY, roster.now)
    assert _told(roster, roster.alarm()) == {"truc-ban", "ngay"}
    roster.wait(3600)
    [now] = roster.do(on_duty, roster.now)
    assert (now.recipient, now.instead_of) == ("dem", None)
    assert _told(roster, roster.alarm("b", device="khoi-7")) == {"truc-ban", "dem"}


def test_when_nobody_is_on_duty_all_of_them_are_told(roster: Village) -> None:
    roster.do(shifts.plan, "ngay", _by_day(date(2026, 11, 19), date(2026, 11, 19)), DUTY, roster.now)
    assert _told(roster, roster.alarm()) == {"truc-ban", "ngay", "dem"}


def test_a_deputy_is_told_instead_and_a_shift_taken_back_counts_no_more(roster: Village) -> None:
    roster.do(shifts.plan, "ngay", _by_day(), DUTY, roster.now)
    [shift] = roster.rows(tables.shift)
    roster.do(shifts.stand_in, shift.id, "dem", "đi họp", roster.now)
    [now] = roster.do(on_duty, roster.now)
    assert (now.recipient, now.instead_of) == ("dem", "ngay")
    assert _told(roster, roster.alarm()) == {"truc-ban", "dem"}
    roster.do(shifts.cancel, shift.id, "đổi lịch", roster.now)
    assert roster.do(on_duty, roster.now) == []


def test_who_comes_on_duty_while_nobody_took_it_is_told_at_the_next_step(roster: Village) -> None:
    roster.do(shifts.plan, "ngay", _by_day(hours=(7, 18)), DUTY, roster.now - HOUR)
    roster.do(shifts.plan, "dem", _by_day(hours=(18, 6)), DUTY, roster.now)
    begins = roster.rows(tables.shift)[-1].begins
    roster.now = begins - 10_000
    incident_id = roster.alarm()
    assert "dem" not in _told(roster, incident_id)
    roster.do(sweep, roster.wait(60))
    assert "dem" in _told(roster, incident_id)


@pytest.mark.parametrize(
    ("recipient", "pattern", "code"),
    [
        ("truc-ban", _by_day(), "nobody"),
        ("khong-co", _by_day(), "nobody"),
        ("ngay", _by_day(TODAY, date(2026, 11, 17)), "order"),
        ("ngay", _by_day(TODAY, date(2028, 1, 1)), "too_far"),
        ("ngay", _by_day(date(2026, 11, 1), date(2026, 11, 2)), "past"),
        ("ngay", _by_day(TODAY, TODAY, Days.SUNDAY), "no_day"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(roster: Village, recipient: str, pattern: Pattern, code: str) -> None:
    with pytest.raises(Refused, match=code):
        roster.do(shifts.plan, recipient, pattern, DUTY, roster.now)
    assert roster.rows(tables.shift) == []


def test_the_same_plan_twice_adds_nothing_and_a_past_shift_is_not_changed(roster: Village) -> None:
    pattern = _by_day(TODAY, date(2026, 11, 20))
    assert roster.do(shifts.plan, "ngay", pattern, DUTY, roster.now) == 3
    assert roster.do(shifts.plan, "ngay", pattern, DUTY, roster.now) == 0
    first = roster.rows(tables.shift)[0]
    for refused in ((first.id, None, "x"), (9999, None, "x"), (first.id + 1, "dem", " "), (first.id + 1, "ngay", "x")):
        with pytest.raises(Refused):
            roster.do(shifts.stand_in, *refused, roster.now + HOUR)
    with pytest.raises(Refused, match="other_tier"):
        roster.do(shifts.stand_in, first.id, "truong-thon", "x", roster.now)


def test_gaps_are_named_where_there_is_a_roster(roster: Village) -> None:
    day = 24 * HOUR
    begin = roster.now - roster.now % day
    assert roster.do(shifts.gaps, begin, begin + HOUR) == [(begin, begin + HOUR)]
    roster.do(shifts.plan, "ngay", _by_day(), DUTY, begin)
    [shift] = roster.rows(tables.shift)
    assert roster.do(shifts.gaps, shift.begins - HOUR, shift.ends + HOUR) == [
        (shift.begins - HOUR, shift.begins),
        (shift.ends, shift.ends + HOUR),
    ]


def test_the_calendar_knows_holidays_and_what_was_decided_otherwise(village: Village) -> None:
    assert is_off(date(2027, 2, 6), {})  # Tết of the year of the goat
    assert is_off(date(2026, 11, 21), {})  # a Saturday
    assert not is_off(date(2026, 11, 23), {})
    village.do(shifts.decide, date(2026, 11, 21), "làm bù", DUTY, village.now, off=False)
    village.do(shifts.decide, date(2026, 11, 23), "hội làng", DUTY, village.now, off=True)
    decided = village.do(shifts.decided)
    week = Pattern(date(2026, 11, 20), date(2026, 11, 24), Days.WORKING, time(7), time(19))
    begun = [datetime.fromtimestamp(begin / 1000, UTC).date().day for begin, _ in expand(week, decided)]
    assert begun == [20, 21] if is_off(date(2026, 11, 24), decided) else begun == [20, 21, 24]


def test_a_night_shift_ends_on_the_next_day() -> None:
    [(begin, end)] = expand(_by_day(hours=(19, 7)), {})
    assert end - begin == 12 * HOUR


def test_a_handover_keeps_what_was_open_and_another_person_takes_it_once(village: Village) -> None:
    code = village.row(tables.incident, village.alarm()).code
    number = village.act(handovers.give, DUTY, "Ngõ 3 còn khói, đã gọi 114.")
    for who, expected in ((DUTY, "same_person"), (HEAD, None), (HEAD, "taken")):
        if expected is None:
            village.act(handovers.take, number, who)
            continue
        with pytest.raises(Refused, match=expected):
            village.act(handovers.take, number, who)
    [line] = village.do(handovers.book, 10)
    assert (line["open"], line["taken_by"]) == ([code], HEAD)
    for wrong in ((9999, HEAD),):
        with pytest.raises(Refused, match="not_found"):
            village.act(handovers.take, *wrong)
    with pytest.raises(Refused, match="text_needed"):
        village.act(handovers.give, DUTY, "  ")
