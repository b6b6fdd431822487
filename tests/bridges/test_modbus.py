"""Modbus: frames, and what registers and bits mean."""

import struct
from decimal import Decimal
from typing import cast

import pytest

from bridges.bench_modbus import METER
from bridges.captures import capture
from keng_bridges.errors import FrameError, NoAnswer, Refused
from keng_bridges.modbus import Profile, Read, answer, decode, image, load, parse, plan, request, search, size
from keng_bridges.modbus.frame import command, confirmed, seal
from keng_bridges.values import Condition, Mark, Quality

NOVABO_ANSWERS = {"ff02010151a0": Condition.NORMAL, "ff0201009060": Condition.ALARM}
"""Both answers printed by the maker at https://novabo.com/product/modbusrtu-sqr-2."""


def registers(profile: Profile, **values: float) -> dict[tuple[int, int], int]:
    """An image in which these float32 registers stand and all others are 0."""
    found = {(read.function, read.address + n): 0 for read in plan(profile) for n in range(read.count)}
    for register in profile.registers:
        if register.quantity in values or register.name in values:
            value = values[register.quantity or str(register.name)]
            words = struct.unpack(">HH", struct.pack(">f", value))
            found |= {(register.function, register.wire + n): word for n, word in enumerate(words)}
    return found


def test_the_worked_request() -> None:
    assert request(1, 4, 0, 2).hex() == "01040000000271cb"


def test_recorded_frames_hold_what_their_source_says() -> None:
    data, expected = capture("novabo_req")
    assert request(255, 2, 0, 8) == bytes.fromhex(data.decode())
    data, expected = capture("bydhvs_read")
    frame = bytes.fromhex(data.decode())
    assert frame == request(cast(int, expected["unit"]), 3, 0x0551, 1)


@pytest.mark.parametrize(("frame", "condition"), NOVABO_ANSWERS.items())
def test_a_contact_whose_one_means_normal(frame: str, condition: Condition) -> None:
    profile = load("novabo_sqr2")
    (read,) = plan(profile)
    values = answer(bytes.fromhex(frame), 255, 2).values
    (point,) = decode(profile, image(read, values)).points
    assert (point.point, point.condition) == ("alarm", condition)


