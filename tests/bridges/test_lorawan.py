"""Payloads of LoRaWAN models: published samples, what each message means, and what is refused."""

from decimal import Decimal

import pytest

from bridges.captures import capture
from bridges.damage import bit_errors, cuts
from keng_bridges.errors import FrameError, ProfileError
from keng_bridges.lorawan import MODELS, _blueprint, codec, decode, model_of, recording, server
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Mark

GS524N = bytes.fromhex("221e64001c40")  # Milesight's published sample: a test with a good battery
TG563A = bytes.fromhex("00781a0300")  # modrisb/tg563a-payload-decoder (MIT), examples.json
HISTORY = bytes.fromhex("0f7e1a0300cd25915634c632e3325e05e342f803091afe13ffff19c849270000e21a05")  # the same file


def gs524n(message: int, concentration: int = 0, temperature: int = 28) -> bytes:
    body = bytes([0x22, 0x10 | message, 90, concentration, temperature & 255])
    return body + bytes([-sum(body) & 255])


def one(data: bytes, model: str | None = None) -> Decoded | Damaged:
    (item,) = recording(data, model)
    return item


def test_the_recorded_gs524n_says_what_its_maker_says() -> None:
    data, expected = capture("milesight_gs524n_test")
    item = one(bytes.fromhex(data.decode()))
    assert isinstance(item, Decoded)
    told = dict(item.facts) | {str(m.quantity): m.value for m in item.measurements}
    assert {key: told[key] for key in expected} == expected
    assert item.points[0].marks == {Mark.TEST}


def test_the_recorded_tg563a_says_what_its_decoder_says() -> None:
    data, expected = capture("tg563a_periodic")
    item = one(bytes.fromhex(data.decode()))
    assert isinstance(item, Decoded)
    assert item.facts["message_type"] == expected["messageType"]
    status = item.facts["status"]
    assert isinstance(status, dict)
    assert (status["mounted"], status["smoke_alarm"], status["battery_low"]) == (True, False, False)
    assert item.measurements[0].value == expected["temperature"]


@pytest.mark.parametrize(
    ("message", "condition", "marks"),
    [
        (1, Condition.ALARM, set[Mark]()),
        (2, None, set[Mark]()),
        (4, None, {Mark.LOW_BATTERY}),
        (5, None, {Mark.FAULT}),
        (7, Condition.NORMAL, set[Mark]()),
        (10, None, {Mark.TAMPER}),
        (11, None, set[Mark]()),
        (14, Condition.NORMAL, {Mark.TEST}),
        (15, Condition.NORMAL, {Mark.TEST, Mark.LOW_BATTERY}),
        (3, Condition.UNKNOWN, set[Mark]()),
    ],
)
def test_each_message_of_a_gs524n(message: int, condition: Condition | None, marks: set[Mark]) -> None:
    payload = decode(gs524n(message, 12, -5), "milesight_gs524n")
    assert (payload.condition, set(payload.marks)) == (condition, marks)
    assert [m.value for m in payload.measurements] == [Decimal(90), Decimal("0.12"), Decimal(-5)]


def test_any_wrong_bit_of_a_gs524n_yields_no_value() -> None:
    for _, data in bit_errors(GS524N):
        with pytest.raises(FrameError):
            decode(data, "milesight_gs524n")
        item = one(data)
        assert isinstance(item, Damaged) or not (item.measurements or item.points)


@pytest.mark.parametrize("data", [GS524N, TG563A, HISTORY])
def test_a_payload_cut_short_or_lengthened_yields_no_value(data: bytes) -> None:
    model = model_of(data)
    assert model is not None
    for piece in [*cuts(data), data + b"\0", data * 20]:
        with pytest.raises(FrameError):
            decode(piece, model)
        for item in recording(piece):
            assert isinstance(item, Damaged) or not (item.measurements or item.points)


