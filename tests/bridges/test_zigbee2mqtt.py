"""Messages of Zigbee2MQTT: detectors, contacts, buttons, sirens, their traps, and what is not understood."""

import json
from decimal import Decimal

import pytest

from bridges.captures import capture
from keng_bridges.errors import PayloadError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Mark
from keng_bridges.zigbee2mqtt import (
    Availability,
    BridgeState,
    DeviceList,
    DeviceState,
    decode,
    siren_command,
)
from keng_bridges.zigbee_recording import recording
from keng_wire.conditions import DeviceKind


def state(fields: object, *, retained: bool = False, name: str = "bep-khoi") -> DeviceState:
    message = decode(f"zigbee2mqtt/{name}", json.dumps(fields).encode(), retained=retained)
    assert isinstance(message, DeviceState)
    return message


def recorded(name: str) -> DeviceState:
    data, _ = capture(name)
    message = decode("zigbee2mqtt/bep-khoi", data, retained=False)
    assert isinstance(message, DeviceState)
    return message


def values(message: DeviceState) -> dict[str | None, Decimal]:
    return {measurement.quantity: measurement.value for measurement in message.measurements}


# -- recorded messages


def test_a_recorded_gas_alarm_with_link_quality_zero_is_an_alarm() -> None:
    message = recorded("z2m_hs1cg_gas_true")
    assert message.condition is Condition.ALARM
    assert message.detail == "gas"
    assert values(message) == {"link_quality": Decimal(0)}


def test_a_recorded_self_test_is_a_test_and_not_a_fire() -> None:
    message = recorded("z2m_smszb120_test")
    assert message.condition is Condition.NORMAL
    assert message.marks == {Mark.TEST}
    assert {Mark.TAMPER, Mark.LOW_BATTERY, Mark.FAULT, Mark.MAINS_LOST} <= message.cleared
    assert values(message)["temperature"] == Decimal("24.06")


def test_a_recorded_battery_written_as_text_is_a_number() -> None:
    message = recorded("z2m_xiaomi_smoke_strbattery")
    assert message.condition is Condition.NORMAL
    assert values(message)["battery"] == Decimal("100.00")


# -- detectors


@pytest.mark.parametrize("key", ["smoke", "gas", "carbon_monoxide"])
def test_each_detection_is_an_alarm(key: str) -> None:
    assert state({key: True}).report().condition is Condition.ALARM
    assert state({key: False}).report().condition is Condition.NORMAL


@pytest.mark.parametrize("word", ["ON", "on", "true", 1, "alarm", "DETECTED"])
def test_other_words_for_yes(word: object) -> None:
    assert state({"smoke": word}).condition is Condition.ALARM


@pytest.mark.parametrize("word", ["perhaps", None, 7, [], {}])
def test_a_word_that_is_not_understood_is_unknown_and_never_normal(word: object) -> None:
    message = state({"smoke": word})
    assert message.condition is Condition.UNKNOWN
    assert message.detail is not None
    assert "smoke" in message.detail


def test_an_alarm_in_one_field_wins_over_everything_else() -> None:
    message = state({"smoke": False, "gas": "?", "carbon_monoxide": True, "tamper": True, "linkquality": 0})
    assert message.condition is Condition.ALARM
    assert message.marks == {Mark.TAMPER}


def test_a_message_without_a_detection_says_nothing_of_the_condition() -> None:
    message = state({"battery": 12, "battery_low": True})
    assert message.condition is None
    assert message.report().condition is Condition.UNKNOWN
    assert message.marks == {Mark.LOW_BATTERY}


def test_a_retained_alarm_is_a_known_state_and_says_so() -> None:
    message = state({"smoke": True}, retained=True)
    assert message.retained
    assert message.condition is Condition.ALARM


@pytest.mark.parametrize("battery", ["", "abc", True, None, [], "1e9", "९९", "9" * 40])
def test_a_battery_that_is_no_number_is_left_out(battery: object) -> None:
    assert state({"battery": battery, "smoke": False}).measurements == ()


