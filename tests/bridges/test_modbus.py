"""Modbus: frames, profiles and what registers mean; then a pymodbus server and minimalmodbus on real ptys."""

import asyncio
import struct
from decimal import Decimal
from pathlib import Path
from typing import cast

import minimalmodbus  # type: ignore[import-untyped]  # it has no types
import pytest

from bridges.captures import capture
from keng_bridges.errors import FrameError, NoAnswer, PortBusy, PortError, ProfileError, Refused
from keng_bridges.modbus import Profile, Read, answer, decode, image, load, names, parse, plan, request
from keng_bridges.modbus.frame import seal
from keng_bridges.modbus_serial import ModbusLine
from keng_bridges.values import Condition, Mark, Quality
from keng_demo.household import Household
from keng_demo.line import Line
from keng_demo.modbus_meter import ModbusMeter

METER = """\
name: Công tơ mẫu
source: made up for a test
kind: sub_meter
registers:
  - {quantity: energy_import, function: 4, address: 72, type: float32, scale: 1000}
"""
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


# -- frames


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


@pytest.mark.parametrize(("function", "count"), [(6, 1), (16, 1), (4, 0), (4, 126)])
def test_only_reads_of_at_most_125_registers_can_be_asked(function: int, count: int) -> None:
    with pytest.raises(ValueError, match="no read request"):
        request(1, function, 0, count)


# -- values


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


# -- profiles


@pytest.mark.parametrize("name", names())
def test_every_shipped_profile_loads_names_its_source_and_stays_within_its_requests(name: str) -> None:
    profile = load(name)
    assert profile.source
    reads = plan(profile)
    assert all(read.count <= profile.longest <= 125 for read in reads)
    covered = {(read.function, read.address + n) for read in reads for n in range(read.count)}
    wanted = {(r.function, r.wire + n) for r in profile.registers for n in range(r.words)}
    assert wanted | {(i.function, i.wire) for i in profile.inputs} <= covered


def test_the_meter_on_a_rail_has_its_first_voltage_at_0_and_its_total_at_342() -> None:
    found = {r.quantity or r.name: r.wire for r in load("eastron_sdm630").registers}
    assert (found["voltage_l1"], found["energy_total"]) == (0, 342)


