"""Pushes of meters: each layout, each way of framing, recorded telegrams, and damage."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.captures import capture
from bridges.dlms_messages import (
    LLC,
    NOON,
    OBIS,
    PUSH,
    QUANTITIES,
    RECORDED,
    array,
    block,
    descriptor,
    hdlc,
    notification,
    octets,
    register,
    scaler_unit,
    structure,
    u16,
    u32,
)
from keng_bridges.dlms import Owner, PushReader, Scale, clock, recording
from keng_bridges.recording import Damaged, Decoded


def only(data: bytes) -> Decoded:
    (item,) = recording(data)
    assert isinstance(item, Decoded), item
    return item


def values(item: Decoded) -> dict[str | None, tuple[str, str]]:
    return {m.obis: (str(m.value), m.unit) for m in item.measurements}


def telegram(name: str) -> tuple[bytes, dict[str, object]]:
    data, expected = capture(name)
    return bytes.fromhex(data.decode()), expected


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_push_has_the_raw_values_that_another_decoder_finds(name: str) -> None:
    data, expected = telegram(name)
    item = only(data)
    other = cast(dict[str, object], expected["gurux"])
    assert item.facts["body"] == other["body"]
    assert item.facts["datetime"] == other["datetime"]
    assert item.facts.get("hdlc_frames") == expected.get("hdlc_frames")


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_push_has_the_values_that_another_decoder_scales(name: str) -> None:
    data, expected = telegram(name)
    item, other = only(data), cast(dict[str, object], expected["amshan"])
    found = {code.partition(":")[2]: Decimal(value) for code, (value, _) in values(item).items() if code}
    for key, code in QUANTITIES.items():
        assert found.get(code) == (Decimal(str(other[key])) if key in other else None), key
    for key in ("meter_id", "meter_type", "list_ver_id", "meter_datetime"):
        assert item.facts.get(key) == other.get(key)


def test_a_list_of_structures_in_their_units_at_the_time_of_the_message() -> None:
    item = only(LLC + PUSH)
    assert values(item) == {"1-0:1.8.0": ("1234560", "Wh"), "1-0:1.7.0": ("2500", "W")}
    assert [m.quantity for m in item.measurements] == ["energy_import", "power"]
    assert item.at == datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=7)))
    assert {m.at for m in item.measurements} == {item.at}


@pytest.mark.parametrize(
    "prefix", [b"", LLC, b"\xe6\xe6\x00", b"\x00\x01\x00\x01\x00\x10" + len(PUSH).to_bytes(2, "big")]
)
def test_the_same_push_bare_with_llc_and_in_the_tcp_wrapper(prefix: bytes) -> None:
    assert len(only(prefix + PUSH).measurements) == 2


def test_flat_triples_of_name_value_and_unit() -> None:
    body = structure(
        octets(NOON),
        octets(OBIS["voltage"]),
        u16(2301),
        scaler_unit(-1, 35),
        octets(OBIS["import"]),
        u32(77),
        scaler_unit(0, 30),
    )
    item = only(notification(body))
    assert values(item) == {"1-0:32.7.0": ("230.1", "V"), "1-0:1.8.0": ("77", "Wh")}
    assert item.at == datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=7)))


def test_value_and_unit_in_a_structure_of_their_own() -> None:
    body = structure(structure(octets(OBIS["voltage"]), structure(u16(2301), scaler_unit(-1, 35))))
    assert values(only(notification(body))) == {"1-0:32.7.0": ("230.1", "V")}


DESCRIBED = (
    descriptor(40, "push", 2),
    descriptor(40, "push", 1),
    descriptor(1, "serial", 2),
    descriptor(8, "clock", 2),
    descriptor(3, "voltage", 2),
    descriptor(3, "voltage", 3),
    descriptor(3, "import", 2),
)
DESCRIBED_VALUES = (
    octets(OBIS["push"]),
    octets(b"87654321"),
    octets(NOON),
    u16(2301),
    scaler_unit(-1, 35),
    u32(77),
)


def test_a_list_of_descriptors_first_and_the_values_last() -> None:
    item = only(notification(structure(array(*DESCRIBED), *DESCRIBED_VALUES)))
    assert item.device == "87654321"
    assert item.at == datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=7)))
    assert values(item) == {"1-0:32.7.0": ("230.1", "V"), "1-0:1.8.0": ("77", "1")}


def test_descriptors_and_values_as_two_lists() -> None:
    item = only(notification(structure(array(*DESCRIBED[1:]), structure(*DESCRIBED_VALUES))))
    assert values(item) == {"1-0:32.7.0": ("230.1", "V"), "1-0:1.8.0": ("77", "1")}


def test_more_descriptors_than_values_name_nothing() -> None:
    item = only(notification(structure(array(*DESCRIBED), *DESCRIBED_VALUES[:-1])))
    assert item.measurements == ()


def test_a_number_without_a_scale_stays_bare_until_its_owner_says_what_it_is() -> None:
    push = notification(structure(octets(OBIS["voltage"]), u16(2301)))
    (bare,) = only(push).measurements
    assert (bare.quantity, bare.value, bare.unit) == (None, Decimal(2301), "1")
    reader = PushReader(Owner(scales={"1-0:32.7.0": Scale(-1, 35)}))
    (item,) = reader.received(hdlc(LLC + push))
    assert isinstance(item, Decoded)
    assert (item.measurements[0].quantity, item.measurements[0].value) == ("voltage_l1", Decimal("230.1"))


@pytest.mark.parametrize(("unit", "scaler"), [(27, 0), (30, 100)])
def test_a_unit_that_does_not_fit_or_a_senseless_scaler_gives_no_quantity(unit: int, scaler: int) -> None:
    item = only(notification(array(register("import", 5, scaler, unit))))
    assert [m.quantity for m in item.measurements] in ([None], [])


def kaifa(*tail: bytes) -> bytes:
    head = (octets(b"KFM_001"), octets(b"6970631402614476"), octets(b"MA304H3E"))
    return notification(structure(*head, *tail), octets(NOON))


def test_lists_without_names_mean_something_by_their_length() -> None:
    powers = tuple(u32(n) for n in (1000, 0, 0, 40))
    one_phase = (u32(4321), u16(2301))
    hourly = (octets(NOON), u32(5000), u32(1), u32(2), u32(3))
    expected = {"1-0:31.7.0": ("4.321", "A"), "1-0:32.7.0": ("230.1", "V"), "1-0:1.7.0": ("1000", "W")}
    assert expected.items() <= values(only(kaifa(*powers, *one_phase))).items()
    longer = values(only(kaifa(*powers, *one_phase, *hourly)))
    assert expected.items() <= longer.items()
    assert longer["1-0:1.8.0"] == ("5000", "Wh")
    assert only(kaifa(*powers, *one_phase, u32(1))).measurements == ()


def test_a_single_bare_number_is_a_power_only_from_the_maker_that_sends_it_so() -> None:
    assert values(only(notification(structure(u32(5852)), octets(NOON)))) == {"1-0:1.7.0": ("5852", "W")}
    assert values(only(notification(structure(u32(5852)), b"\x0c" + NOON))) == {}


def test_a_meter_behind_transformers_scales_its_currents_otherwise() -> None:
    def kamstrup(kind: bytes) -> dict[str | None, tuple[str, str]]:
        name = b"\x0a\x0eKamstrup_V0001"
        serial = octets(bytes.fromhex("0101000005ff")) + b"\x0a\x045705"
        type_code = octets(bytes.fromhex("0101600101ff"))
        text = b"\x0a" + bytes([len(kind)]) + kind
        energy = octets(bytes.fromhex("0101010800ff"))
        current = octets(bytes.fromhex("01011f0700ff"))
        pairs = serial + type_code + text + energy + u32(12) + current + u32(1234)
        return values(only(notification(b"\x02\x09" + name + pairs)))

    assert kamstrup(b"6861111BN242101040") == {"1-1:1.8.0": ("120", "Wh"), "1-1:31.7.0": ("12.34", "A")}
    assert kamstrup(b"6851111BN242101040")["1-1:31.7.0"] == ("1.234", "A")


# -- messages in parts


def test_a_message_in_several_frames_of_which_only_the_first_has_the_llc() -> None:
    message = LLC + PUSH
    data = hdlc(message[:20], segmented=True) + hdlc(message[20:40], segmented=True) + hdlc(message[40:])
    item = only(data)
    assert (item.offset, len(item.measurements)) == (0, 2)
    shown = cast(list[dict[str, object]], item.facts["hdlc_frames"])
    assert [frame["segmented"] for frame in shown] == [True, True, False]


def test_a_damaged_segment_costs_its_message_and_not_the_next_one() -> None:
    message = LLC + PUSH
    parts = [hdlc(message[:20], segmented=True), hdlc(message[20:40], segmented=True), hdlc(message[40:])]
    damaged = bytearray(parts[1])
    damaged[15] ^= 1
    items = list(recording(parts[0] + bytes(damaged) + parts[2] + hdlc(message)))
    assert [type(item) for item in items] == [Damaged, Damaged, Decoded]


def test_a_segment_that_never_came_makes_the_message_too_short() -> None:
    message = LLC + PUSH
    items = list(recording(hdlc(message[:20], segmented=True) + hdlc(message[40:])))
    assert [type(item) for item in items] == [Damaged]


def test_general_block_transfer() -> None:
    data = hdlc(LLC + block(1, PUSH[:20])) + hdlc(LLC + block(2, PUSH[20:], last=True))
    item = only(data)
    assert len(item.measurements) == 2
    assert item.facts["general_block_transfer"] is True
    assert len(only(block(1, PUSH[:20]) + block(2, PUSH[20:], last=True)).measurements) == 2
    assert len(only(hdlc(LLC + block(1, PUSH[:20])) + hdlc(block(2, PUSH[20:], last=True))).measurements) == 2


def test_another_message_between_two_blocks_ends_the_first() -> None:
    items = list(recording(hdlc(LLC + block(1, PUSH[:20])) + hdlc(LLC + PUSH) + hdlc(LLC + block(2, PUSH[20:]))))
    assert [type(item) for item in items] == [Damaged, Decoded, Damaged]


def test_a_block_that_makes_no_sense_ends_its_message() -> None:
    parts = (block(1, PUSH[:20]), block(2, PUSH[20:]) + b"\x00", block(2, PUSH[20:], last=True))
    items = list(recording(b"".join(hdlc(LLC + part) for part in parts)))
    assert [type(item) for item in items] == [Damaged, Damaged]


@pytest.mark.parametrize("numbers", [(1, 3), (2, 3), (1, 1), (0, 1)])
def test_blocks_with_a_hole_give_no_value(numbers: tuple[int, int]) -> None:
    first, second = numbers
    data = hdlc(LLC + block(first, PUSH[:20])) + hdlc(LLC + block(second, PUSH[20:], last=True))
    items = list(recording(data))
    assert items
    assert all(isinstance(item, Damaged) for item in items)


def test_a_message_that_never_ends_is_bounded_and_told() -> None:
    reader = PushReader()
    items = list(reader.received(hdlc(LLC + bytes(1000), segmented=True)))
    for _ in range(80):
        items += reader.received(hdlc(bytes(1000), segmented=True))
    assert any(isinstance(item, Damaged) and "65536" in item.error for item in items)


# -- damage


def test_a_push_cut_at_any_byte_or_with_any_wrong_bit_gives_no_value() -> None:
    whole = hdlc(LLC + PUSH)
    for length in range(len(whole) - 1):
        assert not [item for item in recording(whole[:length]) if isinstance(item, Decoded)]
    for bit in range(8, (len(whole) - 1) * 8):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        assert not [item for item in recording(bytes(data)) if isinstance(item, Decoded)], f"bit {bit}"


def test_a_bare_push_cut_at_any_byte_or_with_bytes_behind_it_gives_no_value() -> None:
    # It has no check: a wrong bit in a number makes another number. Its length must fit to the last byte.
    for length in range(len(PUSH)):
        assert not [item for item in recording(LLC + PUSH[:length]) if isinstance(item, Decoded)]
    assert [type(item) for item in recording(LLC + PUSH + b"\x00")] == [Damaged]


def test_garbage_before_between_and_after_pushes_costs_none_of_them() -> None:
    noise = b"\x0f\x7e\xa0\x00\xe6\xe7\x00\x7e"
    items = list(recording(noise + hdlc(LLC + PUSH) + noise + hdlc(LLC + PUSH) + noise))
    assert len([item for item in items if isinstance(item, Decoded)]) == 2
    assert len([item for item in items if isinstance(item, Damaged)]) == 3


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.binary(max_size=12)), max_size=4), st.booleans())
def test_whatever_an_undamaged_frame_holds_is_a_push_or_told(
    changes: list[tuple[int, int, bytes]], blocks: bool
) -> None:
    apdu = notification(structure(array(*DESCRIBED), *DESCRIBED_VALUES)) if blocks else PUSH
    for start, length, piece in changes:
        at = start % (len(apdu) + 1)
        apdu = apdu[:at] + piece + apdu[at + length :]
    data = hdlc(LLC + apdu) if not blocks else hdlc(LLC + block(1, apdu[:90])) + hdlc(block(2, apdu[90:250], last=True))
    for item in recording(data):
        if isinstance(item, Decoded):
            json.dumps(dict(item.facts), allow_nan=False)
            assert all(m.value.is_finite() for m in item.measurements)


@pytest.mark.parametrize(("apdu", "name"), [("c401c1000600000001", "get-response"), ("6203800100", "rlrq")])
def test_a_conversation_that_somebody_else_has_is_undamaged_and_no_push(apdu: str, name: str) -> None:
    item = only(hdlc(LLC + bytes.fromhex(apdu), control=0x30))
    assert (item.facts["apdu"], item.measurements) == (name, ())
    assert only(bytes.fromhex("7EA00A0002002321931871 7E".replace(" ", ""))).facts["control"] == 0x93


# -- time


@pytest.mark.parametrize(
    ("octets_", "expected"),
    [
        ("07ea0b16070c000000fe5c00", "2026-11-22T12:00:00+07:00"),
        ("07ea0b16070c000000800000", "2026-11-22T12:00:00"),
        ("07ea0b16ff0c00ffff8000ff", "2026-11-22T12:00:00"),
        ("07ea0b16070c1e0f32003c00", "2026-11-22T12:30:15.500000-01:00"),
        ("ffff0b16070c000000fe5c00", None),
        ("07ea0d16070c000000fe5c00", None),
        ("07ea0bff070c000000fe5c00", None),
        ("07ea0b1607ff000000fe5c00", None),
        ("07ea0b16070c000000fe5c01", None),
        ("07ea0b16070c0000007fff00", None),
        ("07ea0b16", None),
    ],
)
def test_a_date_time_is_one_moment_or_none(octets_: str, expected: str | None) -> None:
    moment = clock.read(bytes.fromhex(octets_))
    assert (moment.isoformat() if moment else None) == expected


def test_a_meter_that_writes_its_zone_the_wrong_way_round() -> None:
    wrong = bytes.fromhex("07ea0b16070c00000001a400")
    moment = clock.read(wrong, reversed_zone=True)
    assert moment is not None
    assert moment.isoformat() == "2026-11-22T12:00:00+07:00"


def test_a_moment_that_is_written_is_read_again() -> None:
    moment = datetime(2026, 11, 22, 12, 30, 15, tzinfo=timezone(timedelta(hours=7)))
    assert clock.write(moment).hex() == "07ea0b16070c1e0f00fe5c00"
    assert clock.read(clock.write(moment)) == moment
    assert clock.read(clock.write(moment.replace(tzinfo=None))) == moment.replace(tzinfo=None)
