"""The daily self-test of the nodes: once a day, and one that does not pass is a fault until it does."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from keng_hub import tables
from keng_hub.incidents.node_tests import DrillSection, NodeTests, latest
from keng_hub.incidents.wording import VIETNAM
from keng_hub.wakes import Wakes
from support.one_database import ONE_DATABASE
from support.village_rows import START, Village


def _at(village: Village, day: int, hour: int, minute: int = 0) -> None:
    village.now = round(datetime(2026, 11, day, hour, minute, tzinfo=VIETNAM).timestamp() * 1000)


def _settled(village: Village, hour: int | None = 9) -> NodeTests:
    village.execute(sa.insert(tables.node).values(id="tram-2", name="Trạm 2", place="ngo-3", added=START))
    village.execute(sa.insert(tables.node).values(id="tram-3", name="Trạm 3", place="ngo-3", added=START))
    village.execute(sa.update(tables.node).where(tables.node.c.id != "tram-3").values(online=True))
    return NodeTests(village.database, Wakes(), hour, village.clock)


def _answer(village: Village, node: str, state: str, error: str | None = None) -> None:
    values = {"state": state, "error": error, "answered": village.now + 1500}
    village.execute(sa.update(tables.command).where(tables.command.c.node == node).values(**values))


async def test_each_node_that_can_be_heard_is_told_once_a_day(village: Village) -> None:
    part = _settled(village)
    for hour, minute, told in ((8, 59, 0), (9, 0, 2), (9, 1, 0), (10, 0, 0)):
        _at(village, 20, hour, minute)
        assert await part.run_once() == told
    _at(village, 21, 9)
    assert await part.run_once() == 2
    assert {row.node for row in village.rows(tables.command)} == {"ngo-3", "tram-2"}


@ONE_DATABASE
async def test_one_that_fails_or_is_silent_is_a_fault_until_a_test_passes(village: Village) -> None:
    part = _settled(village)
    _at(village, 20, 9)
    await part.run_once()
    _answer(village, "ngo-3", "done")
    _answer(village, "tram-2", "expired")
    for _ in range(2):
        await part.run_once()
    [row] = village.rows(tables.incident)
    assert (row.cause, row.node, row.condition) == ("self_test", "tram-2", "active")
    _at(village, 21, 9)
    await part.run_once()
    _answer(village, "tram-2", "done")
    await part.run_once()
    assert village.row(tables.incident, row.id).condition == "cleared"


async def test_the_last_test_of_each_node_is_known_with_its_time(village: Village) -> None:
    part = _settled(village)
    _at(village, 20, 9)
    await part.run_once()
    _answer(village, "ngo-3", "done")
    _answer(village, "tram-2", "failed", "đang có báo động")
    rows = village.database.read_now(latest)
    assert [(row["node"], row["state"]) for row in rows] == [("tram-2", "failed"), ("ngo-3", "done")]
    assert rows[1]["answered"] - rows[1]["created"] == 1500


@ONE_DATABASE
async def test_without_an_hour_nothing_chirps(village: Village) -> None:
    part = _settled(village, None)
    _at(village, 20, 9)
    assert await part.run_once() == 0
    assert village.rows(tables.command) == []
    assert (await part.health()).ok


@pytest.mark.parametrize("hour", [6, 21, 22])
def test_an_hour_of_the_night_is_refused(hour: int) -> None:
    with pytest.raises(ValidationError):
        DrillSection(self_test_hour=hour)
