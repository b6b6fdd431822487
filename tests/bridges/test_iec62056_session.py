"""The conversation with a meter, byte by byte on a clock of the test's own, then with a meter on a real pty."""

import pytest

from bridges.captures import capture
from keng_bridges.checksums import bcc
from keng_bridges.errors import BridgeError, FrameError, NoAnswer, Refused
from keng_bridges.iec62056_21 import Failed, Finished, Output, Plan, Readout, Send, Session, SetSpeed
from keng_bridges.iec62056_serial import read_meter
from keng_demo.iec_meter import IecMeter

BLOCK = b"\x020.0.0(20180012345)\r\n1.8.0(001234.56*kWh)\r\n!\r\n\x03\x41"
"""The worked readout of the protocol's description: its check is 0x41."""


def finished(outputs: list[Output]) -> Readout:
    return next(output.readout for output in outputs if isinstance(output, Finished))


def failure(outputs: list[Output]) -> BridgeError:
    return next(output.error for output in outputs if isinstance(output, Failed))


def started(plan: Plan | None = None) -> Session:
    session = Session(plan or Plan())
    session.start(0.0)
    return session


def test_the_request_goes_out_at_300_baud() -> None:
    assert Session(Plan()).start(0.0) == [SetSpeed(300), Send(b"/?!\r\n")]
    assert Session(Plan(address="12345678")).start(0.0)[1] == Send(b"/?12345678!\r\n")


def test_a_line_with_another_first_speed() -> None:
    assert Session(Plan(baud=9600)).start(0.0)[0] == SetSpeed(9600)


def test_mode_c_is_acknowledged_and_then_the_speed_changes_at_once() -> None:
    session = started()
    assert session.received(b"/LGZ5\\2ZMD4054459.B40\r\n", 1.0) == [Send(b"\x06050\r\n"), SetSpeed(9600)]
    assert session.ident is not None
    assert (session.ident.maker, session.ident.letter, session.ident.offers_hdlc) == ("LGZ", "5", True)


@pytest.mark.parametrize(("letter", "speed"), [("A", 600), ("C", 2400), ("E", 9600), ("F", 19200)])
def test_mode_b_changes_the_speed_without_an_acknowledgement(letter: str, speed: int) -> None:
    assert started().received(f"/ABC{letter}model\r\n".encode(), 1.0) == [SetSpeed(speed)]


@pytest.mark.parametrize("letter", [" ", "7", "x", "G"])
def test_anything_else_is_mode_a_and_stays_at_300_baud(letter: str) -> None:
    assert started().received(f"/ABC{letter}model\r\n".encode(), 1.0) == []


def test_a_speed_above_the_limit_is_not_accepted() -> None:
    answer = started(Plan(fastest=2400)).received(b"/ABC6model\r\n", 1.0)
    assert answer == [Send(b"\x06030\r\n"), SetSpeed(2400)]


def test_the_worked_readout() -> None:
    session = started()
    session.received(b"/ABC5model\r\n", 1.0)
    readout = finished(session.received(BLOCK, 2.0))
    assert readout.checked is True
    assert readout.identity() == "20180012345"
    assert [str(m.value) for m in readout.measurements() if m.quantity] == ["1234560.00"]


def test_a_readout_arriving_byte_by_byte() -> None:
    session, outputs = started(), list[Output]()
    for number, byte in enumerate(b"/ABC5model\r\n" + BLOCK):
        outputs += session.received(bytes([byte]), 1.0 + number / 100)
    assert finished(outputs).checked is True


def test_noise_and_our_own_echo_before_the_ident_are_passed_over() -> None:
    session = started()
    assert session.received(b"/?!\r\n\x00\x7f\x7f\x00/ABC5model\r\n", 1.0)[0] == Send(b"\x06050\r\n")


def test_the_parity_bit_of_a_head_that_passes_it_on_is_dropped() -> None:
    session = started()
    marked = bytes(byte | 0x80 for byte in b"/ABC5model\r\n")
    assert session.received(marked, 1.0)[0] == Send(b"\x06050\r\n")


