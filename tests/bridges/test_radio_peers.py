"""MySensors lines, ChirpStack events and Tasmota telemetry as independent packages see them (`make peers`)."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from keng_bridges.chirpstack import Event, decode
from keng_bridges.mysensors import decode as decode_line
from keng_bridges.mysensors.types import INTERNALS, PRESENTED, STREAMS, VARIABLES
from keng_bridges.tasmota import Told
from keng_bridges.tasmota import decode as decode_tasmota
from keng_bridges.values import Mark
from support.peer import ask_peer

EUI = "0101010101010101"
INFO = {"deviceInfo": {"devEui": EUI, "deviceName": "Khói nhà 12"}}


def ask_radio(*questions: Mapping[str, object]) -> list[Any]:
    """The answers of the packages, in order."""
    return ask_peer("radio", "radio_oracle.py", (json.dumps(dict(question)) for question in questions))


def test_lines_are_taken_apart_as_pymysensors_does() -> None:
    lines = ["12;1;1;0;16;1", "0;255;3;0;9;0 MCO:BGN:INIT GW", "7;255;0;0;17;2.3.2", "9;3;1;1;0;-3.5", "9;3;2;0;38;"]
    for line, theirs in zip(lines, ask_radio(*({"line": f"{line}\n"} for line in lines)), strict=True):
        ours = decode_line(line.encode())
        assert [ours.node, ours.child, ours.command, ours.ack, ours.type, ours.payload] == theirs


def test_every_type_has_the_number_that_pymysensors_gives_it() -> None:
    tables = {"Presentation": PRESENTED, "SetReq": VARIABLES, "Internal": INTERNALS, "Stream": STREAMS}
    for (name, ours), theirs in zip(tables.items(), ask_radio(*({"table": name} for name in tables)), strict=True):
        aliases = {"I_HEARTBEAT_REQUEST": "I_HEARTBEAT", "I_DISCOVER_REQUEST": "I_DISCOVER"}
        known = [(number, theirs.get(word, theirs.get(aliases.get(word, "")))) for number, word in enumerate(ours)]
        assert [number for number, their_number in known if their_number != number] == [], name
        assert len(ours) == max(theirs.values()) + 1, name


def events(*given: tuple[str, str, dict[str, object]]) -> list[Event]:
    """Events as ChirpStack's own message classes write them, as we read them."""
    written = ask_radio(*({"event": name, "fields": {**INFO, **fields}} for name, _, fields in given))
    topics = [f"application/1/device/{EUI}/event/{kind}" for _, kind, _ in given]
    found = [decode(topic, json.dumps(event).encode()) for topic, event in zip(topics, written, strict=True)]
    assert all(event is not None for event in found)
    return [event for event in found if event is not None]


def test_events_of_chirpstacks_own_messages_with_their_zeros_left_out() -> None:
    up, zero, status, empty, unknown, log = events(
        (
            "UplinkEvent",
            "up",
            {"deduplicationId": "3ac7", "fPort": 85, "fCnt": 7, "dr": 5, "data": "qg==", "rxInfo": [{"rssi": -36}]},
        ),
        ("UplinkEvent", "up", {"fPort": 0, "fCnt": 0, "dr": 0, "data": ""}),
        ("StatusEvent", "status", {"margin": 10, "batteryLevel": 88.5}),
        ("StatusEvent", "status", {"margin": 0, "batteryLevel": 0}),
        ("StatusEvent", "status", {"batteryLevelUnavailable": True}),
        ("LogEvent", "log", {"level": "ERROR", "code": "UPLINK_MIC", "description": "x"}),
    )
    assert (up.deduplication, zero.deduplication) == ("3ac7", "")
    assert (up.f_port, up.f_cnt, up.payload, up.measurements[0].value) == (85, 7, b"\xaa", Decimal(-36))
    assert (zero.f_port, zero.f_cnt, zero.payload) == (0, 0, b"")
    assert [m.value for m in status.measurements] == [Decimal("88.5")]
    assert Mark.LOW_BATTERY in empty.marks
    assert unknown.measurements == ()
    assert log.facts["level"] == "ERROR"


def test_telemetry_has_the_quantities_and_units_that_hatasmota_finds() -> None:
    sensor = {
        "Time": "2026-11-22T08:00:00",
        "ENERGY": {
            "Total": 3.5,
            "Power": 1200,
            "ApparentPower": 1224,
            "ReactivePower": 240,
            "Factor": 0.98,
            "Frequency": 50,
            "Voltage": 231,
            "Current": 5.3,
        },
        "AM2301": {"Temperature": 21.5, "Humidity": 50.1},
        "TempUnit": "C",
    }
    (theirs,) = ask_radio({"sensor": sensor})
    told = decode_tasmota("tele/o-cam/SENSOR", json.dumps(sensor).encode(), retained=False)
    assert isinstance(told, Told)
    spelled = {"Wh": "kWh", "var": "VAr", "°C": "C", "1": None}
    ours = [spelled.get(m.unit, m.unit) for m in told.measurements]
    assert sorted(map(str, ours)) == sorted(str(unit) for _, unit in theirs.values())