@pytest.mark.parametrize(
    ("bit", "condition", "mark"),
    [
        (0, Condition.ALARM, None),
        (1, Condition.ALARM, None),
        (2, Condition.NORMAL, Mark.TAMPER),
        (3, Condition.NORMAL, Mark.LOW_BATTERY),
        (6, Condition.NORMAL, Mark.FAULT),
        (7, Condition.NORMAL, Mark.MAINS_LOST),
        (8, Condition.NORMAL, Mark.TEST),
        (9, Condition.NORMAL, Mark.FAULT),
    ],
)
def test_each_bit_of_a_bare_zone_status(bit: int, condition: Condition, mark: Mark | None) -> None:
    message = state({"zone_status": 1 << bit | 1 << 4 | 1 << 5})
    assert (message.condition, set(message.marks)) == (condition, {mark} if mark else set())


@pytest.mark.parametrize("word", [True, "1", -1, 1 << 16, None])
def test_a_zone_status_that_is_no_status_says_nothing(word: object) -> None:
    assert state({"zone_status": word}).condition is None


def test_a_name_goes_before_the_bits_and_the_second_alarm_is_an_alarm() -> None:
    assert state({"smoke": False, "zone_status": 2}).condition is Condition.ALARM
    assert state({"alarm_1": False, "alarm_2": True}).condition is Condition.ALARM


def test_the_voltage_of_a_cell_is_in_millivolts_and_that_of_a_plug_in_volts() -> None:
    assert values(state({"battery": 100, "voltage": 3055}))["supply_voltage"] == Decimal("3.055")
    assert values(state({"power": 5, "voltage": 231}))["voltage_l1"] == Decimal(231)


# -- recordings


@pytest.mark.parametrize("name", ["z2m_hs1cg_gas_true", "z2m_smszb120_test", "z2m_xiaomi_smoke_strbattery"])
def test_a_recorded_payload_says_what_its_owner_said(name: str) -> None:
    data, expected = capture(name)
    (item,) = recording(data)
    assert isinstance(item, Decoded)
    told = dict(item.facts) | {f"{m.quantity}_pct": m.value for m in item.measurements}
    assert {key: told[key] for key in expected} == expected


def test_a_recording_with_topics_tells_who_and_what_is_damaged() -> None:
    lines = (
        b'zigbee2mqtt/bridge/state {"state":"online"}\nzigbee2mqtt/bep/availability offline\n'
        b'zigbee2mqtt/bep {"smoke":true}\nzigbee2mqtt/bep {"smoke":tr\n{"smoke":true,"device":{"friendlyName":"k"}}\n'
        b"zigbee2mqtt/bridge/devices []\nzigbee2mqtt/bridge/logging x\n"
    )
    items = list(recording(lines))
    assert [type(item) for item in items] == [Decoded, Decoded, Decoded, Damaged, Decoded, Decoded, Decoded]
    decoded = [item for item in items if isinstance(item, Decoded)]
    assert [item.device for item in decoded] == [None, "bep", "bep", "k", None, None]
    assert decoded[2].points[0].condition is Condition.ALARM


# -- contacts, buttons, sirens, plugs


def test_a_contact_is_closed_or_open_or_did_not_say() -> None:
    assert [state(fields).closed for fields in ({"contact": True}, {"contact": False}, {"battery": 1})] == [
        True,
        False,
        None,
    ]


@pytest.mark.parametrize("action", ["emergency", "sos", "panic"])
def test_an_emergency_button_calls_for_help(action: str) -> None:
    message = state({"action": action})
    assert (message.action, message.sos) == (action, True)


def test_an_ordinary_press_is_an_action_and_no_call_for_help() -> None:
    message = state({"action": "single"})
    assert (message.action, message.sos) == ("single", False)


def test_a_retained_or_empty_action_did_not_just_happen() -> None:
    for message in (state({"action": "emergency"}, retained=True), state({"sos": True}, retained=True)):
        assert (message.action, message.sos) == (None, False)
    assert state({"action": ""}).action is None


def test_a_siren_says_whether_it_sounds_and_is_switched_with_an_end() -> None:
    assert state({"alarm": True}).sounding is True
    topic, payload = siren_command("coi-1", True, 60, "warning")
    assert topic == "zigbee2mqtt/coi-1/set"
    assert json.loads(payload)["warning"]["duration"] == 60
    assert json.loads(siren_command("coi-1", False, 60, "alarm")[1])["alarm"] == "OFF"


def test_the_register_of_a_plug_is_in_watt_hours_and_exact() -> None:
    message = decode("zigbee2mqtt/o-cam", b'{"energy": 109552.25, "power": 12}', retained=False)
    assert isinstance(message, DeviceState)
    assert values(message) == {"energy_import": Decimal("109552250"), "power": Decimal(12)}


