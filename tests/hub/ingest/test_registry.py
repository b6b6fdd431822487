"""Nodes and devices as rows, by what nodes say."""

from typing import Any

import pytest

from keng_hub.database import Database
from keng_hub.tables import device, node, node_event, page_event
from keng_hub.taken import Taken
from keng_wire.topics import MessageClass, Up
from support.hub_parts import add_device, rows
from support.intake_bench import NOW, Bench
from support.wire_node import AT

EVENT = MessageClass.EVENT
SMOKE = {"device": "khoi-1", "kind": "smoke_detector", "name": "Khói bếp", "place": "nha-1", "zone": "bep"}
METER = {"device": "cong-to-1", "kind": "meter", "name": "Công tơ", "simulated": True}


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


def event(bench: Bench, kind: str, **body: Any) -> Taken:
    return bench.up(EVENT, bench.node.event(kind, **body))


def health(bench: Bench, *states: dict[str, Any], later_ms: int = 0, **fields: Any) -> Taken:
    bench.node.up += 20_000
    times = {"up": bench.node.up, "at": bench.node.at + later_ms}
    topic = bench.node.topic(Up.HEALTH)
    return bench.take((topic, bench.node.health(devices=list(states), **times | fields)), now=NOW + later_ms)


def state(name: str = "khoi-1", condition: str = "normal", **fields: Any) -> dict[str, Any]:
    return {"device": name, "condition": condition} | fields


def devices(bench: Bench) -> dict[str, Any]:
    return {row.id: row for row in rows(bench.database, device)}


def pages(bench: Bench) -> list[str]:
    return [row.name for row in rows(bench.database, page_event)]


def test_an_inventory_makes_devices_that_are_unknown_until_they_are_heard(bench: Bench) -> None:
    event(bench, "inventory", devices=[SMOKE, METER])
    found = devices(bench)
    assert {name: row.condition for name, row in found.items()} == {"khoi-1": "unknown", "cong-to-1": "unknown"}
    assert (found["khoi-1"].name, found["khoi-1"].place, found["khoi-1"].zone) == ("Khói bếp", "nha-1", "bep")
    assert found["cong-to-1"].simulated
    assert pages(bench) == ["devices"]


def test_a_point_brings_its_certificate_and_the_day_it_must_be_replaced(bench: Bench) -> None:
    event(bench, "inventory", devices=[SMOKE | {"certificate": "KĐ-MẪU-0001", "end_of_life": NOW}, METER])
    point = devices(bench)["khoi-1"]
    assert (point.certificate, point.uncertified, point.end_of_life) == ("KĐ-MẪU-0001", False, NOW)
    event(bench, "inventory", devices=[SMOKE | {"uncertified": True}, METER])
    point = devices(bench)["khoi-1"]
    assert (point.certificate, point.uncertified, point.end_of_life) == (None, True, None)


def test_the_same_inventory_again_is_no_news_and_a_shorter_one_removes(bench: Bench) -> None:
    event(bench, "inventory", devices=[SMOKE, METER])
    event(bench, "inventory", devices=[SMOKE, METER])
    assert pages(bench) == ["devices"]
    health(bench, state())
    event(bench, "inventory", devices=[METER | {"name": "Công tơ tổng"}])
    found = devices(bench)
    assert (found["khoi-1"].removed, found["khoi-1"].condition) == (True, "unknown")
    assert found["cong-to-1"].name == "Công tơ tổng"
    event(bench, "inventory", devices=[SMOKE])
    assert devices(bench)["khoi-1"].removed is False


def test_an_older_inventory_that_comes_late_changes_nothing(bench: Bench) -> None:
    event(bench, "inventory", devices=[SMOKE])
    bench.node.at -= 1_000
    event(bench, "inventory", devices=[METER])
    assert list(devices(bench)) == ["khoi-1"]


def test_a_heartbeat_says_how_devices_stand_and_is_news_only_when_something_changed(bench: Bench) -> None:
    add_device(bench.database, "khoi-1")
    health(bench, state(marks=["low_battery"], supervision="C", seen=AT - 500))
    row = devices(bench)["khoi-1"]
    assert (row.condition, row.marks, row.supervision, row.seen) == ("normal", ["low_battery"], "C", AT - 500)
    assert sorted(pages(bench)) == ["devices", "node"]
    taken = health(bench, state(marks=["low_battery"], supervision="C", seen=AT - 100))
    assert devices(bench)["khoi-1"].seen == AT - 100
    assert len(pages(bench)) == 2
    assert not taken.wakes


