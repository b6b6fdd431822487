"""Events of ChirpStack v4: the published samples in short, fields that are left out, and what makes no sense."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import pytest

from bridges.captures import capture
from keng_bridges.chirpstack import Event, EventKind, decode, recording
from keng_bridges.errors import PayloadError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Mark

EUI = "0101010101010101"
INFO = {"deviceInfo": {"deviceName": "Khói nhà 12", "devEui": EUI}, "deduplicationId": "3ac7e3c4"}


def event(kind: str, **fields: object) -> Event:
    found = decode(f"application/17c8/device/{EUI}/event/{kind}", json.dumps({**INFO, **fields}).encode())
    assert found is not None
    return found


def only(data: bytes) -> Decoded:
    (item,) = recording(data)
    assert isinstance(item, Decoded)
    return item


def test_the_recorded_uplink() -> None:
    data, expected = capture("chirpstack_up")
    item = only(data)
    assert item.device == expected["devEui"]
    assert (item.facts["f_port"], item.facts["payload_hex"], item.facts["rssi"]) == (
        expected["fPort"],
        expected["payload_hex"],
        expected["rssi"],
    )
    radio = {"gateway_id": "0016c001f153a14c", "snr": "10.5", "frequency": 867_100_000, "spreading_factor": 11}
    assert {key: item.facts[key] for key in radio} == radio
    assert item.facts["f_cnt"] == 0, "a field that is left out is zero"
    assert item.at == datetime(2022, 7, 18, 9, 34, 15, 775023, UTC)
    assert item.measurements[0].quantity == "signal"


def test_an_uplink_with_everything_left_out_is_an_empty_one() -> None:
    found = event("up")
    assert (found.f_port, found.f_cnt, found.payload, found.measurements) == (0, 0, b"", ())


def test_the_best_gateway_counts() -> None:
    found = event("up", data="qg==", rxInfo=[{"rssi": -120}, {"rssi": -80}, {"rssi": -99}])
    assert (found.payload, found.measurements[0].value) == (b"\xaa", Decimal(-80))


@pytest.mark.parametrize(
    ("fields", "level", "low"),
    [
        ({"margin": 10, "batteryLevel": 88.3}, [Decimal("88.3")], False),
        ({"margin": 10}, [Decimal(0)], True),
        ({"batteryLevelUnavailable": True}, [], False),
        ({"externalPowerSource": True}, [], False),
    ],
)
def test_a_battery_level_that_is_left_out_is_empty_unless_it_is_unknown(
    fields: dict[str, object], level: list[Decimal], low: bool
) -> None:
    found = event("status", **fields)
    assert ([m.value for m in found.measurements], Mark.LOW_BATTERY in found.marks) == (level, low)


SAMPLES = [
    (EventKind.STATUS, {"margin": 10, "batteryLevel": 88.3}),
    (EventKind.JOIN, {"devAddr": "00189440"}),
    (EventKind.ACK, {"queueItemId": "1b", "acknowledged": True, "fCntDown": 3}),
    (EventKind.TXACK, {"downlinkId": 3461958127, "queueItemId": "42", "fCntDown": 2, "gatewayId": "0016"}),
    (EventKind.LOG, {"level": "ERROR", "code": "UPLINK_MIC", "description": "MIC of join-request is invalid"}),
    (EventKind.LOCATION, {"location": {"latitude": 37.344214, "longitude": -8.839375, "altitude": 2}}),
    (EventKind.INTEGRATION, {"integrationName": "loracloud", "eventType": "x", "object": {"a": [43.0, None]}}),
    (EventKind.UP, {"fPort": 1}),
]


@pytest.mark.parametrize(("kind", "fields"), SAMPLES, ids=[str(kind) for kind, _ in SAMPLES])
def test_each_kind_of_event_by_its_topic_and_bare(kind: EventKind, fields: dict[str, object]) -> None:
    assert event(kind, **fields).kind is kind
    item = only(json.dumps({**INFO, **fields}).encode())
    assert (item.facts["event"], item.device) == (kind, EUI)


def test_a_payload_is_measured_only_where_the_owner_named_its_model() -> None:
    smoke = {"data": "IhFkChxD"}  # 2211640a1c43: a GS524N in alarm
    guessed = only(json.dumps({**INFO, **smoke}).encode())
    assert guessed.points == ()
    payload = cast(dict[str, object], guessed.facts["payload"])
    assert (payload["event"], payload["recognised"]) == ("alarm", "by its form")
    info = {**INFO["deviceInfo"], "deviceProfileName": "Milesight GS524N"}  # type: ignore[dict-item]
    named = only(json.dumps({**INFO, **smoke, "deviceInfo": info}).encode())
    assert named.points[0].condition is Condition.ALARM
    broken = only(json.dumps({"deviceInfo": info, "data": "IhFkChxE"}).encode())
    assert broken.points == ()
    assert "sum" in str(broken.facts["payload_error"])


@pytest.mark.parametrize(
    "topic",
    [
        "application/1/device/0101010101010101/command/down",
        "application/1/device/0101010101010101/event/dance",
        "application/1/device/01/event/up",
        "eu868/gateway/0016c001f153a14c/event/up",
    ],
)
def test_topics_of_something_else_are_passed_over(topic: str) -> None:
    assert decode(topic, b"{}") is None


def test_a_prefix_before_the_topic_and_a_deleted_message() -> None:
    topic = f"xa/application/1/device/{EUI}/event/up"
    assert decode(topic, json.dumps(INFO).encode()) is not None
    assert decode(topic, b"") is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": "q"}, "base64"),
        ({"data": "q!g="}, "base64"),
        ({"data": 5}, "data is no text"),
        ({"data": "A" * 400}, "242 at most"),
        ({"fPort": "1"}, "fPort is no whole"),
        ({"fCnt": 1.5}, "fCnt is no whole"),
        ({"dr": True}, "dr is no whole"),
        ({"rxInfo": {}}, "rxInfo is no list"),
        ({"rxInfo": [{"rssi": "loud"}]}, "rssi is no whole"),
        ({"deduplicationId": 7}, "deduplicationId is no text"),
        ({"deviceInfo": {"devEui": "0102"}}, "16 hex"),
        ({"deviceInfo": []}, "16 hex"),
        ({"deviceInfo": {"devEui": "0202020202020202"}}, "of device 0202020202020202"),
    ],
)
def test_each_wrong_field_is_refused_by_name(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        event("up", **fields)


@pytest.mark.parametrize("level", ["full", [], True])
def test_a_battery_that_is_no_number_is_refused(level: object) -> None:
    with pytest.raises(PayloadError, match="batteryLevel"):
        event("status", batteryLevel=level)


def test_a_recording_of_a_whole_broker_passes_over_what_is_no_event() -> None:
    gateway, up = b"eu868/gateway/0016c001f153a14c/state/conn online\n", json.dumps({**INFO, "object": {"a": 1.5}})
    lines = gateway + f"application/1/device/{EUI}/event/up {up}\n".encode()
    other, event = recording(lines)
    assert isinstance(other, Decoded)
    assert dict(other.facts) == {"topic": "eu868/gateway/0016c001f153a14c/state/conn"}
    assert event.facts["object"] == {"a": "1.5"}


def test_each_cut_of_an_event_is_damaged() -> None:
    data = json.dumps({**INFO, "data": "qg=="}).encode()
    for end in range(1, len(data)):
        assert all(isinstance(item, Damaged) for item in recording(data[:end]))