def test_requests_are_joined_over_small_holes_and_split_before_the_limit() -> None:
    lines = "".join(
        f"  - {{name: r{a}, unit: '1', function: 3, address: {a}, type: uint16}}\n" for a in (*range(130), 140, 300)
    )
    text = METER.partition("registers:")[0] + "gap: 12\nregisters:\n" + lines
    assert plan(parse(text, "x.yaml")) == (Read(3, 0, 125), Read(3, 125, 16), Read(3, 300, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("float32", "float23"), "meter.yaml: registers[0].type: "),
        (("function: 4", "function: 6"), "meter.yaml: registers[0].function: "),
        (("address: 72", "address: 70000"), "meter.yaml: registers[0].address: "),
        (("address: 72", "address: 0, base: 1"), "meter.yaml: registers[0]: Value error, address 0 with base 1 is -1"),
        (("energy_import", "enrgy"), "quantity 'enrgy' is not known"),
        (("scale: 1000", "unit: kWh"), "energy_import is stored in Wh, not kWh"),
        (("scale: 1000", "scael: 1000"), "meter.yaml: registers[0].scael: "),
        (("quantity: energy_import", "name: x"), "needs `unit`"),
        (("quantity: energy_import", "quantity: power, name: x"), "give either `quantity`"),
        (("kind: sub_meter", "kind: toaster"), "meter.yaml: kind: "),
        (("source: made up for a test\n", ""), "meter.yaml: source: Field required"),
        (("scale: 1000", "scale: 1000, scale: 1"), "key 'scale' stands there twice"),
        (("registers:", "registers: ["), "meter.yaml: "),
        (("registers:", "longest: 126\nregisters:"), "meter.yaml: longest: "),
        ((METER, "just text"), "meter.yaml: "),
        ((METER, ""), "meter.yaml: "),
        ((METER, "{[a]: 1}"), "meter.yaml: "),
        ((METER, "- 1"), "meter.yaml: "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_mistake_in_a_profile_is_told_with_file_and_field(change: tuple[str, str], message: str) -> None:
    with pytest.raises(ProfileError) as refused:
        parse(METER.replace(*change), "meter.yaml")
    assert message in str(refused.value)
    assert refused.value.permanent


def test_a_profile_without_anything_to_read_and_one_with_the_same_quantity_twice() -> None:
    with pytest.raises(ProfileError, match="needs `registers` or `inputs`"):
        parse(METER.partition("registers:")[0], "meter.yaml")
    with pytest.raises(ProfileError, match="energy_import stands there twice"):
        parse(METER + METER.partition("registers:\n")[2], "meter.yaml")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ProfileError) as refused:
        parse(METER.replace("float32", "x").replace("sub_meter", "y"), "meter.yaml")
    assert len(str(refused.value).splitlines()) == 2


def test_a_profile_by_path_and_an_unknown_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(METER, "utf-8")
    assert load(str(file)).name == "Công tơ mẫu"
    with pytest.raises(ProfileError, match="eastron_sdm630"):
        load("sdm630")
    with pytest.raises(ProfileError, match="cannot be read"):
        load(str(tmp_path / "none.yaml"))


# -- on a line


async def test_a_meter_of_pymodbus_is_read_through_a_real_port() -> None:
    house = Household(start_wh=109_552_250.0)
    async with ModbusMeter(household=house) as meter, await ModbusLine.open(meter.path) as line:
        sample = await line.read(load("eastron_sdm630"), 1)
    found = {m.quantity: m.value for m in sample.measurements}
    assert sample.problems == ()
    assert found["energy_import"] >= Decimal("109552250")
    assert abs(found["power"] - sum(found[f"power_l{n}"] for n in (1, 2, 3))) < 1


async def test_a_silent_unit_costs_its_deadline_and_the_next_one_is_read() -> None:
    async with ModbusMeter() as meter, await ModbusLine.open(meter.path, deadline=0.05) as line:
        with pytest.raises(NoAnswer, match="unit 9 does not answer"):
            await line.read(load("eastron_sdm630"), 9)
        assert (await line.read(load("eastron_sdm630"), 1)).problems == ()


async def test_a_profile_that_does_not_fit_is_declined_by_the_device() -> None:
    profile = parse(METER.replace("address: 72", "address: 4000"), "meter.yaml")
    async with ModbusMeter() as meter, await ModbusLine.open(meter.path) as line:
        with pytest.raises(Refused, match="no such register"):
            await line.read(profile, 1)


async def test_noise_between_answers_is_no_value() -> None:
    async with ModbusMeter() as meter, await ModbusLine.open(meter.path, deadline=0.3) as line:
        for _ in range(5):
            meter.do("noise")
            assert (await line.read(load("eastron_sdm630"), 1)).problems == ()


async def test_two_readers_share_one_line_in_turn() -> None:
    profile = load("eastron_sdm630")
    async with ModbusMeter() as meter, await ModbusLine.open(meter.path) as line:
        samples = await asyncio.gather(*(line.read(profile, 1) for _ in range(5)))
    assert all(len(sample.measurements) == len(profile.registers) for sample in samples)


async def test_the_line_is_exclusive_missing_or_pulled() -> None:
    async with ModbusMeter() as meter, await ModbusLine.open(meter.path, deadline=0.05) as line:
        with pytest.raises(PortBusy):
            await ModbusLine.open(meter.path)
        meter.line.close()
        with pytest.raises(PortError, match="check the cable"):
            await line.read(load("eastron_sdm630"), 1)
    with pytest.raises(PortError, match="no such port"):
        await ModbusLine.open("/dev/keng-no-such-port")


async def test_a_detector_is_reset_by_the_one_register_its_profile_names() -> None:
    written: list[bytes] = []

    def answer_with_the_echo(data: bytes) -> None:
        written.append(data)
        detector.write(data)

    detector = Line(answer_with_the_echo)
    with detector:
        async with await ModbusLine.open(detector.path, deadline=0.5) as line:
            await line.reset(load("calectro_ug3"), 7)
            with pytest.raises(Refused, match="has no reset"):
                await line.reset(load("eastron_sdm630"), 7)
    assert written == [seal(bytes.fromhex("0706000000ea"))]


def test_minimalmodbus_reads_the_same_as_we_do() -> None:
    """An independent client: the simulated meter and our decoding agree with it."""

    async def both() -> tuple[float, Decimal]:
        async with ModbusMeter(household=Household(start_wh=4_200_000.0)) as meter:
            other = await asyncio.to_thread(read_by_minimalmodbus, meter.path)
            async with await ModbusLine.open(meter.path) as line:
                sample = await line.read(load("eastron_sdm630"), 1)
            return other, next(m.value for m in sample.measurements if m.quantity == "energy_import")

    other, ours = asyncio.run(both())
    assert Decimal(str(round(other, 2))) * 1000 == pytest.approx(ours, abs=20)


def read_by_minimalmodbus(path: str) -> float:
    instrument = minimalmodbus.Instrument(path, 1)
    assert instrument.serial is not None
    instrument.serial.baudrate = 9600
    instrument.serial.timeout = 1
    value: float = instrument.read_float(72, functioncode=4)
    instrument.serial.close()
    return value


def test_the_household_never_uses_less_than_before() -> None:
    house, last = Household(), 0.0
    for second in range(0, 3 * 86_400, 97):
        assert house.energy(second) >= last
        assert house.power(second) > 0
        last = house.energy(second)