def test_a_heartbeat_tells_of_the_node(bench: Bench) -> None:
    health(bench, clock="holdover", faults=["disk"], version="9.9", config_version=4, sounding=True)
    (row,) = rows(bench.database, node)
    assert (row.clock, row.version, row.config_version, row.boot) == ("holdover", "9.9", 4, "b0070001")
    assert row.health["faults"] == ["disk"]
    assert "devices" not in row.health


def test_a_heartbeat_that_comes_behind_a_newer_one_is_passed_over(bench: Bench) -> None:
    add_device(bench.database, "khoi-1")
    health(bench, state(condition="alarm"))
    bench.node.up -= 40_000
    health(bench, state(condition="normal"))
    assert devices(bench)["khoi-1"].condition == "alarm"


def test_last_signs_of_life_by_a_clock_that_is_wrong_are_moved_to_ours(bench: Bench) -> None:
    add_device(bench.database, "khoi-1")
    bench.node.at = 5_000_000  # in 1970
    topic = bench.node.topic(Up.HEALTH)
    bench.take((topic, bench.node.health(devices=[state(seen=4_990_000)], clock="unknown")))
    assert devices(bench)["khoi-1"].seen == NOW - 10_000


def test_a_heartbeat_of_devices_nobody_knows_is_no_error(bench: Bench) -> None:
    health(bench, state("ma-1"))
    assert devices(bench) == {}


def test_a_change_of_a_device_is_taken_over_and_kept_as_history(bench: Bench) -> None:
    add_device(bench.database, "khoi-1")
    event(bench, "device", device="khoi-1", condition="alarm", marks=["tamper"])
    row = devices(bench)["khoi-1"]
    assert (row.condition, row.marks, row.changed) == ("alarm", ["tamper"], AT)
    (line,) = rows(bench.database, node_event)
    assert (line.kind, line.device, line.body["condition"]) == ("device", "khoi-1", "alarm")


def test_a_late_or_older_change_is_history_only(bench: Bench) -> None:
    add_device(bench.database, "khoi-1", condition="alarm", changed=AT)
    bench.node.at = AT - 1_000
    event(bench, "device", device="khoi-1", condition="normal")
    bench.node.at = AT - 3_600_000
    bench.up(EVENT, bench.node.event("device", device="khoi-1", condition="normal"))
    assert devices(bench)["khoi-1"].condition == "alarm"
    assert len(rows(bench.database, node_event)) == 2


def test_status_is_answered_with_what_is_committed(bench: Bench) -> None:
    bench.up(MessageClass.READING, bench.node.reading(), bench.node.reading())
    bench.up(MessageClass.ALARM, bench.node.alarm())
    taken = bench.up(Up.STATUS, bench.node.status())
    expected = {MessageClass.ALARM: 1, MessageClass.EVENT: 0, MessageClass.READING: 2}
    assert taken.acks == {("ngo-3", bench.node.stream): expected}
    (row,) = rows(bench.database, node)
    assert (row.online, row.stream) == (True, bench.node.stream)
    assert bench.pipeline.returns == ["ngo-3"]


def test_a_new_stream_is_answered_with_nothing_yet(bench: Bench) -> None:
    bench.up(EVENT, bench.node.event())
    bench.node.stream = "5747e002"
    taken = bench.up(Up.STATUS, bench.node.status())
    assert taken.acks == {("ngo-3", "5747e002"): dict.fromkeys(MessageClass, 0)}


def test_the_last_will_makes_the_devices_unknown_at_once(bench: Bench) -> None:
    add_device(bench.database, "khoi-1")
    bench.up(Up.STATUS, bench.node.status())
    health(bench, state())
    assert devices(bench)["khoi-1"].condition == "normal"
    taken = bench.up(Up.STATUS, bench.node.status(online=False))
    assert taken.wakes
    assert devices(bench)["khoi-1"].condition == "unknown"
    assert bench.pipeline.silences == [("ngo-3", NOW)]
    bench.up(Up.STATUS, bench.node.status(online=False))
    assert len(bench.pipeline.silences) == 1


def test_faults_and_bells_of_a_node_are_kept_without_their_bulk(bench: Bench) -> None:
    event(bench, "fault", code="disk", active=True, detail="đầy")
    event(bench, "sounder", occurrence="a" * 16, since_frame=21)
    event(bench, "clock", quality="holdover", jump=-5_000)
    event(bench, "started", version="2", hardware="Pi")
    kinds = [row.kind for row in rows(bench.database, node_event)]
    assert kinds == ["fault", "sounder", "clock", "started"]
    (row,) = rows(bench.database, node)
    assert (row.clock, row.version) == ("holdover", "2")