@pytest.mark.parametrize("mounted", [0, 1])
def test_smoke_is_an_alarm_whether_the_detector_is_mounted_or_not(mounted: int) -> None:
    for data in (bytes([1, 0x78, 26, mounted, 0]), bytes([0, 0x78, 26, mounted, 1])):
        payload = decode(data, "tg563a")
        assert payload.condition is Condition.ALARM
        assert (Mark.TAMPER in payload.marks) is not bool(mounted)


@pytest.mark.parametrize(
    ("status", "marks"),
    [
        (0x0001, set[Mark]()),
        (0x0201, {Mark.LOW_BATTERY}),
        (0x0801, {Mark.DIRTY}),
        (0x4001, {Mark.FAULT}),
        (0x0421, {Mark.FAULT}),
        (0x0081, {Mark.TAMPER}),
    ],
)
def test_each_flag_of_a_tg563a(status: int, marks: set[Mark]) -> None:
    payload = decode(bytes([0, 0x7F, 0xF6, status & 255, status >> 8]), "tg563a")
    assert (payload.condition, set(payload.marks), payload.period_h) == (Condition.NORMAL, marks, 48)
    assert payload.cleared == {Mark.TAMPER, Mark.LOW_BATTERY, Mark.DIRTY, Mark.FAULT} - marks
    assert payload.measurements[0].value == -10


def test_the_history_of_a_tg563a() -> None:
    payload = decode(HISTORY, "tg563a")
    assert payload.measurements[1].value == Decimal("3.05")
    wanted = {
        "serial_number": "34569125",
        "production_date": "2025-06-06",
        "installation_date": "2025-07-03",
        "running_time_counter": 1_234_800,
        "smoke_alarm_time_counter": 369_792_000,
        "test_alarm_counter": 19,
        "mounting_counter": 73,
        "minimum_temperature": -30,
        "distance_threshold": 50,
    }
    assert {key: payload.facts[key] for key in wanted} == wanted


def test_an_unknown_payload_is_unknown_and_a_named_model_decides() -> None:
    item = one(b"\xaa")
    assert isinstance(item, Decoded)
    assert item.facts == {"model": "unknown", "payload_hex": "aa"}
    assert (item.measurements, item.points) == ((), ())
    assert isinstance(one(b"\xaa", "tg563a"), Damaged)
    assert isinstance(one(b"\xaa", "klingon"), Damaged)
    assert isinstance(one(GS524N, "milesight_gs524n"), Decoded)
    assert isinstance(one(b"x" * 243), Damaged)
    with pytest.raises(ProfileError, match="tg563a"):
        codec("klingon")


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_both_functions(model: str) -> None:
    assert not codec(model).looks_like(b"")
    with pytest.raises(FrameError):
        codec(model).decode(b"")


def test_the_blueprint_reads_its_contact_and_refuses_the_rest() -> None:
    assert [_blueprint.decode(bytes([n, 90])).condition for n in range(3)] == [
        Condition.NORMAL,
        Condition.ALARM,
        Condition.UNKNOWN,
    ]
    with pytest.raises(FrameError):
        _blueprint.decode(b"\0")


@pytest.mark.parametrize(
    ("fields", "condition", "marks"),
    [
        ({"smokeAlarm": True, "battery": Decimal("88.5")}, Condition.ALARM, set[Mark]()),
        ({"alarm": 0, "tamper": 1}, Condition.NORMAL, {Mark.TAMPER}),
        ({"status": {"smoke": "detected", "batteryLow": True}}, Condition.ALARM, {Mark.LOW_BATTERY}),
        ({"smoke": "perhaps"}, Condition.UNKNOWN, set[Mark]()),
        ({"pulses": 7}, None, set[Mark]()),
    ],
)
def test_what_a_codec_in_chirpstack_made_of_it(
    fields: dict[str, object], condition: Condition | None, marks: set[Mark]
) -> None:
    payload = server.decode(fields)
    assert (payload.condition, set(payload.marks)) == (condition, marks)
