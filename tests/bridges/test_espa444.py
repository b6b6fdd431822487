"""ESPA 4.4.4: blocks, enquiries and their answers; a wrong bit yields no call."""

import pytest

from bridges.captures import capture
from keng_bridges.checksums import bcc
from keng_bridges.errors import FrameError
from keng_bridges.espa444 import ACK, EOT, NAK, Block, Control, Enquiry, Noise, Reader, Station, parse, recording, told
from keng_bridges.panel_profile import load
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition

# "CHAY KHO 3", BCC 46: the vector of the protocol's description
FIRE = bytes.fromhex(
    "0131023 11F3231 1E321F43484159204B484F2033 1E331F33 1E341F33 1E351F31 1E361F31 0346".replace(" ", "")
)


def block(text: str, priority: str = "3", kind: str = "3", header: str = "1", end: str = "") -> bytes:
    body = f"{header}\x021\x1f21\x1e2\x1f{text}\x1e4\x1f{kind}\x1e6\x1f{priority}{end}\x03".encode("latin-1")
    return b"\x01" + body + bytes([bcc(body)])


def items(data: bytes) -> list[object]:
    return [item for _, item in Reader().feed(data)]


def test_a_block_is_read_record_by_record() -> None:
    call = parse(FIRE)
    assert call.header == "1"
    assert dict(call.records) == {"1": "21", "2": "CHAY KHO 3", "3": "3", "4": "3", "5": "1", "6": "1"}
    (item,) = recording(FIRE)
    assert isinstance(item, Decoded)
    assert (item.device, item.points[0].point, item.points[0].condition) == ("21", "21", Condition.ALARM)


@pytest.mark.parametrize("quirk", [block("X", end="\x1e"), block("X").replace(b"\x021", b"\x02 1")])
def test_an_rs_before_etx_and_a_space_behind_stx_are_taken(quirk: bytes) -> None:
    sealed = quirk[:-1] + bytes([bcc(quirk[1:-1])])
    assert parse(sealed).record("1") == "21"
    assert parse(sealed).record("2") == "X"


def test_a_check_that_looks_like_a_control_character_belongs_to_its_block() -> None:
    for wanted in (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x15):
        body = next(
            body for n in range(0x20, 0x7F) for m in (0x40, 0x41, 0x60, 0x61, 0x20)
            for body in [b"1\x022\x1f" + bytes([n, m]) + b"\x03"] if bcc(body) == wanted
        )  # fmt: skip
        assert [type(item) for item in items(b"\x01" + body + bytes([wanted]) + b"\x04")] == [Block, Control]


def test_the_recorded_call_without_its_check_is_damaged_and_readable_for_diagnosis() -> None:
    content, expected = capture("espa444_zenitel")
    (item,) = recording(bytes.fromhex(content.decode()))
    assert isinstance(item, Damaged)
    assert {key: item.facts[key] for key in expected} == expected


def test_one_wrong_bit_or_a_missing_end_yields_no_call() -> None:
    for bit in range(len(FIRE) * 8):
        data = bytearray(FIRE)
        data[bit // 8] ^= 1 << bit % 8
        assert not [item for item in recording(bytes(data)) if isinstance(item, Decoded) and item.points]
    for end in range(1, len(FIRE)):
        assert [type(item) for item in recording(FIRE[:end])] == [Damaged]


def test_noise_before_between_and_behind_costs_no_call() -> None:
    found = items(b"\x00\x7fxy" + FIRE + b"??" + FIRE + b"\x1f\x04")
    assert [type(item) for item in found] == [Noise, Block, Noise, Block, Noise, Control]


def test_a_block_comes_in_any_pieces_and_a_babbling_line_is_held_within_bounds() -> None:
    reader = Reader()
    assert [item for byte in FIRE * 2 for _, item in reader.feed(bytes([byte]))] == [parse(FIRE)] * 2
    for _ in range(100):
        list(reader.feed(b"\x01" + b"x" * 300))
    assert len(reader.flush()) <= 513


def test_a_block_that_is_begun_anew_is_broken_off() -> None:
    assert [type(item) for item in items(FIRE[:10] + FIRE)] == [Noise, Block]


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x011\x02\x03", FIRE[:-1] + b"\x00", b"\x01" + b"x" * 600])
def test_what_is_no_block_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        parse(data)


@pytest.mark.parametrize(
    ("text", "priority", "kind", "condition"),
    [
        ("CHÁY KHO 3", "3", "3", Condition.ALARM),
        ("MELDER 12 AUSGELOEST", "1", "3", Condition.ALARM),
        ("FAULT ZONE 4", "1", "3", None),
        ("FIRE ZONE 4", "1", "1", Condition.NORMAL),
        ("PRE-ALARM ZONE 4", "2", "3", Condition.PRE),
    ],
)
def test_what_a_call_means(text: str, priority: str, kind: str, condition: Condition | None) -> None:
    said = told(parse(block(text, priority, kind)), load("generic"))
    assert said.meaning is not None
    assert said.meaning.condition is condition


def test_an_ordinary_call_means_nothing_and_is_kept() -> None:
    said = told(parse(block("CALL ME 101")), load("generic"))
    assert (said.meaning, said.text) == (None, "CALL ME 101")


def test_the_station_answers_a_selection_a_poll_and_a_damaged_block() -> None:
    station = Station("2")
    asked = [station.answer(item) for _, item in Reader().feed(b"1\x052\x05")]
    assert asked == [b"", bytes([ACK])]
    assert station.answer(Enquiry("2")) == bytes([ACK])
    assert station.answer(Enquiry(None)) == bytes([ACK])
    assert station.answer(Enquiry("3")) == b""
    assert station.answer(Noise("check", FIRE[:-1] + b"\x00")) == bytes([NAK])
    assert station.answer(Noise("no block", b"xx")) == b""
    assert station.answer(Control("eot")) == b""


def test_by_the_standard_a_poll_is_answered_with_eot_and_a_selection_with_ack() -> None:
    station = Station("2", "eot")
    assert station.answer(Enquiry("2")) == bytes([EOT])
    assert station.answer(Enquiry("1")) == b""
    assert station.answer(Enquiry("2")) == bytes([ACK])
