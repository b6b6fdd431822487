"""Readouts as two independent packages read them: all lines and units, the block check, and what is refused."""

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import pytest

from bridges.captures import capture
from bridges.damage import bit_errors, items
from keng_bridges.iec62056_21 import Plan, Send, Session, recording
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Measurement, Quality
from keng_demo.iec_meter import block
from support.peer import ask_peer

INTACT = ["ISKRA_AM550", "KAIFA_MA105", "LANDIS_GIR_ZCF100", "ZIV_5CTA3"]
UNCHECKED = ["DSMR_2_2", "DSMR_3"]
CHANGED = ["ISKRA_MT382", "KAMSTRUP_MC66"]
"""Samples whose publisher changed something, so that their check does not hold any more."""
LINES = (
    "F.F(00000000)\r\n0.9.1(23:16:43)\r\n0.9.2(21-01-04)\r\n0.0.0()\r\nC.1.0(54800102)\r\n1.8.1(0302.8260*kWh)\r\n"
    "1.8.1*12(0075.5341*kWh)\r\n1.8.1&12(0000.0000*kWh)\r\n1-0:32.7.0*255(230.1*V)\r\n5.8.1(0064.3714*kvarh)\r\n"
)
READOUT = block(f"{LINES}!\r\n")
SHORT = b"/KAM MC\r\n" + block("0.0(00005077354)\r\n6.8(00433.65*GJ)\r\n6.26(03052.95*m3)!\r\n")
"""As a heat meter sends it: short codes, and the last line goes on with the `!`."""


@dataclass(frozen=True)
class Sample:
    """A telegram, and the registers that the other package finds in it."""

    telegram: bytes
    checksum: int | None
    registers: list[tuple[str, str, str | None]]


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    told = ask_peer(
        "iec62056", "iec62056_oracle.py", [SHORT.hex(), SHORT[:-2].hex(), SHORT.replace(b"6.8(", b"6.8)").hex()]
    )
    for one, name in zip(told[-3:], ("SHORT", "CUT", "BROKEN"), strict=True):
        one["name"] = name
    return {
        one["name"]: Sample(
            bytes.fromhex(one["telegram"]), one["checksum"], [tuple(row) for row in one["registers"] or ()]
        )
        for one in told
    }


def only(data: bytes) -> Decoded | Damaged:
    (item,) = recording(data)
    return item


def vouched_for(data: bytes) -> list[Measurement]:
    """Values that are not suspect."""
    return [m for one in items(recording, data)[0] for m in one.measurements if m.quality is Quality.MEASURED]


def same(ours: str, theirs: str) -> bool:
    """Equal as text or, where theirs has become a float, as numbers."""
    return ours == theirs or Decimal(ours) == Decimal(theirs)


def compared(item: Decoded | Damaged, sample: Sample) -> int:
    """How many registers both found; each of theirs must be among ours, with value and unit."""
    ours = {row[0]: row for row in cast(list[list[str]], item.facts["datasets"])}
    # A gas meter's line of the old kind names two codes: theirs is the one inside the line.
    rows = [row for row in sample.registers if row[0] in ours or not row[0].startswith("0-1:24.2.1")]
    for code, value, unit in rows:
        assert same(ours[code][1], value), code
        assert ours[code][2] == unit, code
    return len(rows)


@pytest.mark.parametrize("name", INTACT)
def test_a_telegram_with_a_crc_has_the_registers_that_another_parser_finds(
    samples: dict[str, Sample], name: str
) -> None:
    sample, item = samples[name], only(samples[name].telegram)
    assert isinstance(item, Decoded)
    assert compared(item, sample) >= 15
    assert item.facts["crc_ok"] is True
    assert sample.checksum == int(str(item.facts["crc_calc"]), 16)
    assert {m.quality for m in item.measurements} == {Quality.MEASURED}


@pytest.mark.parametrize("name", UNCHECKED)
def test_a_telegram_without_a_crc_has_the_same_registers_and_all_are_suspect(
    samples: dict[str, Sample], name: str
) -> None:
    item = only(samples[name].telegram)
    assert isinstance(item, Decoded)
    assert compared(item, samples[name]) >= 10
    assert {m.quality for m in item.measurements} == {Quality.SUSPECT}


@pytest.mark.parametrize("name", CHANGED)
def test_what_another_parser_takes_without_looking_at_the_check_is_no_value_of_ours(
    samples: dict[str, Sample], name: str
) -> None:
    item = only(samples[name].telegram)
    assert isinstance(item, Damaged)
    assert compared(item, samples[name]) >= 4, "its lines are there for diagnosis"
    assert "problems" not in item.facts


def test_a_short_readout_of_a_heat_meter(samples: dict[str, Sample]) -> None:
    item = only(SHORT)
    assert isinstance(item, Decoded)
    assert compared(item, samples["SHORT"]) == 3
    assert samples["SHORT"].checksum == SHORT[-1]


def test_a_cut_or_broken_readout_is_refused_by_both(samples: dict[str, Sample]) -> None:
    for name in ("CUT", "BROKEN"):
        assert samples[name].registers == []
        assert vouched_for(samples[name].telegram) == []


def test_a_recorded_telegram_has_the_registers_that_another_parser_finds() -> None:
    data, _ = capture("dsmr_v42_kaifa")
    told = ask_peer("iec62056", "iec62056_oracle.py", [data.hex()])[-1]
    rows = [(code, value, unit) for code, value, unit in told["registers"]]
    assert compared(only(data), Sample(data, told["checksum"], rows)) >= 25


# -- the block check, by the package iec62056-21


def damaged_blocks(data: bytes) -> list[bytes]:
    """With every single bit wrong in turn, from behind the STX on; the eighth is the parity's and no part of data."""
    return [wrong for at, wrong in bit_errors(data) if at > 0 and all(byte < 0x80 for byte in wrong)]


def test_lines_and_block_check_of_a_readout() -> None:
    (theirs,) = ask_peer("meters", "iec62056_21_oracle.py", [f"readout {READOUT.hex()}"])
    item = only(READOUT)
    assert isinstance(item, Decoded)
    assert item.facts["datasets"] == theirs
    assert len(theirs) == 10


def test_every_single_wrong_bit_is_refused_by_both() -> None:
    wrong = damaged_blocks(READOUT)
    assert len(wrong) == 7 * (len(READOUT) - 1)
    theirs = ask_peer("meters", "iec62056_21_oracle.py", [f"readout {one.hex()}" for one in wrong])
    assert set(map(str, theirs)) == {"None"}
    assert [one for one in wrong if vouched_for(one)] == []


def test_a_register_is_asked_for_in_the_same_bytes_and_its_answer_read_alike() -> None:
    session = Session(Plan(registers=("1.8.0",)))
    session.start(0.0)
    session.received(b"/ABC5model\r\n", 1.0)
    sent = [output for output in session.received(block("P0\x02()", start=b"\x01"), 2.0) if isinstance(output, Send)]
    answer = block("1.8.0(001234.56*kWh)")
    asked = sent[-1].data.hex()
    lines = ["read 1.8.0", f"command {asked}", f"answer {answer.hex()}"]
    theirs = ask_peer("meters", "iec62056_21_oracle.py", lines)
    assert theirs[:2] == [asked, ["R", 1, "1.8.0", ""]]
    assert theirs[2] == only(answer).facts["datasets"] == [["1.8.0", "001234.56", "kWh"]]
