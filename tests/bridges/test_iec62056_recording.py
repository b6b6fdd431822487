"""Recordings of IEC 62056-21: what a check vouches for is accepted, pasted text is suspect, the rest is nothing."""

from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.captures import capture
from bridges.damage import NOISE, bit_errors, cuts, items
from keng_bridges.checksums import bcc, crc16_arc
from keng_bridges.iec62056_21 import recording
from keng_bridges.values import Quality

BLOCK = b"\x020.0.0(20180012345)\r\n1.8.0(001234.56*kWh)\r\n!\r\n\x03\x41"
READOUT = b"/ABC5model\r\n\x06050\r\n" + BLOCK
P1_TEXT = b"/KNG5model\r\n\r\n1-0:1.8.0(001234.56*kWh)\r\n!"
P1 = P1_TEXT + b"%04X\r\n" % crc16_arc(P1_TEXT)


def accepted(data: bytes) -> list[Decimal]:
    """Every value that is given out as measured."""
    good, _ = items(recording, data)
    return [m.value for one in good for m in one.measurements if m.quality is Quality.MEASURED]


def command(body: bytes, start: bytes = b"\x01") -> bytes:
    return start + body + b"\x03" + bytes([bcc(body + b"\x03")])


def test_a_conversation_is_a_request_and_a_readout_with_its_ident() -> None:
    (request, readout), damaged = items(recording, b"/?!\r\n" + READOUT)
    assert damaged == []
    assert request.facts["kind"] == "request"
    assert (readout.offset, readout.device) == (5, "20180012345")
    assert (readout.facts["ident"], readout.facts["bcc_ok"]) == ("ABC5model", True)
    assert readout.facts["datasets"] == [["0.0.0", "20180012345", None], ["1.8.0", "001234.56", "kWh"]]
    assert [(m.value, m.unit) for m in readout.measurements if m.quantity] == [(Decimal("1234560"), "Wh")]


def test_several_readouts_in_one_recording() -> None:
    found, damaged = items(recording, READOUT + READOUT + P1 + READOUT)
    assert [one.offset for one in found] == [0, len(READOUT), 2 * len(READOUT), 2 * len(READOUT) + len(P1)]
    assert damaged == []


def test_partial_blocks_are_one_readout() -> None:
    one = b"\x021.8.0(000001.00*kWh)\r\n\x04"
    two = b"\x022.8.0(000002.00*kWh)\r\n!\r\n\x03"
    data = one + bytes([bcc(one[1:])]) + b"\x06" + two + bytes([bcc(two[1:])])
    (found,), damaged = items(recording, data)
    assert damaged == []
    assert [m.value for m in found.measurements] == [1000, 2000]


def test_programming_mode_shows_the_commands_and_never_a_password() -> None:
    data = b"/ABC5model\r\n\x06051\r\n" + command(b"P0\x02(seed)") + command(b"P1\x02(12345678)") + b"\x06"
    data += command(b"R1\x021.8.0()") + command(b"(001234.56*kWh)", b"\x02") + command(b"B0")
    found, damaged = items(recording, data)
    assert damaged == []
    assert [one.facts["kind"] for one in found] == ["ident", "command", "command", "command", "readout", "command"]
    assert found[4].measurements[0].quantity == "energy_import"
    assert "12345678" not in str(found)


def test_a_recorded_load_profile_gives_its_rows() -> None:
    text = b"P.01(0261125103000)(00000000)(30)(1)(1.8.0)(kWh)\r\n(001.00)\r\n(002.00)\r\n"
    assert accepted(command(text, b"\x02")) == [1000, 2000]


def test_pasted_text_is_suspect_and_keeps_every_character() -> None:
    data, expected = capture("lg_zmd405_3rate_excerpt")
    (found,), damaged = items(recording, data)
    assert damaged == []
    assert found.device == "54800102"
    assert found.facts["datasets"] == expected["datasets"]
    assert {m.quality for m in found.measurements} == {Quality.SUSPECT}
    energies = {m.obis: m.value for m in found.measurements if m.quantity}
    assert energies["1-0:1.8.0"] == Decimal("302826")


