"""Requests about data: the days until an acknowledgement and an answer, holidays included; each step once."""

from datetime import UTC, date, datetime

import pytest

from keng_hub.incidents.wording import VIETNAM
from keng_hub.people import data_requests
from keng_hub.people.data_requests import DataRequestKind, due
from keng_hub.people.errors import Refused
from keng_hub.rosters import shifts
from support.households import Households
from support.village_rows import DUTY

DAY = 86_400_000


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp() * 1000)


def _shown(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(VIETNAM):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("received", "acknowledge"),
    [
        ("2026-11-26T10:00", "2026-11-30"),  # Thursday: Friday, Monday
        ("2026-11-28T23:59", "2026-12-01"),  # Saturday: Monday, Tuesday
        ("2026-11-23T00:00", "2026-11-26"),  # the 24th is a holiday since 2026: Wednesday, Thursday
        ("2026-04-29T09:00", "2026-05-05"),  # over 30 April, 1 May and the weekend
    ],
)
def test_two_working_days_leave_out_weekends_and_holidays(received: str, acknowledge: str) -> None:
    last = due(DataRequestKind.VIEW, _at(received), {})
    assert _shown(last.acknowledge) == f"{acknowledge} 23:59"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (DataRequestKind.COPY, "2026-12-06"),
        (DataRequestKind.WITHDRAW, "2026-12-11"),
        (DataRequestKind.DELETE, "2026-12-16"),
    ],
)
def test_an_answer_has_the_days_of_its_kind(kind: DataRequestKind, answer: str) -> None:
    assert _shown(due(kind, _at("2026-11-26T10:00"), {}).answer) == f"{answer} 23:59"


def test_a_day_that_was_decided_to_be_off_or_worked_counts_as_decided() -> None:
    decided = {date(2026, 11, 27): True, date(2026, 11, 28): False}
    assert _shown(due(DataRequestKind.VIEW, _at("2026-11-26T10:00"), decided).acknowledge) == "2026-11-30 23:59"
    assert _shown(due(DataRequestKind.VIEW, _at("2026-11-27T10:00"), decided).acknowledge) == "2026-11-30 23:59"


def test_each_step_is_done_once_and_what_is_late_stands_on_top(homes: Households) -> None:
    write, now = homes.database.write_now, homes.now
    write(shifts.decide, date(2026, 11, 19), "Nghỉ bù", DUTY, now, off=True)
    slow = write(data_requests.receive, DataRequestKind.DELETE, "Chủ hộ nhà 12, tại xã", DUTY, now)
    fast = write(data_requests.receive, DataRequestKind.VIEW, "Chủ hộ nhà 14, tại xã", DUTY, now)
    rows = homes.database.read_now(data_requests.listed, now)
    assert [(row["id"], row["late"]) for row in rows] == [(fast, False), (slow, False)]
    assert _shown(rows[0]["acknowledge_by"]) == "2026-11-23 23:59"
    late = homes.database.read_now(data_requests.listed, now + 6 * DAY)
    assert all(row["late"] for row in late)
    write(data_requests.acknowledge, fast, now + 6 * DAY)
    write(data_requests.extend, fast)
    with pytest.raises(Refused, match="done"):
        write(data_requests.acknowledge, fast, now)
    with pytest.raises(Refused, match="done"):
        write(data_requests.extend, fast)
    write(data_requests.answer, slow, "đã xóa", now + 7 * DAY)
    with pytest.raises(Refused, match="done"):
        write(data_requests.answer, slow, "lại", now + 8 * DAY)
    rows = homes.database.read_now(data_requests.listed, now + 12 * DAY)
    assert [(row["id"], row["late"], row["extended"]) for row in rows] == [(fast, False, True), (slow, False, False)]
    with pytest.raises(Refused, match="gone"):
        write(data_requests.extend, 99)
