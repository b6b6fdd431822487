"""A Modbus line on real pseudo-terminals, against a server by pymodbus and a client by minimalmodbus."""

import asyncio
from decimal import Decimal

import minimalmodbus  # type: ignore[import-untyped]  # it has no types
import pytest

from bridges.bench_modbus import METER, Bus, meter
from keng_bridges.errors import NoAnswer, PortBusy, PortError, Refused
from keng_bridges.modbus import Read, load, parse
from keng_bridges.modbus.frame import seal
from keng_bridges.modbus_serial import ModbusLine
from keng_demo.household import Household
from keng_demo.line import Line
from keng_demo.modbus_meter import ModbusMeter


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


@pytest.mark.parametrize("garbage", ["01", "0104", "01047f00", "ff00ab", "01830131f0", "00" * 300])
async def test_garbage_before_an_answer_costs_neither_the_value_nor_a_retry(garbage: str) -> None:
    device = meter(1, {72: "47d5f820"}, function=4)
    profile = parse(METER, "meter.yaml")
    async with Bus([device], before=bytes.fromhex(garbage)) as bus, await ModbusLine.open(bus.path) as line:
        sample = await line.read(profile, 1)
    assert [m.value for m in sample.measurements] == [Decimal(109552250)]
    assert bus.asked == [1]


async def test_an_answer_that_comes_too_late_is_not_taken_for_another_units() -> None:
    def answer_late(data: bytes) -> None:
        if data[0] == 9:
            loop.call_later(0.6, device.write, seal(bytes.fromhex("0904041111ffff")))
        else:
            loop.call_later(0.25, device.write, seal(bytes.fromhex("0104042222ffff")))

    loop, device = asyncio.get_running_loop(), Line(answer_late)
    with device:
        async with await ModbusLine.open(device.path, deadline=0.5) as line:
            with pytest.raises(NoAnswer):
                await line.ask(9, Read(4, 0, 2))
            assert await line.ask(1, Read(4, 0, 2)) == (0x2222, 0xFFFF)


async def test_the_echo_of_a_converter_is_stripped_and_a_damaged_one_is_no_answer() -> None:
    def with_echo(data: bytes) -> None:
        device.write(data[:3])
        device.write(data[3:] if len(heard) else b"????????")
        heard.append(data)
        device.write(seal(bytes.fromhex("01020301b100")))

    heard: list[bytes] = []
    device = Line(with_echo)
    with device:
        async with await ModbusLine.open(device.path, deadline=0.2, echo=True) as line:
            with pytest.raises(NoAnswer, match="echo is damaged"):
                await line.ask(1, Read(2, 0x0300, 24))
            # Echo and answer have the same length, unit and function here: only the order tells them apart.
            bits = await line.ask(1, Read(2, 0x0300, 24))
    assert bits[:9] == (1, 0, 0, 0, 0, 0, 0, 0, 1)


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