def test_a_bad_line_of_pasted_text_costs_that_line() -> None:
    (found,), _ = items(recording, b"/ABC5x\r\n1.8.0(1*kWh)\r\nrubbish\r\n2.8.0(2*kWh)\r\n!\r\n")
    assert [m.value for m in found.measurements] == [1000, 2000]
    assert found.facts["problems"] == ["rubbish"]


@pytest.mark.parametrize(
    "name",
    [
        "dsmr_fluvius",
        "dsmr_sagemcom_t210dr",
        "dsmr_v42_kaifa",
        "p1_lgf_e360_a_landisgyr_360",
        "p1_lgf_e360_d_landisgyr_360",
    ],
)
def test_a_recorded_p1_telegram_has_its_crc_and_its_values(name: str) -> None:
    data, expected = capture(name)
    (found,), damaged = items(recording, data)
    assert damaged == []
    assert [found.facts[key] for key in ("crc_given", "crc_calc", "crc_ok")] == [
        expected[key] for key in ("crc_given", "crc_calc", "crc_ok")
    ]
    assert {m.quality for m in found.measurements} == {Quality.MEASURED}
    fields = cast(dict[str, dict[str, object]], expected.get("fields", {}))
    total = fields.get("ELECTRICITY_IMPORTED_TOTAL")
    if total is not None:
        wanted = Decimal(str(total["value"])) * 1000
        assert next(m.value for m in found.measurements if m.quantity == "energy_import") == wanted


def test_a_recorded_telegram_without_a_crc_is_suspect() -> None:
    data, _ = capture("dsmr_q3d")
    found, _ = items(recording, data)
    assert {m.quality for m in found[0].measurements} == {Quality.SUSPECT}
    assert next(m.value for m in found[0].measurements if m.quantity == "energy_import") == Decimal("52185782.5309")


@pytest.mark.parametrize("data", [READOUT, BLOCK, P1])
def test_cut_short_or_with_one_wrong_bit_nothing_is_accepted(data: bytes) -> None:
    for piece in cuts(data.rstrip(b"\r\n")):
        assert accepted(piece) == []
    first = data.index(b"\x02") if b"\x02" in data else 0
    for number, wrong in bit_errors(data.rstrip(b"\r\n")):
        masked = data == P1 or wrong[number] & 0x7F != data[number] & 0x7F
        if number >= first and masked:
            assert accepted(wrong) == [], wrong


def test_the_parity_bit_of_a_head_that_passes_it_on_is_dropped() -> None:
    even = bytes(byte | (byte.bit_count() & 1) << 7 for byte in READOUT)
    assert accepted(even) == accepted(READOUT) != []


def test_a_wrong_check_is_damaged_and_its_lines_are_for_diagnosis_only() -> None:
    found, (damaged,) = items(recording, READOUT[:-1] + b"\x40")
    assert found == []
    assert "given 40, computed 41" in damaged.error
    assert damaged.facts["datasets"] != []


def test_garbage_before_between_and_after_costs_no_readout() -> None:
    found, damaged = items(recording, NOISE + READOUT + NOISE + P1 + NOISE)
    assert len([one for one in found if one.facts["kind"] == "readout"]) == 2
    assert damaged != []


@given(
    st.lists(
        st.sampled_from(
            [READOUT, P1, b"\x02", b"\x03", b"/", b"/?!\r\n", b"(1)", b"!\r\n", b"\x01R1\x02", b"1.8.0(2*kWh)\r\n"]
        )
        | st.binary(max_size=30)
    )
)
@settings(max_examples=200)
def test_whatever_the_bytes_nothing_is_raised_and_offsets_grow(pieces: list[bytes]) -> None:
    offsets = [one.offset for one in recording(b"".join(pieces))]
    assert offsets == sorted(offsets)


@pytest.mark.parametrize(
    "data", [b"()" * 40_000, b"/ABC5\r\n\r\n" * 8_000, b"\x02" * 70_000, b"/ABC5\r\n\r\n" + b"a" * 70_000]
)
def test_long_nonsense_ends(data: bytes) -> None:
    assert accepted(data) == []