def test_partial_blocks_are_confirmed_and_joined() -> None:
    session = started()
    session.received(b"/ABC5model\r\n", 1.0)
    first = b"1.8.0(0001*kWh)\r\n\x04"
    assert session.received(b"\x02" + first + bytes([bcc(first)]), 2.0) == [Send(b"\x06")]
    last = b"2.8.0(0002*kWh)\r\n!\r\n\x03"
    readout = finished(session.received(b"\x02" + last + bytes([bcc(last)]), 2.0))
    assert [data.address for data in readout.sets] == ["1.8.0", "2.8.0"]
    assert readout.checked is True


def test_one_damaged_partial_block_makes_the_whole_readout_suspect() -> None:
    session = started()
    session.received(b"/ABC5model\r\n", 1.0)
    session.received(b"\x021.8.0(0001*kWh)\r\n\x04\x00", 2.0)
    last = b"2.8.0(0002*kWh)\r\n!\r\n\x03"
    assert finished(session.received(b"\x02" + last + bytes([bcc(last)]), 2.0)).checked is False


def test_every_single_bit_error_in_the_block_makes_the_values_suspect_or_the_reading_fail() -> None:
    for bit in range(8, (len(BLOCK)) * 8):
        if bit % 8 == 7:
            continue  # the eighth bit is the parity's
        damaged = bytearray(BLOCK)
        damaged[bit // 8] ^= 1 << bit % 8
        session = started()
        session.received(b"/ABC5model\r\n", 1.0)
        outputs = session.received(bytes(damaged), 2.0) or session.tick(60.0)
        assert isinstance(outputs[0], Failed) or finished(outputs).checked is False, f"bit {bit}"


def test_a_block_cut_at_any_byte_is_no_reading() -> None:
    for length in range(len(BLOCK)):
        session = started()
        session.received(b"/ABC5model\r\n", 1.0)
        assert session.received(BLOCK[:length], 2.0) == []
        assert isinstance(failure(session.tick(5.0)), NoAnswer)


def test_a_meter_that_never_answers_is_no_answer_with_what_to_check() -> None:
    session = started()
    assert session.tick(2.0) == []
    error = failure(session.tick(2.5))
    assert "head, address, wiring" in str(error)
    assert not error.permanent


def test_a_slow_meter_is_waited_for_as_long_as_it_sends() -> None:
    session = started()
    session.received(b"/ABC model\r\n", 1.0)
    for second in range(2, 100):
        assert session.received(b"1", float(second)) == []
        assert session.tick(second + 0.9) == []


def test_a_stream_without_an_end_is_cut_off() -> None:
    session = started()
    session.received(b"/ABC5model\r\n\x02", 1.0)
    outputs: list[Output] = []
    for _ in range(70):
        outputs += session.received(b"1" * 1000, 2.0)
    assert isinstance(failure(outputs), FrameError)


# -- mode D and DSMR


@pytest.mark.parametrize(
    "name", ["dsmr_fluvius", "dsmr_v42_kaifa", "p1_lgf_e360_a_landisgyr_360", "dsmr_sagemcom_t210dr"]
)
def test_a_recorded_push_with_a_crc_is_read_and_a_damaged_one_is_suspect(name: str) -> None:
    data, _ = capture(name)
    telegram = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"
    assert finished(started(Plan(pushes=True)).received(telegram, 1.0)).checked is True
    damaged = telegram.replace(b"1.8.", b"2.8.", 1)
    assert finished(started(Plan(pushes=True)).received(damaged, 1.0)).checked is False


def test_a_push_without_a_check_says_that_there_was_none() -> None:
    data, _ = capture("dsmr_q3d")
    readout = finished(started(Plan(pushes=True)).received(data.partition(b"!")[0] + b"!\r\n", 1.0))
    assert readout.checked is None
    assert readout.identity() == "0272031312565"


def test_a_push_heard_from_its_middle_waits_for_the_next_one() -> None:
    session = started(Plan(pushes=True))
    assert session.received(b"2.8.0(0001*kWh)\r\n!\r\n", 1.0) == []
    assert finished(session.received(b"/ABC3m\r\n\r\n1.8.0(2*kWh)\r\n!\r\n", 2.0)).sets[0].address == "1.8.0"


# -- programming mode

SECRET = Plan(registers=("1.8.0", "2.8.0"), password="12345678")


def test_programming_mode_reads_register_by_register_after_the_password() -> None:
    session = started(SECRET)
    assert session.received(b"/ABC5model\r\n", 1.0)[0] == Send(b"\x06051\r\n")
    seed = b"P0\x02(seed)\x03"
    assert session.received(b"\x01" + seed + bytes([bcc(seed)]), 2.0) == [Send(b"\x01P1\x02(12345678)\x03\x69")]
    assert session.received(b"\x06", 3.0) == [Send(b"\x01R1\x021.8.0()\x03\x5a")]
    value = b"(000001.00*kWh)\x03"
    (ask,) = session.received(b"\x02" + value + bytes([bcc(value)]), 4.0)
    assert isinstance(ask, Send)
    assert b"2.8.0()" in ask.data
    outputs = session.received(b"\x02" + value + bytes([bcc(value)]), 5.0)
    assert outputs[0] == Send(bytes.fromhex("0142300371")), "the session ends with a break"
    assert [data.address for data in finished(outputs).sets] == ["1.8.0", "2.8.0"]


@pytest.mark.parametrize("answer", [b"\x15", b"\x01B0\x03\x71", b"\x02(ER01)\x03\x00"])
def test_a_declined_password_is_permanent_because_meters_lock(answer: bytes) -> None:
    session = started(SECRET)
    session.received(b"/ABC5model\r\n", 1.0)
    session.received(b"\x01P0\x02()\x03\x60", 2.0)
    outputs = session.received(answer, 3.0)
    if outputs == []:
        pytest.fail("no answer to a declined password")
    error = failure(outputs)
    assert error.permanent
    assert "12345678" not in str(error)


@pytest.mark.parametrize(
    "wrong",
    [
        {"command": "W1"},
        {"command": "W5"},
        {"command": "E2"},
        {"password_command": "P0"},
        {"address": "1!\r\n"},
        {"registers": ("1.8.0()(1)",)},
        {"password": "a)b"},
        {"password": ""},
    ],
)
def test_there_is_no_way_to_ask_for_a_write_or_to_smuggle_one_in(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"read|address|OBIS|password"):
        Plan(**wrong)  # type: ignore[arg-type]  # wrong on purpose


# -- a meter behind a pseudo-terminal


@pytest.mark.parametrize("mode", ["A", "B", "C", "D"])
async def test_a_meter_is_read_through_a_real_port_in_every_mode(mode: str) -> None:
    async with IecMeter(mode, delay=0.05) as meter:
        readout = await read_meter(meter.path, Plan(pushes=mode == "D"))
    found = {m.quantity: m for m in readout.measurements() if m.quantity}
    assert found["energy_import"].value >= 1_234_560
    rates = sum(found[f"energy_import_t{n}"].value for n in (1, 2, 3))
    assert rates == found["energy_import"].value
    assert readout.identity() == meter.serial


async def test_a_wrong_check_is_read_again_and_twice_wrong_is_still_no_accepted_value() -> None:
    async with IecMeter(delay=0.02) as meter:
        meter.spoiled = 1
        assert (await read_meter(meter.path, Plan())).checked is True
        meter.spoiled = 3
        readout = await read_meter(meter.path, Plan())
    assert readout.checked is False
    assert {m.quality.value for m in readout.measurements()} == {"s"}


async def test_a_meter_that_sends_in_partial_blocks() -> None:
    async with IecMeter(delay=0.02, pieces=4) as meter:
        readout = await read_meter(meter.path, Plan())
    assert readout.checked is True
    assert len(readout.sets) == len(meter.registers())


async def test_programming_mode_with_the_right_and_with_a_wrong_password() -> None:
    async with IecMeter(delay=0.02, password="11111111") as meter:
        readout = await read_meter(meter.path, Plan(registers=("1.8.0", "9.9.9"), password="11111111"))
        assert [data.address for data in readout.sets] == ["1.8.0", "9.9.9"]
        assert [m.quantity for m in readout.measurements()] == ["energy_import"]
        with pytest.raises(Refused):
            await read_meter(meter.path, Plan(registers=("1.8.0",), password="22222222"))
    assert b"W" not in meter.received
