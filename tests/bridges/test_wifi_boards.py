"""What ESPHome and Tasmota say over MQTT, and what makes no sense."""

import json
from datetime import datetime
from decimal import Decimal

import pytest

from keng_bridges import esphome, tasmota
from keng_bridges.errors import PayloadError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition


def test_birth_and_last_will_of_an_esphome_board() -> None:
    assert esphome.decode("nha/bep/status", b"online", retained=True) == esphome.BoardStatus("nha/bep", True, True)
    assert esphome.decode("nha/status", b"offline", retained=False) == esphome.BoardStatus("nha", False, False)


@pytest.mark.parametrize(("word", "on"), [(b"ON", True), (b"OFF", False), (b"on", None), (b"OF", None), (b"1", None)])
def test_a_state_is_exactly_on_or_off_or_unknown(word: bytes, on: bool | None) -> None:
    found = esphome.decode("nha/binary_sensor/khoi/state", word, retained=False)
    assert found == esphome.PointState("nha", "khoi", "binary_sensor", on, False)


def test_a_name_that_says_smoke_cries_and_a_relay_never_does() -> None:
    def cries(component: str, name: str) -> bool:
        found = esphome.decode(f"nha/{component}/{name}/state", b"ON", retained=False)
        assert isinstance(found, esphome.PointState)
        return found.cries

    assert [cries("binary_sensor", "kitchen_smoke"), cries("binary_sensor", "door"), cries("switch", "smoke")] == [
        True,
        False,
        False,
    ]


def test_numbers_of_sensors_and_those_that_have_none_yet() -> None:
    values = [esphome.decode("n/sensor/p/state", word, retained=False) for word in (b"12.50", b"nan", b"-3")]
    assert [v.value for v in values if isinstance(v, esphome.SensorState)] == [Decimal("12.50"), None, Decimal(-3)]


@pytest.mark.parametrize("topic", ["nha/debug", "nha/light/den/state", "status", "nha/binary_sensor/khoi/command"])
def test_other_topics_of_a_board_say_nothing(topic: str) -> None:
    assert esphome.decode(topic, b"online", retained=False) is None


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("nha/status", b"asleep"),
        ("nha/sensor/p/state", b"hot"),
        ("nha/sensor/p/state", b"1" * 65),
        ("nha/binary_sensor/khoi/state", b"\xff"),
        ("nha/binary_sensor/khoi/state", b"x" * 100_000),
    ],
)
def test_what_no_board_says_is_refused(topic: str, payload: bytes) -> None:
    with pytest.raises(PayloadError, match=topic):
        esphome.decode(topic, payload, retained=False)


def test_a_recording_of_a_board() -> None:
    lines = b"nha/status online\nnha/binary_sensor/khoi/state ON\nnha/sensor/p/state 12.5\nnha/status what\nON\n"
    items = list(esphome.recording(lines))
    assert [type(item) for item in items] == [Decoded, Decoded, Decoded, Damaged, Damaged]
    assert isinstance(items[1], Decoded)
    assert items[1].points[0].condition is Condition.ALARM


SENSOR = {
    "Time": "2026-11-22T08:00:00",
    "Switch1": "ON",
    "Switch2": "what",
    "AM2301": {"Temperature": 21.5, "Humidity": 50.1},
    "ENERGY": {"Total": 109.552, "Power": 1200, "Factor": 0.98, "Voltage": 231, "Current": 5.2, "Period": 3},
    "TempUnit": "C",
}


def told(topic: str, fields: object) -> tasmota.Told:
    found = tasmota.decode(topic, json.dumps(fields).encode(), retained=False)
    assert isinstance(found, tasmota.Told)
    return found


