"""Many faults at once: held while their node is down, one incident in a storm; an alarm is never held by any of it."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, pipeline, storms
from keng_wire.conditions import Condition, Mark
from keng_wire.event import DeviceChanged, FaultCode, NodeFault
from support.one_database import ONE_DATABASE
from support.village_rows import DUTY, START, Village


def _marks(village: Village, device: str, *marks: Mark) -> None:
    village.event(DeviceChanged(device=device, condition=Condition.NORMAL, marks=list(marks)))


def _causes(village: Village) -> list[str]:
    return [row.cause for row in village.rows(tables.incident)]


# Held ----------------------------------------------------------------------------------------------------------------


def test_a_fault_of_a_silent_node_is_noted_in_its_incident(village: Village) -> None:
    village.act(pipeline.take_silence, "ngo-3", START - 95_000)
    _marks(village, "khoi-5a", Mark.COMMS_LOST)
    _marks(village, "khoi-5a", Mark.COMMS_LOST)
    _marks(village, "khoi-7", Mark.LOW_BATTERY)
    assert _causes(village) == ["node_silent"]
    assert [one["device"] for one in village.entries(1, "held_fault")] == ["khoi-5a", "khoi-7"]


def test_what_still_stands_when_the_node_returns_opens_its_own(village: Village) -> None:
    village.act(pipeline.take_silence, "ngo-3", START - 95_000)
    _marks(village, "khoi-5a", Mark.COMMS_LOST)
    _marks(village, "khoi-7", Mark.COMMS_LOST)
    _marks(village, "khoi-7")
    village.act(pipeline.take_return, "ngo-3")
    assert _causes(village) == ["node_silent", "comms_lost"]
    [row] = village.rows(tables.alarm, tables.alarm.c.cause == "comms_lost")
    assert (row.device, row.condition) == ("khoi-5a", "active")
    assert village.rows(tables.held_fault) == []
    assert len(village.letters(2)) == 1


@ONE_DATABASE
def test_power_of_the_node_takes_the_power_of_its_devices_with_it_and_nothing_else(village: Village) -> None:
    village.event(NodeFault(code=FaultCode.POWER, active=True))
    _marks(village, "khoi-5a", Mark.MAINS_LOST)
    _marks(village, "khoi-7", Mark.TAMPER)
    assert _causes(village) == ["power", "tamper"]
    village.event(NodeFault(code=FaultCode.POWER, active=False))
    assert _causes(village) == ["power", "tamper", "mains_lost"]


@ONE_DATABASE
def test_what_falls_silent_together_with_its_gateway_is_one_incident(village: Village) -> None:
    village.execute(sa.update(tables.device).where(tables.device.c.id == "khoi-5b").values(kind="gateway"))
    _marks(village, "khoi-5b", Mark.COMMS_LOST)
    _marks(village, "khoi-5a", Mark.COMMS_LOST)
    assert len(_causes(village)) == 1
    village.wait(121)
    _marks(village, "khoi-7", Mark.COMMS_LOST)
    assert len(_causes(village)) == 2  # two minutes later it is a trouble of its own
    _marks(village, "khoi-5b")
    assert len(_causes(village)) == 3


@ONE_DATABASE
def test_an_alarm_is_never_held(village: Village) -> None:
    village.act(pipeline.take_silence, "ngo-3", START - 95_000)
    fire = village.alarm()
    assert village.row(tables.incident, fire).category == "fire"
    assert village.letters(fire)[0].kind == "alarm"


# A storm -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def large(village: Village) -> Village:
    """The village with twelve nodes in it, each in the alley, and one device each."""
    for n in range(12):
        values: dict[str, Any] = {"id": f"tram-{n}", "name": f"Trạm {n}", "place": "ngo-3", "added": START}
        village.execute(sa.insert(tables.node).values(**values))
    return village


def _silent(village: Village, count: int, first: int = 0) -> None:
    for n in range(first, first + count):
        village.act(pipeline.take_silence, f"tram-{n}", village.now - 95_000)
        village.wait(1)


def test_the_tenth_at_once_makes_one_incident_and_tells_it_once(large: Village) -> None:
    _silent(large, 12)
    assert _causes(large) == ["node_silent"] * 9 + ["mass_outage"]
    storm = large.row(tables.incident, 10)
    assert (storm.place, storm.severity, storm.category) == ("thon-mau", "high", "fault")
    [entry] = large.entries(10, "storm")
    assert len(entry["incidents"]) == 9
    members = [row.node for row in large.rows(tables.alarm, tables.alarm.c.incident == 10)]
    assert members == ["hub", "tram-9", "tram-10", "tram-11"]
    [letter] = large.letters(10)
    assert "mất điện hoặc mất liên lạc diện rộng" in letter.body_vi


@ONE_DATABASE
def test_nine_are_nine_and_so_are_twelve_over_an_hour(large: Village) -> None:
    for n in range(12):
        _silent(large, 1, n)
        large.wait(300)
    assert _causes(large) == ["node_silent"] * 12


@ONE_DATABASE
def test_other_faults_are_a_storm_of_faults(large: Village) -> None:
    for n in range(10):
        values: dict[str, Any] = {"node": "ngo-3", "id": f"dau-{n}", "kind": "smoke_detector", "name": "-", "marks": []}
        large.execute(sa.insert(tables.device).values(**values, place="so-5"))
        _marks(large, f"dau-{n}", Mark.TAMPER)
    assert _causes(large)[-1] == "fault_storm"


@ONE_DATABASE
def test_a_fire_in_the_storm_is_an_incident_of_its_own(large: Village) -> None:
    _silent(large, 12)
    fire = large.alarm()
    assert large.row(tables.incident, fire).category == "fire"
    assert large.letters(fire)[0].priority == 0


@ONE_DATABASE
def test_the_storm_is_over_when_all_its_faults_are(large: Village) -> None:
    _silent(large, 12)
    for n in (9, 10, 11):
        assert large.row(tables.incident, 10).condition == "active"
        large.act(pipeline.take_return, f"tram-{n}")
    assert large.row(tables.incident, 10).condition == "cleared"
    assert large.row(tables.incident, 10).state == "new"  # a person closes it


@ONE_DATABASE
def test_long_after_a_storm_a_fault_is_its_own(large: Village) -> None:
    _silent(large, 11)
    large.wait(storms.WITHIN_MS // 1000 + 1)
    _silent(large, 1, 11)
    assert _causes(large)[-1] == "node_silent"


@ONE_DATABASE
def test_a_closed_storm_takes_in_nothing_more(large: Village) -> None:
    _silent(large, 11)
    large.act(actions.acknowledge, 10, DUTY)
    large.execute(sa.update(tables.incident).where(tables.incident.c.id == 10).values(state="closed"))
    _silent(large, 1, 11)
    assert _causes(large) == ["node_silent"] * 9 + ["mass_outage", "mass_outage"]
