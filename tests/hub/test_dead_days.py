"""The register of days dead: when a stretch opens and closes, what a week counts of it, and what people said of it."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import dead_days
from keng_hub.dead_days import Finding, Note
from keng_hub.tables import dead_note, dead_stretch, device, node, node_event
from support.village_rows import DUTY, START, Village

HOUR, DAY = 3_600_000, 86_400_000


@pytest.fixture
def village(database: Any) -> Village:
    """Its node is there and all of its devices are well."""
    village = Village(database)
    village.execute(sa.update(node).values(online=True, seen=START))
    village.execute(sa.update(device).values(condition="normal", changed=START))
    return village


def set_device(village: Village, **values: Any) -> None:
    village.execute(sa.update(device).where(device.c.id == "khoi-7").values(**values))


def rows(village: Village) -> list[Any]:
    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(sa.select(dead_stretch).order_by(dead_stretch.c.id)).all())

    return list(village.database.read_now(read))


def week(village: Village, start: int, end: int, now: int) -> list[dict[str, Any]]:
    return list(village.database.read_now(dead_days.stretches, sa.true(), start, end, now))


def test_a_village_in_which_all_is_well_has_no_row(village: Village) -> None:
    assert village.do(dead_days.look, START + DAY) == 0
    assert rows(village) == []


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ({"marks": ["comms_lost"], "condition": "unknown"}, Finding.COMMS_LOST),
        ({"marks": ["fault"]}, Finding.FAULT),
        ({"marks": ["tamper"]}, Finding.TAMPER),
        ({"condition": "unknown"}, Finding.UNKNOWN),
    ],
)
def test_a_device_that_nobody_can_rely_on_is_dead_from_its_change_on(
    village: Village, values: dict[str, Any], finding: Finding
) -> None:
    set_device(village, changed=START + HOUR, **values)
    assert village.do(dead_days.look, START + 2 * HOUR) == 1
    (row,) = rows(village)
    assert (row.device, row.begun, row.ended, row.finding) == ("khoi-7", START + HOUR, None, finding)
    assert village.do(dead_days.look, START + 3 * HOUR) == 0  # it goes on


@pytest.mark.parametrize("marks", [["disabled"], ["low_battery"], ["test"], ["dirty"]])
def test_what_a_device_can_live_with_is_no_death(village: Village, marks: list[str]) -> None:
    set_device(village, marks=marks)
    assert village.do(dead_days.look, START + DAY) == 0


def test_a_silent_node_takes_all_its_devices_with_it_from_its_last_word_on(village: Village) -> None:
    village.execute(sa.update(node).values(online=False, seen=START + 7))
    village.do(dead_days.look, START + HOUR)
    found = rows(village)
    assert len(found) == 5
    assert {(row.begun, row.finding) for row in found} == {(START + 7, "node_silent")}


def test_it_says_what_the_device_said_last(village: Village) -> None:
    body = {"kind": "device", "condition": "unknown", "marks": ["tamper"], "detail": "bị che kín (covered)"}
    event = {"node": "ngo-3", "device": "khoi-7", "kind": "device", "at": START, "body": body}
    village.execute(sa.insert(node_event).values(**event))
    set_device(village, marks=["tamper"])
    village.do(dead_days.look, START + HOUR)
    assert rows(village)[0].detail == "bị che kín (covered)"


def test_it_ends_when_the_device_works_again_and_the_next_time_is_another_row(village: Village) -> None:
    set_device(village, marks=["fault"], changed=START + HOUR)
    village.do(dead_days.look, START + 2 * HOUR)
    set_device(village, marks=[], changed=START + 5 * HOUR)
    assert village.do(dead_days.look, START + 6 * HOUR) == 1
    set_device(village, marks=["fault"], changed=START + 9 * HOUR)
    village.do(dead_days.look, START + 9 * HOUR)
    assert [(row.begun, row.ended) for row in rows(village)] == [
        (START + HOUR, START + 5 * HOUR),
        (START + 9 * HOUR, None),
    ]


def test_a_device_that_was_taken_away_is_dead_no_longer(village: Village) -> None:
    set_device(village, marks=["fault"])
    village.do(dead_days.look, START + HOUR)
    set_device(village, removed=True)
    village.do(dead_days.look, START + 2 * HOUR)
    assert rows(village)[0].ended == START + 2 * HOUR


def test_a_week_counts_what_lies_within_it_and_nothing_shorter_than_an_hour(village: Village) -> None:
    for key, begun, ended in [("khoi-5a", 0, 3 * DAY), ("khoi-5b", 6 * DAY, None), ("nut-5", DAY, DAY + HOUR - 1)]:
        end = None if ended is None else START + ended
        values = {"node": "ngo-3", "device": key, "begun": START + begun, "ended": end, "finding": "fault"}
        village.execute(sa.insert(dead_stretch).values(**values))
    found = week(village, START + 2 * DAY, START + 9 * DAY, START + 8 * DAY)
    assert [(one["device"], one["dead"], one["total"]) for one in found] == [
        ("khoi-5b", 2 * DAY, 2 * DAY),  # what goes on stands first
        ("khoi-5a", DAY, 3 * DAY),
    ]
    assert week(village, START + 20 * DAY, START + 27 * DAY, START + 21 * DAY)[0]["dead"] == DAY


def test_the_newest_note_holds_and_the_older_ones_stay(village: Village) -> None:
    set_device(village, marks=["fault"], changed=START)
    village.do(dead_days.look, START + HOUR)
    stretch = rows(village)[0].id
    village.do(dead_days.note, stretch, DUTY, Note("đứt dây", None, None), START + 2 * HOUR)
    village.do(dead_days.note, stretch, DUTY, Note("hỏng nguồn", "thợ điện", 350_000), START + 3 * HOUR)
    (one,) = week(village, START, START + 7 * DAY, START + DAY)
    assert (one["cause"], one["owner"], one["cost"], one["who"]) == (
        "hỏng nguồn",
        "thợ điện",
        350_000,
        "Nguyễn Văn Mẫu",
    )
    count = village.database.read_now(lambda connection: connection.scalar(sa.select(sa.func.count(dead_note.c.id))))
    assert count == 2


async def test_the_part_looks_every_minute(village: Village) -> None:
    set_device(village, marks=["fault"])
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    part = dead_days.DeadDays(village.database, lambda: START + HOUR, sleep)
    with pytest.raises(asyncio.CancelledError):
        await part.run()
    assert pauses == [60, 60, 60]
    assert len(rows(village)) == 1
    assert (await part.health()).ok
