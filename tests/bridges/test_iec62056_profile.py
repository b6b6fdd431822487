"""Load profiles by IEC 62056-21: header and rows, what cannot be placed is not, and R5 and R6 over a real port."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keng_bridges.checksums import bcc
from keng_bridges.errors import Refused
from keng_bridges.iec62056_21 import Plan, Send, Session, Span, read_profile
from keng_bridges.iec62056_21.plan import command
from keng_bridges.iec62056_serial import read_span
from keng_bridges.values import Quality
from keng_demo.iec_meter import IecMeter

HEADER = "P.01(0261125103000)(00000000)(30)(2)(1.8.0)(kWh)(32.7)(V)"
ROWS = "(001234.56)(229.5)\r\n(001234.78)(231.0)\r\n"
FIRST = datetime(2026, 11, 25, 10, 30)
SPAN = Span("P.01", datetime(2026, 11, 25, 10, 0), datetime(2026, 11, 25, 16, 0))


def test_each_row_is_one_interval_later_than_the_one_before() -> None:
    found = read_profile(f"{HEADER}\r\n{ROWS}", checked=True)
    assert [(m.quantity, m.value, m.unit, m.at) for m in found.rows] == [
        ("energy_import", Decimal("1234560"), "Wh", FIRST),
        ("voltage_l1", Decimal("229.5"), "V", FIRST),
        ("energy_import", Decimal("1234780"), "Wh", FIRST + timedelta(minutes=30)),
        ("voltage_l1", Decimal("231.0"), "V", FIRST + timedelta(minutes=30)),
    ]
    assert found.problems == ()


def test_rows_may_stand_in_the_line_of_the_header() -> None:
    assert read_profile(HEADER + ROWS) == read_profile(f"{HEADER}\r\n{ROWS}")


def test_a_new_header_begins_a_new_count() -> None:
    later = HEADER.replace("1030", "1400")
    found = read_profile(f"{HEADER}\r\n{ROWS}{later}\r\n{ROWS}")
    assert [m.at.hour for m in found.rows if m.at and m.quantity == "energy_import"] == [10, 11, 14, 14]


def test_a_meter_that_counts_in_utc_says_so_with_a_2() -> None:
    found = read_profile(HEADER.replace("(0261", "(2261") + ROWS)
    assert found.rows[0].at == FIRST.replace(tzinfo=UTC)


def test_the_mean_power_of_an_interval_is_its_power() -> None:
    (row,) = read_profile("P.01(0261125103000)(00)(30)(1)(1.5)(kW)(2.345)").rows
    assert (row.quantity, row.value, row.unit, row.obis) == ("power", Decimal(2345), "W", "1-0:1.5.0")


def test_rows_of_a_meter_whose_clock_ran_out_have_no_time() -> None:
    found = read_profile(HEADER.replace("(00000000)", "(00000002)") + ROWS)
    assert {m.at for m in found.rows} == {None}


@pytest.mark.parametrize("status", ["00000004", "00000001", "05"])
def test_disturbed_rows_are_suspect(status: str) -> None:
    found = read_profile(HEADER.replace("(00000000)", f"({status})") + ROWS)
    assert {m.quality for m in found.rows} == {Quality.SUSPECT}


def test_a_failed_check_makes_every_row_suspect() -> None:
    assert {m.quality for m in read_profile(HEADER + ROWS, checked=False).rows} == {Quality.SUSPECT}


def test_a_value_that_the_meter_does_not_have_is_left_out_and_costs_no_other() -> None:
    found = read_profile(f"{HEADER}\r\n(--------)(229.5)\r\n(001234.78)()\r\n")
    assert [(m.quantity, m.at) for m in found.rows] == [
        ("voltage_l1", FIRST),
        ("energy_import", FIRST + timedelta(minutes=30)),
    ]


def test_behind_a_line_that_makes_no_sense_nothing_is_placed_until_the_next_header() -> None:
    found = read_profile(f"{HEADER}\r\n(001234.56)(229.5)\r\n(1)(2)(3)\r\n{ROWS}{HEADER}\r\n{ROWS}")
    assert len(found.rows) == 2 + 4
    assert found.problems[0] == "(1)(2)(3)"


@pytest.mark.parametrize("text", ["P.01(ERROR)", "P.01()", "(ER01)", "", "P.01(1)(2)(3)(4)", HEADER[:-3]])
def test_what_is_no_profile_has_no_rows(text: str) -> None:
    assert read_profile(text).rows == ()


@given(st.text(alphabet="P.01()*:;0123456789kWh\r\n-\x1f ", max_size=120))
@example("P.01(0)(0)(\x1f30)(1)(1.8.0)(kWh)")
def test_whatever_the_text_nothing_is_raised(text: str) -> None:
    assert len(read_profile(HEADER + text).rows) <= 120


def block(body: str, end: bytes = b"\x03") -> bytes:
    data = body.encode() + end
    return b"\x02" + data + bytes([bcc(data)])


def test_a_profile_is_asked_for_in_programming_mode_and_ends_with_a_break() -> None:
    session = Session(Plan(span=SPAN, password="12345678"))
    session.start(0.0)
    assert session.received(b"/ABC5model\r\n", 1.0)[0] == Send(b"\x06051\r\n")
    session.received(b"\x01P0\x02()\x03\x60", 2.0)
    (asked,) = session.received(b"\x06", 3.0)
    assert isinstance(asked, Send)
    assert asked.data[:-1] == b"\x01R5\x02P.01(02611251000;02611251600)\x03"
    assert session.received(block(f"{HEADER}\r\n", b"\x04"), 4.0) == [Send(b"\x06")], "a piece is confirmed"
    outputs = session.received(block(ROWS), 5.0)
    assert outputs[0] == Send(bytes.fromhex("0142300371"))
    assert "1234780" in str(outputs[1])


def test_one_damaged_piece_makes_all_rows_suspect() -> None:
    session = Session(Plan(span=SPAN))
    session.start(0.0)
    session.received(b"/ABC5model\r\n\x01P0\x02()\x03\x60", 1.0)
    session.received(block(f"{HEADER}\r\n", b"\x04")[:-1] + b"\x00", 2.0)
    assert "SUSPECT" in str(session.received(block(ROWS), 3.0))


def test_modes_a_and_b_enter_programming_mode_behind_their_readout() -> None:
    session = Session(Plan(registers=("1.8.0",), password="12345678"))
    session.start(0.0)
    session.received(b"/ABC model\r\n", 1.0)
    assert session.received(block("F.F(0)\r\n!\r\n"), 2.0) == [Send(b"\x01P1\x02(12345678)\x03\x69")]
    assert session.received(b"\x06", 3.0) == [Send(b"\x01R1\x021.8.0()\x03\x5a")]
    assert "001234.56*kWh" in str(session.received(block("(001234.56*kWh)"), 4.0))


@pytest.mark.parametrize("command", ["W5", "W1", "R1", "E2", ""])
def test_a_span_can_only_be_read(command: str) -> None:
    with pytest.raises(ValueError, match="R5 or R6"):
        Span("P.01", FIRST, FIRST, command)


def test_no_command_can_be_made_that_writes() -> None:
    for letter in "PRWBE":
        for digit in "0123456789":
            if letter + digit not in ("P1", "P2", "R1", "R5", "R6"):
                with pytest.raises(ValueError, match="only read"):
                    command(letter + digit, "1.8.0(1)")
    with pytest.raises(ValueError, match="only read"):
        command("R1", "1.8.0()\x03\x00\x01W1")


def test_registers_and_a_span_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="not both"):
        Plan(registers=("1.8.0",), span=SPAN)


@pytest.mark.parametrize(("command", "rows"), [("R5", 48), ("R6", 3)])
async def test_a_profile_is_read_through_a_real_port(command: str, rows: int) -> None:
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    async with IecMeter(delay=0.02, password="12345678") as meter:
        span = Span("P.01", now - timedelta(hours=6), now, command, rows)
        found = await read_span(meter.path, Plan(span=span, password="12345678"))
        energies = [m for m in found.rows if m.quantity == "energy_import"]
        assert len(energies) == 12
        assert energies == sorted(energies, key=lambda m: m.value)
        assert found.problems == ()
        with pytest.raises(Refused):
            await read_span(meter.path, Plan(span=span, password="1"))
    assert b"W" not in meter.received
