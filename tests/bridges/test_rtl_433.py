"""What rtl_433 hears: bare codes, senders with a state, repeats, and what makes no sense."""

import json
from decimal import Decimal

import pytest

from keng_bridges.errors import PayloadError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.rtl_433 import REMEMBERED, Heard, Repeats, decode, recording
from keng_bridges.values import Condition, Mark

GS558 = b'{"time":"2026-11-22 08:00:01","model":"Smoke-GS558","id":1234,"unit":3,"learn":0,"code":"abc123"}'


def heard(**fields: object) -> Heard:
    found = decode("rtl_433/nha/events", json.dumps({"model": "M", "id": 7, **fields}).encode())
    assert found is not None
    return found


def test_a_bare_code_of_a_smoke_alarm_is_an_alarm() -> None:
    found = decode("rtl_433/nha/events", GS558)
    assert found is not None
    assert (found.name, found.condition, found.marks) == ("Smoke-GS558/1234", Condition.ALARM, frozenset())


def test_an_alarm_that_is_being_taught_is_a_test_and_no_alarm() -> None:
    found = heard(learn=1, code="abc123")
    assert (found.condition, set(found.marks)) == (None, {Mark.TEST})


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"alarm": 1, "contact_open": 0}, Condition.ALARM),
        ({"alarm": 0}, Condition.NORMAL),
        ({"smoke_alarm": "perhaps"}, Condition.UNKNOWN),
        ({"heartbeat": 1, "event": 4}, Condition.NORMAL),
        ({"state": "open"}, Condition.ALARM),
        ({"state": "closed"}, Condition.NORMAL),
        ({"contact_open": 1}, Condition.ALARM),
        ({"closed": 1}, Condition.NORMAL),
        ({"temperature_C": 21.5}, None),
        ({"code": "abc", "battery_ok": 1}, Condition.ALARM),
        ({"text": "Fire alarm", "message": 32, "net_id": 1}, Condition.ALARM),
        ({"text": "Alarm muted", "message": 4, "net_id": 1}, None),
        ({"text": "Test alarm", "message": 64, "net_id": 1}, None),
    ],
)
def test_how_a_sender_stands(fields: dict[str, object], condition: Condition | None) -> None:
    assert heard(**fields).condition is condition


def test_a_sender_that_says_in_words_that_it_is_tested_is_so_until_it_says_something_else() -> None:
    assert heard(text="Test alarm").marks == {Mark.TEST}
    assert heard(text="Fire alarm").cleared == {Mark.TEST}
    assert heard(text="Fire alarm").bare, "it never says that it is over"


@pytest.mark.parametrize(("level", "low"), [(0, True), (1, False), (0.2, True), (0.9, False)])
def test_a_battery_is_good_or_bad_or_a_share(level: float, low: bool) -> None:
    assert (Mark.LOW_BATTERY in heard(battery_ok=level).marks) is low


def test_values_are_exact_and_in_our_units() -> None:
    found = heard(temperature_C=21.5, humidity=55, energy_kWh=12.345, rssi=-7.1)
    assert {m.quantity: m.value for m in found.measurements} == {
        "temperature": Decimal("21.5"),
        "humidity": Decimal(55),
        "energy_import": Decimal("12345.000"),
        "signal": Decimal("-7.1"),
    }


def test_repeats_within_three_seconds_are_one_message_whatever_the_radio_says() -> None:
    repeats = Repeats()
    one, again, other = heard(code="a", rssi=-5), heard(code="a", rssi=-9), heard(code="b")
    assert [repeats.fresh(one, 0), repeats.fresh(again, 2999), repeats.fresh(other, 2999)] == [True, False, True]
    assert repeats.fresh(again, 3000)


def test_an_open_and_a_close_within_three_seconds_are_two() -> None:
    repeats = Repeats()
    assert repeats.fresh(heard(state="open"), 0)
    assert repeats.fresh(heard(state="closed"), 100)


def test_a_babbling_neighbourhood_fills_no_memory() -> None:
    repeats = Repeats()
    for number in range(REMEMBERED + 500):
        repeats.fresh(heard(id=number), number)
    assert len(repeats._heard) == REMEMBERED  # pyright: ignore[reportPrivateUsage]


def test_other_topics_and_messages_without_a_sender_say_nothing() -> None:
    assert decode("rtl_433/nha/devices/M/7/id", b"7") is None
    assert decode("rtl_433/nha/events", b'{"enabled":true}') is None
    assert decode("rtl_433/nha/events", b'{"model":"M","id":[1]}') is None
    assert decode("rtl_433/nha/events", b"") is None
    with pytest.raises(PayloadError):
        decode("rtl_433/nha/events", GS558[:-5])


def test_a_recording_shows_repeats_and_damage() -> None:
    assert [item.facts for item in recording(b"rtl_433/nha/devices/M/7/id 7\n")] == [
        {"topic": "rtl_433/nha/devices/M/7/id"}
    ]
    later = GS558.replace(b":01", b":05")
    items = list(recording(b"\n".join([GS558, GS558, later, GS558[:40], b'{"enabled":true}'])))
    assert [item.facts["repeat"] for item in items if isinstance(item, Decoded)] == [False, True, False]
    assert [type(item) for item in items[3:]] == [Damaged, Damaged]
    assert items[0].facts["code"] == "abc123"
