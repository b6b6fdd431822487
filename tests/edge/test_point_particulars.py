"""What a section says of a point beside how to hear it: its certificate, and when it must be replaced."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from keng_edge.agent import Agent
from keng_edge.certificates import uncertified
from keng_edge.config_file import load
from keng_edge.fingerprints import points_of
from keng_edge.fire.config import VIETNAM, BridgeBoardSection, PointSection
from keng_wire.alarm import Evidence
from keng_wire.conditions import ClockQuality, Condition, DeviceKind, Mark
from support.fake_clock import FakeClock
from support.point_house import PointHouse, board
from support.radio import section, smoke

DAY = 86_400_000


def point(**more: object) -> PointSection:
    return PointSection.model_validate({"id": "khoi-1", "name": "Khói", "kind": "smoke_detector"} | more)


def ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=VIETNAM).timestamp() * 1000)


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({}, None),
        ({"installed": "2026-01-31"}, date(2036, 1, 31)),
        ({"installed": "2026-01-31", "life_years": 7}, date(2033, 1, 31)),
        ({"installed": "2026-01-31", "kind": "gas_detector"}, date(2031, 1, 31)),
        ({"installed": "2024-02-29", "life_years": 9}, date(2033, 3, 1)),
        ({"installed": "2024-02-29", "life_years": 4}, date(2028, 3, 1)),
    ],
)
def test_the_end_is_a_day_in_vietnam_so_many_years_after_the_installation(
    fields: dict[str, object], end: date | None
) -> None:
    made = point(**fields)
    assert made.end_of_life() == (None if end is None else ms(end))
    assert made.info(False, None, None).end_of_life == made.end_of_life()


@pytest.mark.parametrize("fields", [{"installed": "31/01/2026"}, {"installed": "1926-01-31"}, {"life_years": 0}])
def test_a_date_or_a_life_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        point(**fields)


def aged(installed: str) -> BridgeBoardSection:
    """The board of the house, its first head installed at that date."""
    fields: dict[str, Any] = board().model_dump(exclude_none=True)
    fields["points"]["khoi_1"]["installed"] = installed
    return BridgeBoardSection.model_validate(fields)


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[PointHouse]:
    """A house on 18 November 2026 whose first head must go on the 20th."""
    made = PointHouse(tmp_path, FakeClock(), section=aged("2016-11-20"))
    yield made
    await made.house.outbox.close()


async def test_a_point_says_once_that_its_time_is_over_and_since_when(old: PointHouse) -> None:
    await old.normal()
    await old.station.watch_points()
    assert Mark.END_OF_LIFE not in old.marks()
    old.clock.pass_ms(2 * DAY)
    told = len(old.told)
    await old.station.watch_points()
    await old.station.watch_points()
    assert len(old.told) == told + 1
    (detail,) = old.last_change().details
    assert (detail.mark, detail.since) == (Mark.END_OF_LIFE, ms(date(2026, 11, 20)))
    assert old.marks() == {Mark.END_OF_LIFE}
    assert old.marks("khoi-2") == set()


async def test_no_time_is_over_by_a_clock_that_nobody_vouches_for(old: PointHouse) -> None:
    await old.normal()
    old.clock.pass_ms(2 * DAY)
    old.clock.trust = ClockQuality.UNKNOWN
    await old.station.watch_points()
    assert old.marks() == set()
    old.clock.trust = ClockQuality.HOLDOVER
    await old.station.watch_points()
    assert old.last_change().marks == [Mark.END_OF_LIFE]
    old.clock.trust = ClockQuality.UNKNOWN
    await old.station.watch_points()
    assert old.last_change().marks == []


def test_another_date_of_installation_is_another_device_a_certificate_is_not() -> None:
    plain, dated = (points_of(one)["khoi-1"] for one in (board(), aged("2016-11-20")))
    assert plain != dated
    assert dated != points_of(aged("2016-11-21"))["khoi-1"]
    fields: dict[str, Any] = board().model_dump(exclude_none=True)
    fields["points"]["khoi_1"] |= {"certificate": "KĐ-1", "life_years": 8}
    assert points_of(BridgeBoardSection.model_validate(fields))["khoi-1"] == plain


def test_what_proofs_were_of_before_there_were_dates_has_not_changed() -> None:
    assert points_of(board())["khoi-1"] == {"key": "khoi_1", "id": "khoi-1", "kind": "smoke_detector", "role": "alarm"}


def test_only_detectors_by_radio_need_a_certificate() -> None:
    devices = {
        "a": smoke(),
        "b": smoke(id="khoi-2", certificate="KĐ-2026-0001"),
        "c": {"id": "nut-1", "name": "Nút", "kind": "manual_call_point"},
        "d": {"id": "nhiet-1", "name": "Nhiệt", "kind": DeviceKind.HEAT_DETECTOR},
    }
    radio = section("zigbee2mqtt", devices=devices)
    assert uncertified([radio]) == {"khoi-1", "nhiet-1"}
    assert uncertified([radio.model_copy(update={"simulated": True})]) == set()
    assert uncertified([board()]) == set()


async def test_a_detector_without_the_certificate_it_needs_is_advisory_and_says_so(tmp_path: Path) -> None:
    house = PointHouse(tmp_path, FakeClock(), uncertified=frozenset({"khoi-1"}))
    try:
        await house.smoke()
        assert (await house.stored())[0].evidence is Evidence.ADVISORY
        await house.later(120)
        assert house.calls() == {"chuong-1": "fire"}, "its own house, and nobody else"
        told = {info.device: house.points.told(info).uncertified for info in house.section.inventory()}
        assert {device for device, lacks in told.items() if lacks} == {"khoi-1"}
        assert house.register.condition("khoi-1") is Condition.ALARM
    finally:
        await house.house.outbox.close()


CONFIG = """
[node]
id = "ngo-1"
name = "Trạm"
data = "{folder}/data"
[uplink]
host = "127.0.0.1"
[outbox]
reserve_mb = 0
[[devices]]
type = "zigbee2mqtt"
id = "zigbee-1"
name = "Bộ thu"
[devices.devices.bep]
id = "khoi-1"
name = "Khói bếp"
kind = "smoke_detector"
installed = 2016-11-20
[devices.devices.khach]
id = "khoi-2"
name = "Khói phòng khách"
kind = "smoke_detector"
certificate = "KĐ-MẪU-0001"
"""


async def test_a_node_tells_all_of_it_in_its_inventory_and_its_heartbeat(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(CONFIG.format(folder=tmp_path))
    agent = Agent(load(tmp_path / "edge.toml"), FakeClock())
    try:
        told = {info.device: info for info in agent._inventory().devices}  # pyright: ignore[reportPrivateUsage]
        states = {state.device: state for state in agent._register.states()}  # pyright: ignore[reportPrivateUsage]
    finally:
        await agent._outbox.close()  # pyright: ignore[reportPrivateUsage]
    assert (told["khoi-1"].uncertified, told["khoi-1"].end_of_life) == (True, ms(date(2026, 11, 20)))
    assert (told["khoi-2"].uncertified, told["khoi-2"].certificate) == (False, "KĐ-MẪU-0001")
    assert Mark.END_OF_LIFE not in states["khoi-1"].marks, "it is 18 November"