def test_telemetry_of_a_tasmota_plug() -> None:
    found = told("tele/o-cam/SENSOR", SENSOR)
    assert found.points == {"Switch1": True, "Switch2": None}
    assert found.at == datetime(2026, 11, 22, 8)
    assert {m.quantity: m.value for m in found.measurements} == {
        "energy_import": Decimal(109_552),
        "power": Decimal(1200),
        "power_factor": Decimal("0.98"),
        "voltage_l1": Decimal(231),
        "current_l1": Decimal("5.2"),
        "temperature": Decimal("21.5"),
        "humidity": Decimal("50.1"),
    }


def test_three_phases_come_as_lists_and_other_lists_mean_nothing() -> None:
    energy = {"Power": [100, 200, 300], "Voltage": [231, 230, 229], "Current": [1, 2], "Total": [1, 2]}
    found = told("tele/o/SENSOR", {"ENERGY": energy})
    assert {m.quantity: m.value for m in found.measurements} == {
        "power_l1": Decimal(100),
        "power_l2": Decimal(200),
        "power_l3": Decimal(300),
        "power": Decimal(600),
        "voltage_l1": Decimal(231),
        "voltage_l2": Decimal(230),
        "voltage_l3": Decimal(229),
    }


def test_fahrenheit_is_no_temperature_of_ours() -> None:
    (value,) = told("tele/o/SENSOR", {"DS18B20": {"Temperature": 70.1}, "TempUnit": "F"}).measurements
    assert (value.quantity, value.unit) == (None, "°F")


@pytest.mark.parametrize(
    ("topic", "payload", "points"),
    [
        ("stat/o/POWER", b"ON", {"POWER": True}),
        ("stat/o/POWER2", b"OFF", {"POWER2": False}),
        ("stat/o/SWITCH1", b"ON", {"Switch1": True}),
        ("stat/o/SWITCH1", b'{"STATE":"what"}', {}),
        ("stat/o/RESULT", b'{"Switch1":{"Action":"ON"}}', {"Switch1": True}),
        ("stat/nha/o/RESULT", b'{"POWER1":"OFF"}', {"POWER": False}),
        ("tele/o/STATE", b'{"POWER":"ON","Wifi":{"RSSI":80,"Signal":-60}}', {"POWER": True}),
    ],
)
def test_points_by_one_name_whatever_the_message(topic: str, payload: bytes, points: dict[str, bool]) -> None:
    found = tasmota.decode(topic, payload, retained=False)
    assert isinstance(found, tasmota.Told)
    assert found.points == points


def test_birth_and_last_will_of_a_tasmota_device() -> None:
    assert tasmota.decode("tele/nha/o/LWT", b"Online", retained=True) == tasmota.DeviceStatus("nha/o", True, True)
    assert tasmota.decode("tele/o/LWT", b"", retained=True) is None
    with pytest.raises(PayloadError, match="neither"):
        tasmota.decode("tele/o/LWT", b"online", retained=True)


@pytest.mark.parametrize("topic", ["cmnd/o/POWER", "tele/o/INFO1x", "tasmota/discovery/AA/config", "o/LWT"])
def test_other_topics_of_tasmota_say_nothing(topic: str) -> None:
    assert tasmota.decode(topic, b"ON", retained=False) is None


@pytest.mark.parametrize("payload", [b"{", b"[]", b'{"Switch1":"ON","Switch1":"OFF"}', b"x" * 70_000])
def test_telemetry_that_is_no_sound_object_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError, match="tele/o/SENSOR"):
        tasmota.decode("tele/o/SENSOR", payload, retained=False)


def test_a_recording_of_a_plug_shows_switches_as_points_and_relays_as_facts() -> None:
    lines = b"tele/o/LWT Online\nstat/o/POWER ON\ntele/o/SENSOR " + json.dumps(SENSOR).encode() + b"\ntele/o/LWT hm\n"
    items = list(tasmota.recording(lines))
    assert [type(item) for item in items] == [Decoded, Decoded, Decoded, Damaged]
    assert isinstance(items[1], Decoded)
    assert items[1].points == ()
    assert isinstance(items[2], Decoded)
    assert [p.condition for p in items[2].points] == [Condition.ALARM, Condition.UNKNOWN]