def test_no_single_bit_error_and_no_cut_is_ever_an_answer() -> None:
    frame = bytes.fromhex("ff02010151a0")
    for bit in range(len(frame) * 8):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FrameError):
            answer(bytes(damaged), 255, 2)
    for length in range(len(frame)):
        with pytest.raises(FrameError):
            answer(frame[:length], 255, 2)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("020402000101", "unit 2 answered instead of 1"),
        ("010302000101", "function 3 answered instead of 4"),
        ("0104030001", "says 3 bytes and holds 2"),
        ("010403000101", "says 3 bytes and holds 3"),
        ("01" * 300, "302 bytes"),
    ],
)
def test_foreign_and_senseless_answers_are_refused(body: str, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        answer(seal(bytes.fromhex(body)), 1, 4)


def test_a_device_that_declines_is_permanent() -> None:
    with pytest.raises(Refused, match="no such register"):
        answer(seal(bytes.fromhex("018402")), 1, 4)


def test_a_device_that_is_busy_may_be_asked_again() -> None:
    with pytest.raises(NoAnswer, match="the device is busy"):
        answer(seal(bytes.fromhex("018406")), 1, 4)


GARBAGE = (b"", b"\x01", b"\x01\x04", b"\x01\x04\x04", b"\x01\x84", b"\xff\x00\xab", b"\x01\x04\x04\x12\x34\xab\xcd")


@pytest.mark.parametrize("before", GARBAGE)
@pytest.mark.parametrize("behind", GARBAGE)
def test_an_answer_is_found_in_garbage_and_never_before_it_is_whole(before: bytes, behind: bytes) -> None:
    frame = seal(bytes.fromhex("0104041234abcd"))
    assert len(frame) == size(4, 2)
    for cut in range(len(frame)):
        assert search(before + frame[:cut], 1, 4, 2) is None
    found = search(before + frame + behind, 1, 4, 2)
    assert found is not None
    assert found.values == (0x1234, 0xABCD)


def test_no_single_bit_error_is_found_as_an_answer() -> None:
    frame = seal(bytes.fromhex("0104041234abcd"))
    for bit in range(len(frame) * 8):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert search(bytes(damaged), 1, 4, 2) is None


def test_an_answer_of_another_unit_function_or_length_is_not_ours() -> None:
    frame = seal(bytes.fromhex("0104041234abcd"))
    assert search(frame, 2, 4, 2) is None
    assert search(frame, 1, 3, 2) is None
    assert search(frame, 1, 4, 3) is None
    with pytest.raises(Refused, match="no such register"):
        search(b"\x00" + seal(bytes.fromhex("018402")), 1, 4, 2)


def test_a_command_is_confirmed_by_its_own_bytes_only() -> None:
    asked = command(7, 6, 0, 234)
    assert asked == seal(bytes.fromhex("0706000000ea"))
    assert command(7, 5, 1, 1) == seal(bytes.fromhex("07050001ff00"))
    assert confirmed(b"\x00" + asked, asked)
    assert not confirmed(asked[:-1], asked)
    with pytest.raises(Refused, match="no such register"):
        confirmed(seal(bytes.fromhex("078602")), asked)
    with pytest.raises(ValueError, match="no command"):
        command(7, 16, 0, 1)


@pytest.mark.parametrize(("function", "count"), [(6, 1), (16, 1), (4, 0), (4, 126)])
def test_only_reads_of_at_most_125_registers_can_be_asked(function: int, count: int) -> None:
    with pytest.raises(ValueError, match="no read request"):
        request(1, function, 0, count)


def test_a_kilowatt_hour_register_is_exact_to_the_last_digit_that_the_float_holds() -> None:
    profile = parse(METER, "meter.yaml")
    (reading,) = decode(profile, registers(profile, energy_import=109552.25)).measurements
    assert (reading.value, reading.unit, reading.raw) == (Decimal("109552250"), "Wh", "109552.25")


@pytest.mark.parametrize("value", [0.1, 230.7, 16777216.0, 1e-3, -5.5, 0.0])
def test_a_float_is_the_shortest_decimal_that_is_the_same_float(value: float) -> None:
    profile = parse(METER.replace(", scale: 1000", ""), "meter.yaml")
    (reading,) = decode(profile, registers(profile, energy_import=value)).measurements
    assert reading.value == Decimal(str(value))
    assert "E" not in str(reading.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_a_number_is_a_problem_and_never_a_zero(value: float) -> None:
    profile = parse(METER, "meter.yaml")
    sample = decode(profile, registers(profile, energy_import=value))
    assert sample.measurements == ()
    assert "energy_import: not a number" in sample.problems[0]


def test_a_register_that_was_not_read_is_a_problem() -> None:
    profile = parse(METER, "meter.yaml")
    assert decode(profile, {(4, 72): 1}).problems == ("energy_import: was not read",)


@pytest.mark.parametrize(
    ("kind", "order", "words", "value"),
    [
        ("uint16", "ABCD", [0xFFFE], 65534),
        ("int16", "ABCD", [0xFFFE], -2),
        ("uint16", "BADC", [0x3412], 0x1234),
        ("uint32", "ABCD", [0x0001, 0x0002], 0x00010002),
        ("uint32", "CDAB", [0x0002, 0x0001], 0x00010002),
        ("uint32", "BADC", [0x0100, 0x0200], 0x00010002),
        ("uint32", "DCBA", [0x0200, 0x0100], 0x00010002),
        ("int32", "ABCD", [0xFFFF, 0xFFFF], -1),
        ("uint64", "ABCD", [0, 1, 2, 3], 0x0001_0002_0003),
        ("int64", "CDAB", [3, 2, 1, 0], 0x0001_0002_0003),
        ("float64", "ABCD", [0x3FF8, 0, 0, 0], Decimal("1.5")),
    ],
)
def test_types_and_byte_orders(kind: str, order: str, words: list[int], value: int | Decimal) -> None:
    profile = parse(METER.replace("float32, scale: 1000", f"{kind}, order: {order}"), "meter.yaml")
    (reading,) = decode(profile, image(Read(4, 72, len(words)), words)).measurements
    assert reading.value == value


SCALED = """\
name: Công tơ mẫu
source: made up for a test
kind: sub_meter
factors:
  ratio: {function: 3, address: 0, type: uint16, scale: 0.1}
  digits: {function: 3, address: 1, type: int16, exponent: true}
registers:
  - {quantity: energy_import, function: 3, address: 2, type: int64, scale: 1000, times: [ratio, digits]}
  - {quantity: frequency, function: 3, address: 6, type: uint16}
"""


@pytest.mark.parametrize(
    ("ratio", "digits", "words", "expected"),
    [
        (400, 0, [0, 0, 0, 7], "280000"),
        (5, 0xFFFE, [0, 0, 0x0001, 0xE240], "617280"),
        (10, 3, [0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF], "9223372036854775807000000"),
        (10, 0, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], "-2000"),
    ],
)
def test_scale_registers_multiply_exactly(ratio: int, digits: int, words: list[int], expected: str) -> None:
    sample = decode(parse(SCALED, "x.yaml"), image(Read(3, 0, 7), [ratio, digits, *words, 50]))
    assert sample.problems == ()
    assert sample.measurements[0].value == Decimal(expected)
    assert "E" not in str(sample.measurements[0].value)


@pytest.mark.parametrize(
    ("registers", "reason"),
    [
        ([0, 0, 0, 0, 0, 7, 50], "factor ratio is 0"),
        ([10, 99, 0, 0, 0, 7, 50], "factor digits is no power of ten: 99"),
    ],
)
def test_a_senseless_scale_register_costs_only_what_it_scales(registers: list[int], reason: str) -> None:
    sample = decode(parse(SCALED, "x.yaml"), image(Read(3, 0, 7), registers))
    assert sample.problems == (f"energy_import: {reason}",)
    assert [m.quantity for m in sample.measurements] == ["frequency"]


def test_a_scale_register_that_was_not_read_is_a_problem() -> None:
    sample = decode(parse(SCALED, "x.yaml"), image(Read(3, 1, 6), [0, 0, 0, 0, 7, 50]))
    assert sample.problems == ("energy_import: factor ratio was not read",)


def test_a_value_outside_its_limits_is_suspect() -> None:
    profile = load("eastron_sdm630")
    found = {
        m.quantity: m for m in decode(profile, registers(profile, voltage_l1=900.0, voltage_l2=230.0)).measurements
    }
    assert found["voltage_l1"].quality is Quality.SUSPECT
    assert found["voltage_l2"].quality is Quality.MEASURED


@pytest.mark.parametrize(
    ("bits", "condition", "marks"),
    [
        ([1, 0, 0], Condition.NORMAL, set[Mark]()),
        ([1, 0, 1], Condition.ALARM, set[Mark]()),
        ([0, 0, 0], Condition.NORMAL, {Mark.TAMPER}),
        ([0, 1, 1], Condition.ALARM, {Mark.TAMPER, Mark.DIRTY}),
        ([1, 0], Condition.UNKNOWN, set[Mark]()),
        ([], Condition.UNKNOWN, set[Mark]()),
    ],
)
def test_a_smoke_detector_with_modbus(bits: list[int], condition: Condition, marks: set[Mark]) -> None:
    profile = load("calectro_ug3")
    (read,) = plan(profile)
    (point,) = decode(profile, image(read, bits)).points
    assert (point.condition, set(point.marks)) == (condition, marks)