# -- the bridge itself


@pytest.mark.parametrize(
    ("payload", "online"), [(b'{"state":"online"}', True), (b"offline", False), (b"online\n", True)]
)
def test_availability_and_bridge_state_in_both_spellings(payload: bytes, online: bool) -> None:
    assert decode("zigbee2mqtt/bep/khoi/availability", payload, retained=True) == Availability("bep/khoi", online, True)
    assert decode("zigbee2mqtt/bridge/state", payload, retained=False) == BridgeState(online, False)


def test_the_list_of_devices_names_what_each_one_is() -> None:
    devices = [
        {"type": "Coordinator", "friendly_name": "Coordinator", "ieee_address": "0x0"},
        device("bep-khoi", "Battery", [{"name": "smoke"}, {"name": "alarm"}]),
        device("coi-1", "Mains (single phase)", [{"name": "warning"}]),
        device("nut-1", "Battery", [{"name": "action", "values": ["emergency", "disarm"]}]),
        device("cua-1", "Battery", [{"name": "contact"}], disabled=True),
        device("o-cam", "Mains (single phase)", [{"type": "switch"}, {"name": "energy"}]),
        device("den-1", "Mains (single phase)", [{"type": "light"}]),
        {"friendly_name": "chua-ro", "ieee_address": "0x9", "definition": None},
        "rubbish",
    ]
    message = decode("zigbee2mqtt/bridge/devices", json.dumps(devices).encode(), retained=True)
    assert isinstance(message, DeviceList)
    assert [(d.name, d.kind, d.battery, d.silence_limit) for d in message.devices] == [
        ("bep-khoi", DeviceKind.SMOKE_DETECTOR, True, 90_000),
        ("coi-1", DeviceKind.SIREN, False, 600),
        ("nut-1", DeviceKind.SOS_BUTTON, True, 90_000),
        ("cua-1", DeviceKind.CONTACT, True, 90_000),
        ("o-cam", DeviceKind.SUB_METER, False, 600),
        ("den-1", None, False, 600),
        ("chua-ro", None, True, 90_000),
    ]
    assert [d.name for d in message.devices if d.disabled] == ["cua-1"]


def device(name: str, power: str, exposes: list[dict[str, object]], **more: object) -> dict[str, object]:
    definition = {"model": "M", "vendor": "V", "exposes": exposes}
    return {"ieee_address": "0x1", "friendly_name": name, "power_source": power, "definition": definition, **more}


@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt/bridge/logging",
        "zigbee2mqtt/bridge/info",
        "zigbee2mqtt/bep-khoi/set",
        "zigbee2mqtt/bep-khoi/get",
        "zigbee2mqtt/bep-khoi/set/state",
        "other/bep-khoi",
        "zigbee2mqttbep",
    ],
)
def test_topics_that_say_nothing_of_a_device_are_passed_over(topic: str) -> None:
    assert decode(topic, b'{"smoke": true}', retained=False) is None


def test_a_deleted_retained_state_is_no_message() -> None:
    assert decode("zigbee2mqtt/bep-khoi", b"", retained=False) is None


def test_another_base_topic() -> None:
    message = decode("zb/tang-2/khoi", b'{"smoke": true}', retained=False, base="zb")
    assert isinstance(message, DeviceState)
    assert message.name == "tang-2/khoi"


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("bep-khoi", b'{"smoke": tru', "no JSON"),
        ("bep-khoi", b"\xff\xfe\x00", "no JSON"),
        ("bep-khoi", b"[" * 100_000, "no JSON"),
        ("bep-khoi", b"true", "output: json"),
        ("bep-khoi", b"[1]", "output: json"),
        ("bep-khoi", b'{"a":"' + b"x" * 4_000_000 + b'"}', "the limit is"),
        ("bep-khoi/availability", b'{"state":"asleep"}', "neither online nor offline"),
        ("bridge/devices", b"{}", "a list of devices"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_each_kind_of_bad_message_is_an_error_that_names_the_topic(topic: str, payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason) as refused:
        decode(f"zigbee2mqtt/{topic}", payload, retained=False)
    assert str(refused.value).startswith(f"zigbee2mqtt/{topic}: ")
    assert len(str(refused.value)) < 250
