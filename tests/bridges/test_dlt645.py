"""DL/T645: frames by their length, exact decimals, nothing from a damaged frame, and no way to write a meter."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.captures import capture
from bridges.damage import NOISE, accepted, bit_errors, cuts, items
from keng_bridges.dlt645 import decode, identifier, layout, parse, recording, request, seal
from keng_bridges.dlt645.listener import HELD, Listener
from keng_bridges.recording import Damaged, Decoded

METER = "202600000123"
QUESTION = bytes.fromhex("68 23 01 00 00 26 20 68 11 04 33 33 34 33 1C 16")
ANSWER = bytes.fromhex("68 23 01 00 00 26 20 68 91 08 33 33 34 33 89 67 45 33 08 16")
CAPTURES = {
    "dlt07_req_energy": [],
    "dlt07_rsp_energy_fwd": [("energy_import", Decimal(260))],
    "dlt07_rsp_reactive1": [("reactive_import", Decimal(100_260))],
    "dlt07_rsp_voltage_a": [("voltage_l1", Decimal("100.1"))],
    "dlt97_rsp_energy": [("energy_import", Decimal(10))],
}


def answer(di: str, data: str, control: int = 0x91, address: str = METER) -> bytes:
    """An answer with these data bytes (hex, as they come)."""
    return seal(control, address, bytes.fromhex(di)[::-1] + bytes.fromhex(data))


def values(di: str, data: str) -> list[tuple[str | None, str | None, Decimal, str]]:
    found = decode(di, bytes.fromhex(data)).measurements
    return [(m.quantity, m.obis, m.value, m.unit) for m in found]


def test_the_question_of_the_brief_is_what_we_send_behind_four_preamble_bytes() -> None:
    assert request(0x11, METER, bytes.fromhex("00000100")) == b"\xfe" * 4 + QUESTION


def test_the_answer_of_the_brief_is_1234_56_kilowatt_hours() -> None:
    (found,), damaged = items(recording, ANSWER)
    assert damaged == []
    assert (found.device, found.measurements[0].quantity) == (METER, "energy_import")
    assert found.measurements[0].value == Decimal("1234560")
    assert (found.facts["value"], found.facts["unit"]) == ("1234.56", "kWh")


@pytest.mark.parametrize("name", CAPTURES)
def test_recorded_frames_say_what_their_publishers_say(name: str) -> None:
    data, expected = capture(name)
    (found,), damaged = items(recording, bytes.fromhex(data.decode()))
    assert damaged == []
    assert [(m.quantity, m.value) for m in found.measurements] == CAPTURES[name]
    for key in ("addr", "cs_ok", "ctrl", "data_minus33", "di", "length", "unit"):
        if key in expected:
            assert found.facts[key] == expected[key]
    if "value" in expected:
        assert Decimal(cast(str, found.facts["value"])) == Decimal(str(expected["value"]))


@pytest.mark.parametrize(
    ("di", "data", "expected"),
    [
        ("00010100", "00000000", [("energy_import_t1", "1-0:1.8.1", Decimal(0), "Wh")]),
        ("00010400", "99999999", [("energy_import_t4", "1-0:1.8.4", Decimal("999999990"), "Wh")]),
        ("00020000", "50000000", [("energy_export", "1-0:2.8.0", Decimal(500), "Wh")]),
        ("00030000", "26000180", [("reactive_import", "1-0:3.8.0", Decimal(-100_260), "varh")]),
        ("00040000", "26000100", [("reactive_export", "1-0:4.8.0", Decimal(100_260), "varh")]),
        ("00010001", "26000000", [(None, "1-0:1.8.0*1", Decimal(260), "Wh")]),
        ("02010300", "9823", [("voltage_l3", "1-0:72.7.0", Decimal("239.8"), "V")]),
        ("02020100", "504580", [("current_l1", "1-0:31.7.0", Decimal("-4.55"), "A")]),
        ("02030000", "563412", [("power", "1-0:1.7.0", Decimal("123456") / 10, "W")]),
        ("02030200", "563492", [("power_l2", "1-0:41.7.0", Decimal("-12345.6"), "W")]),
        ("02060000", "9909", [("power_factor", "1-0:13.7.0", Decimal("0.999"), "1")]),
        ("02800002", "0150", [("frequency", "1-0:14.7.0", Decimal("50.01"), "Hz")]),
        ("9010", "01000000", [("energy_import", "1-0:1.8.0", Decimal(10), "Wh")]),
        ("9020", "01000000", [("energy_export", "1-0:2.8.0", Decimal(10), "Wh")]),
        ("9011", "01000000", [("energy_import_t1", "1-0:1.8.1", Decimal(10), "Wh")]),
        ("9410", "01000000", [(None, "1-0:1.8.0*1", Decimal(10), "Wh")]),
        ("B611", "2002", [("voltage_l1", "1-0:32.7.0", Decimal(220), "V")]),
        ("B621", "5004", [("current_l1", "1-0:31.7.0", Decimal("4.50"), "A")]),
        ("B630", "563412", [("power", "1-0:1.7.0", Decimal("12345.6"), "W")]),
    ],
)
def test_a_register_has_its_digits_sign_and_unit(
    di: str, data: str, expected: list[tuple[str | None, str | None, Decimal, str]]
) -> None:
    assert values(di, data) == expected


@pytest.mark.parametrize(
    ("di", "data", "codes"),
    [
        ("0001FF00", "01000000" * 5, [f"1-0:1.8.{rate}" for rate in range(5)]),
        ("000100FF", "01000000" * 3, ["1-0:1.8.0", "1-0:1.8.0*1", "1-0:1.8.0*2"]),
        ("0201FF00", "2022 2122 2222", ["1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0"]),
        ("0202FF00", "010000" * 3, ["1-0:31.7.0", "1-0:51.7.0", "1-0:71.7.0"]),
        ("0203FF00", "010000" * 4, ["1-0:1.7.0", "1-0:21.7.0", "1-0:41.7.0", "1-0:61.7.0"]),
        ("0201FF00", "2022 FFFF FFFF", ["1-0:32.7.0"]),
        ("901F", "01000000 02000000 AA", ["1-0:1.8.0", "1-0:1.8.1"]),
        ("B61F", "2002 2102 2202", ["1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0"]),
    ],
)
def test_a_block_holds_one_value_after_the_other(di: str, data: str, codes: list[str]) -> None:
    assert [code for _, code, _, _ in values(di, data)] == codes


def test_the_largest_demand_comes_with_its_time() -> None:
    found = decode("01010000", bytes.fromhex("563412 30 18 15 06 26")).measurements
    assert [(m.quantity, m.value, m.unit, m.at) for m in found] == [
        ("demand_max", Decimal("12345.6"), "W", datetime(2026, 6, 15, 18, 30))
    ]


def test_digits_that_are_none_give_no_value() -> None:
    found = decode("00010000", bytes.fromhex("0A000000"))
    assert (found.measurements, len(found.problems)) == ((), 1)


def test_an_unknown_identifier_keeps_its_bytes_for_a_person() -> None:
    (found,), _ = items(recording, answer("0DEAD000", "123456"))
    assert (found.measurements, found.facts["rest"]) == ((), "123456")


def test_date_time_and_number_are_facts() -> None:
    data = answer("04000101", "03151126") + answer("04000102", "153020") + answer("04000402", "230100002620")
    found, _ = items(recording, data)
    assert found[0].facts["date"] == "2026-11-15"
    assert found[1].facts["time"] == "20:30:15"
    assert found[2].facts["meter_number"] == METER


def test_a_meter_that_declines_says_why() -> None:
    (found,), _ = items(recording, seal(0xD1, METER, b"\x02"))
    assert found.facts["meaning"] == ["no such data"]
    (old,), _ = items(recording, seal(0xC1, METER, b"\x04"))
    assert old.measurements == ()


def test_the_password_of_a_recorded_write_is_not_shown() -> None:
    written = bytes.fromhex("68 23 01 00 00 26 20 68 14 0C 34 34 33 37 35 AB 89 67 44 44 44 44")
    (found,), _ = items(recording, written + bytes([sum(written) & 0xFF, 0x16]))
    assert (found.facts["ctrl"], found.facts["data_minus33"]) == ("14", "01010004")


def test_the_address_answer_names_the_meter() -> None:
    (found,), _ = items(recording, seal(0x93, METER, bytes.fromhex(METER)[::-1]))
    assert found.facts["meter_address"] == METER


def test_a_block_in_parts_is_joined_by_its_numbers() -> None:
    parts = [
        answer("0001FF00", "01000000 0200", 0xB1),
        answer("0001FF00", "0000 03000000 01", 0xB2),
        answer("0001FF00", "04000000 02", 0x92),
    ]
    found, _ = items(recording, b"".join(parts))
    assert [[m.value for m in one.measurements] for one in found] == [[], [], [10, 20, 30, 40]]
    assert accepted(recording, parts[0] + parts[2]) == []
    assert accepted(recording, parts[1] + parts[2]) == []


def test_the_parts_of_the_old_version_have_no_numbers() -> None:
    parts = answer("901F", "01000000", 0xA1) + answer("901F", "02000000", 0x82)
    assert accepted(recording, parts) == [10, 20]


@pytest.mark.parametrize("preamble", [0, 1, 4, 9])
def test_any_count_of_preamble_bytes_is_nothing(preamble: int) -> None:
    found, damaged = items(recording, b"\xfe" * preamble + ANSWER + b"\xfe" * preamble + ANSWER)
    assert ([one.offset for one in found], damaged) == ([preamble, 2 * preamble + len(ANSWER)], [])


@pytest.mark.parametrize("value", ["16161616", "68686868", "16681668"])
def test_start_and_end_bytes_inside_data_are_data(value: str) -> None:
    on_the_wire = bytes((byte - 0x33) & 0xFF for byte in bytes.fromhex(value)).hex()
    frame = answer("00010000", on_the_wire)
    assert bytes.fromhex(value) in frame
    found, damaged = items(recording, frame)
    assert (len(found), damaged) == (1, [])


def test_a_frame_cut_short_is_damaged_and_gives_nothing() -> None:
    for piece in cuts(ANSWER):
        found, damaged = items(recording, piece)
        assert found == []
        assert len(damaged) == bool(piece)


def test_one_wrong_bit_anywhere_gives_nothing() -> None:
    for _, frame in bit_errors(ANSWER):
        found, damaged = items(recording, frame)
        assert (found, len(damaged)) == ([], 1)


def test_garbage_before_between_and_after_costs_no_frame() -> None:
    found, damaged = items(recording, NOISE + ANSWER + NOISE + QUESTION + NOISE)
    assert [one.facts["kind"] for one in found] == ["answer", "request"]
    assert [one.offset for one in damaged] == [0, len(NOISE + ANSWER), len(NOISE + ANSWER + NOISE + QUESTION)]


def test_a_damaged_frame_tells_what_is_wrong() -> None:
    _, (damaged,) = items(recording, ANSWER[:-2] + b"\x09\x16")
    assert "check sum is 09, computed 08" in damaged.error


def test_no_request_can_write_a_meter() -> None:
    for control in range(256):
        if control in (0x11, 0x12, 0x13, 0x01, 0x02):
            continue
        for length in (0, 2, 4, 5, 12):
            with pytest.raises(ValueError, match="no request that reads"):
                request(control, METER, bytes(length))
    for control in range(128):
        if control not in (0x11, 0x12, 0x13, 0x01, 0x02):
            with pytest.raises(ValueError, match="no request that reads"):
                seal(control, METER, bytes(4))
    with pytest.raises(ValueError, match="address"):
        request(0x11, "12", bytes(4))


def test_every_known_register_ends_and_has_a_size() -> None:
    for text in ("00010000", "0001FF00", "000100FF", "0203FF00", "901F", "B63F", "00000000", "FFFFFFFF", "F0F0"):
        registers = list(layout(text))
        assert len(registers) <= 64
        assert all(register.size in (2, 3, 4) for register in registers)


def test_the_listener_passes_answers_on_in_any_pieces_and_not_our_own_echo() -> None:
    listener = Listener()
    stream = QUESTION + b"\xfe\xfe" + ANSWER
    found = [frame for byte in stream for frame in listener.received(bytes([byte]))]
    assert [identifier(frame) for frame in found] == ["00010000"]
    assert not listener.noise


def test_the_listener_holds_no_more_than_a_few_frames() -> None:
    listener = Listener()
    listener.received(b"\x68" * 100_000)
    assert listener.noise
    assert len(listener._buffer) == HELD  # pyright: ignore[reportPrivateUsage]
    assert len(listener.received(ANSWER)) == 1


@given(st.lists(st.sampled_from([ANSWER, QUESTION, b"\xfe", b"\x68", b"\x16", b"\x91\xc8"]) | st.binary(max_size=40)))
@settings(max_examples=200)
def test_whatever_the_bytes_nothing_is_raised_and_items_are_in_order(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = list(recording(data))
    assert [one.offset for one in found] == sorted(one.offset for one in found)
    for one in found:
        assert isinstance(one, Decoded | Damaged)
        assert isinstance(one.facts, Mapping)
        if isinstance(one, Decoded):
            assert parse(data, one.offset) is not None


@given(
    st.sampled_from(["00010000", "0001FF00", "01010000", "0202FF00", "901F", "B63F", "00FF00FF"]),
    st.binary(max_size=80),
)
def test_no_data_makes_the_values_raise(di: str, data: bytes) -> None:
    for one in decode(di, data).measurements:
        assert isinstance(one.value, Decimal)
