"""M-Bus: frames by both lengths and sum, exact values, times decoded here, and no way to write a meter."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.captures import capture
from bridges.damage import NOISE, accepted, bit_errors, cuts, items
from keng_bridges.errors import FrameError, PayloadError
from keng_bridges.mbus import ask, maker, parse, read_records, read_time, recording, select, wake
from support.mbus_bus import frame, telegram
from support.peer import ask_peer

CAPTURES = [
    "mbus_EMU_EMU_Professional_375_M_Bus",
    "mbus_FIN_Finder_7E_23_8_230_0020",
    "mbus_LGB_G350",
    "mbus_SBC_Saia_Burgess_ALE3",
    "mbus_abb_delta",
    "mbus_electricity_meter_1",
    "mbus_gmc_emmod206",
]
ENERGY = "0C03 78563412"  # 12345678 Wh
ANSWER = telegram("20260001", ENERGY)
QUESTION = bytes.fromhex("10 5B 01 5C 16")


def hexadecimal(name: str) -> tuple[bytes, dict[str, object]]:
    data, expected = capture(name)
    return bytes.fromhex(data.decode()), expected


def one(records: str) -> tuple[object, str]:
    """Value and unit of a single record."""
    (record,) = read_records(bytes.fromhex(records)).records
    return record.value, record.unit


def plain(value: object) -> Decimal | str:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return str(value).removesuffix("Z")


@pytest.mark.parametrize("name", CAPTURES)
def test_recorded_telegrams_say_what_libmbus_says(name: str) -> None:
    data, expected = hexadecimal(name)
    (found,), damaged = items(recording, data)
    assert damaged == []
    slave = cast(dict[str, str], expected["libmbus_slave"])
    assert cast(str, found.facts["id"]).lstrip("0") == slave["Id"]
    assert (found.facts["manufacturer"], found.facts["medium"]) == (slave["Manufacturer"], slave["Medium"])
    assert (str(found.facts["version"]), found.facts["status"]) == (slave["Version"], slave["Status"])
    wanted = [r for r in cast(list[dict[str, str]], expected["libmbus_records"]) if r["value"]]
    records = cast(list[dict[str, object]], found.facts["records"])
    assert [(r["function"], str(r["storage"]), plain(r["value"])) for r in records] == [
        (r["function"], r["storage"], plain(r["value"])) for r in wanted
    ]
    assert [str(r["tariff"] or 0) for r in records] == [r["tariff"] or "0" for r in wanted]


@pytest.mark.parametrize("name", [name for name in CAPTURES if name != "mbus_electricity_meter_1"])  # its id has an E
def test_an_independent_reader_finds_the_same_numbers(name: str) -> None:
    data, _ = hexadecimal(name)
    (said,) = ask_peer("mbus", "mbus_oracle.py", [data.hex()])
    values = [cast(dict[str, str] | None, record.get("value")) or {} for record in said["records"]]
    theirs = [Decimal(value["value"]) for value in values if value.get("kind") == "decimal"]
    (found,), _ = items(recording, data)
    ours = [m.value for m in found.measurements]
    assert theirs != []
    assert [number for number in theirs if number not in ours] == []


def test_the_recorded_gas_meter_has_the_date_that_the_library_reads_wrongly() -> None:
    data, _ = hexadecimal("mbus_LGB_G350")
    (found,), _ = items(recording, data)
    records = cast(list[dict[str, object]], found.facts["records"])
    assert [r["value"] for r in records if r["unit"] == "date time"] == ["2016-07-22T08:00:00"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("3F2C", date(2017, 12, 31)),
        ("FFFF", None),
        ("0000", None),
        ("1F22", None),
        ("1E0D3F2C", datetime(2017, 12, 31, 13, 30)),
        ("9E0D3F2C", None),
        ("1E2DBF1C", datetime(2013, 12, 31, 13, 30)),
        ("FFFFFFFF", None),
        ("000008162700", datetime(2016, 7, 22, 8, 0, 0)),
        ("008008162700", None),
        ("1E0D17", time(23, 13, 30)),
        ("1E", None),
    ],
)
def test_times(data: str, expected: date | None) -> None:
    assert read_time(bytes.fromhex(data)) == expected


@pytest.mark.parametrize(
    ("records", "value", "unit"),
    [
        ("01 03 FF", Decimal(-1), "Wh"),
        ("02 05 0100", Decimal(100), "Wh"),
        ("04 06 78563412", Decimal(305419896000), "Wh"),
        ("07 00 0100000000000000", Decimal("0.001"), "Wh"),
        ("0A FD48 5722", Decimal("225.7"), "V"),
        ("0B FD59 6600F0", Decimal("-0.066"), "A"),
        ("0B 2B 020000", Decimal(2), "W"),
        ("0B 2B 0200F0", Decimal(-2), "W"),
        ("0C 13 34120000", Decimal("1.234"), "m3"),
        ("05 2B CDCCCC3D", Decimal("0.1"), "W"),
        ("05 2B 0000C07F", None, "W"),
        ("0A 2B 0A00", None, "W"),
        ("02 22 0200", Decimal(7200), "s"),
        ("02 FB2C 8813", Decimal("5.000"), "Hz"),
        ("0D 78 03 434241", "ABC", "1"),
        ("04 AB 7D 01000000", Decimal(1000), "W"),
        ("04 AB 73 01000000", Decimal("0.001"), "W"),
    ],
)
def test_a_record_has_its_exact_value_and_unit(records: str, value: object, unit: str) -> None:
    assert one(records) == (value, unit)


def test_fill_bytes_and_the_makers_own_data_are_no_records() -> None:
    found = read_records(bytes.fromhex("2F2F 010301 2F 0F DEADBEEF"))
    assert (len(found.records), found.rest, found.more_follow) == (1, bytes.fromhex("DEADBEEF"), False)
    assert read_records(bytes.fromhex("010301 1F")).more_follow


@pytest.mark.parametrize("records", ["04 03 0102", "04", "04 FD", "0D 78 20 41", "04 03"])
def test_records_that_do_not_fit_give_nothing(records: str) -> None:
    with pytest.raises(PayloadError):
        read_records(bytes.fromhex(records))


def test_values_of_now_have_names_and_all_others_keep_theirs_to_themselves() -> None:
    records = "8C1003 11000000 8C2003 22000000 0C03 33000000 4C03 44000000 02FD49 E600 022B 0500 1C03 55000000"
    (found,), _ = items(recording, telegram("20260001", records))
    assert [(m.quantity, m.value) for m in found.measurements] == [
        ("energy_import_t1", Decimal(11)),
        ("energy_import_t2", Decimal(22)),
        ("energy_import", Decimal(33)),
        (None, Decimal(44)),
        ("voltage_l1", Decimal(230)),
        ("power", Decimal(5)),
        (None, Decimal(55)),
    ]
    assert found.device == "20260001"


def test_phases_and_directions_that_a_record_names_itself() -> None:
    records = "02FDC8FC01 FC08 02FDC8FC02 0609 02ABFC03 0500 04833B 01000000 04833C 02000000 048339 03000000"
    (found,), _ = items(recording, telegram("20260001", records))
    assert [(m.quantity, m.value) for m in found.measurements] == [
        ("voltage_l1", Decimal("230.0")),
        ("voltage_l2", Decimal("231.0")),
        ("power_l3", Decimal(5)),
        ("energy_import", Decimal(1)),
        ("energy_export", Decimal(2)),
        (None, Decimal(3)),
    ]


@pytest.mark.parametrize(
    ("medium", "records", "expected"),
    [(7, "0C13 34120000", [("volume", Decimal("1.234"))]), (4, "0C03 34120000", [("heat_energy", Decimal(1234))])],
)
def test_water_and_heat_meters_have_their_own_quantities(medium: int, records: str, expected: object) -> None:
    (found,), _ = items(recording, telegram("20260001", records, medium=medium))
    assert [(m.quantity, m.value) for m in found.measurements] == expected


def test_the_fixed_structure_of_older_meters() -> None:
    body = bytes.fromhex("08 05 73 78563412 0A 00 E97E 01000000 35010000")
    (found,), _ = items(recording, frame(body))
    assert found.device == "12345678"
    assert [(m.value, m.unit) for m in found.measurements] == [(Decimal("0.001"), "m3"), (Decimal("0.135"), "m3")]


def test_an_encrypted_answer_gives_no_value() -> None:
    (found,), damaged = items(recording, telegram("20260001", ENERGY, config=0x0500 | 5))
    assert (found.measurements, found.facts["not_understood"], damaged) == ((), "the answer is encrypted", [])
    (other,), damaged = items(recording, frame(bytes([0x08, 1, 0x70, 3])))
    assert (other.measurements, damaged) == ((), [])


def test_questions_are_those_of_the_brief() -> None:
    assert wake(1) == bytes.fromhex("10 40 01 41 16")
    assert ask(1, toggle=False) == QUESTION
    assert ask(1, toggle=True) == bytes.fromhex("10 7B 01 7C 16")
    assert select("12345678") == bytes.fromhex("68 0B 0B 68 53 FD 52 78563412 FFFF FF FF B2 16")
    assert maker(bytes.fromhex("4204")) == "ABB"


def test_nothing_but_a_selection_can_be_sent_to_a_meter() -> None:
    for made in (wake(1), ask(1, toggle=True), ask(253, toggle=False), select("FFFFFFFF")):
        found = parse(made)
        assert found is not None
        assert found.control in (0x40, 0x5B, 0x7B, 0x53)
        assert found.control != 0x53 or (found.ci, found.address, len(found.data)) == (0x52, 253, 8)
    for number in ("1234567", "123456789", "1234567G", "12345678\n"):
        with pytest.raises(ValueError, match="eight digits"):
            select(number)
    with pytest.raises(ValueError, match="address"):
        ask(251, toggle=True)


def test_a_conversation_item_by_item() -> None:
    found, damaged = items(recording, wake(1) + b"\xe5" + select("12345678") + b"\xe5" + QUESTION + ANSWER)
    kinds = ["wake", "acknowledgement", "select", "acknowledgement", "request", "answer"]
    assert ([one.facts["kind"] for one in found], damaged) == (kinds, [])


def test_start_and_end_bytes_inside_data_are_data() -> None:
    found, damaged = items(recording, telegram("16686816", "0403 68681616") * 2)
    assert damaged == []
    assert [m.value for one in found for m in one.measurements] == [0x16166868] * 2


@pytest.mark.parametrize("data", [ANSWER, QUESTION])
def test_cut_short_or_with_one_wrong_bit_it_gives_nothing(data: bytes) -> None:
    for piece in cuts(data):
        found, damaged = items(recording, piece)
        assert (found, len(damaged)) == ([], bool(piece))
    for _, wrong in bit_errors(data):
        found, damaged = items(recording, wrong)
        assert (found, len(damaged)) == ([], 1)


def test_garbage_before_between_and_after_costs_no_frame() -> None:
    found, damaged = items(recording, NOISE + ANSWER + NOISE + QUESTION + NOISE)
    assert [one.facts["kind"] for one in found if one.facts["kind"] != "acknowledgement"] == ["answer", "request"]
    assert damaged != []


def test_lengths_that_differ_are_no_frame() -> None:
    with pytest.raises(FrameError, match="lengths"):
        parse(ANSWER[:1] + bytes([ANSWER[1] + 1]) + ANSWER[2:])


@given(st.lists(st.sampled_from([ANSWER, QUESTION, b"\xe5", b"\x68", b"\x16", b"\x10\x5b"]) | st.binary(max_size=40)))
@settings(max_examples=200)
def test_whatever_the_bytes_nothing_is_raised_and_offsets_grow(pieces: list[bytes]) -> None:
    offsets = [one.offset for one in recording(b"".join(pieces))]
    assert offsets == sorted(offsets)


@given(st.binary(max_size=60))
@settings(max_examples=300)
def test_no_records_make_a_telegram_raise(records: bytes) -> None:
    for value in accepted(recording, telegram("20260001", records.hex())):
        assert value.is_finite()
