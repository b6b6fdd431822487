"""Smoke alarms on the wireless M-Bus: header, block checks, decryption, one driver a model; unknown is never normal."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.captures import capture
from bridges.damage import NOISE, bit_errors, cuts, items
from keng_bridges.errors import FrameError, PayloadError
from keng_bridges.values import Condition, Mark
from keng_bridges.wmbus import Telegram, Unreadable, crc, parse
from keng_bridges.wmbus_smoke import SENDERS, Report, read_smoke
from keng_bridges.wmbus_smoke.recording import recording
from keng_bridges.wmbus_stick import HELD, Bare, HexLines
from support.wmbus_sender import EI6500, KEY, LANSEN, QSMOKE, TSD2, clear, mode_5, mode_7, telegram, with_checks

CAPTURES = ["wmbus_ei6500_1", "wmbus_ei6500_2", "wmbus_lansensm_1", "wmbus_qsmoke_1", "wmbus_tsd2_1"]
SMOKE = "02FD971D 0400"
QUIET = telegram(LANSEN, "20260001", clear("02FD971D 0000"))


def parsed(data: bytes) -> Telegram:
    found = parse(data)
    assert found is not None
    return found


def said(data: bytes, key: bytes | None = None) -> Report:
    return read_smoke(parsed(data), key)


def lansen(states: int, status: int = 0) -> Report:
    records = "02FD971D" + states.to_bytes(2, "little").hex()
    return said(telegram(LANSEN, "20260001", clear(records, status=status)))


def ei6500(head: int, alarms: int = 0) -> Report:
    records = f"8440FF2C{head.to_bytes(4, 'little').hex()} 8250FD61{alarms.to_bytes(2, 'little').hex()}"
    return said(telegram(EI6500, "20260002", clear(records)))


def equal(ours: object, theirs: object) -> bool:
    if isinstance(theirs, float) or (isinstance(ours, str) and isinstance(theirs, int)):
        return Decimal(str(ours)) == Decimal(str(theirs))
    return ours == theirs


@pytest.mark.parametrize("name", CAPTURES)
def test_recorded_telegrams_say_what_they_are_known_to_say(name: str) -> None:
    data, expected = capture(name)
    (found,), damaged = items(recording, bytes.fromhex(data.decode()))
    assert damaged == []
    assert found.points[0].condition is Condition.NORMAL
    wrong = {
        key: (found.facts.get(key), value) for key, value in expected.items() if not equal(found.facts.get(key), value)
    }
    assert wrong == {}


def test_the_check_of_the_standard() -> None:
    assert crc(b"123456789") == 0xC2B7


@pytest.mark.parametrize(
    ("states", "condition", "marks"),
    [
        (0x0000, Condition.NORMAL, set[Mark]()),
        (0x0004, Condition.ALARM, set[Mark]()),
        (0x000C, Condition.ALARM, {Mark.TEST}),
        (0x0002, Condition.NORMAL, {Mark.LOW_BATTERY}),
        (0x0008, Condition.NORMAL, {Mark.TEST}),
        (0x0010, Condition.NORMAL, {Mark.FAULT}),
        (0x0020, Condition.NORMAL, {Mark.TAMPER}),
        (0x0100, Condition.NORMAL, {Mark.END_OF_LIFE}),
        (0x8000, Condition.NORMAL, {Mark.FAULT}),
    ],
)
def test_lansen_tells_of_smoke_while_it_lasts(states: int, condition: Condition, marks: set[Mark]) -> None:
    found = lansen(states)
    assert found.condition is condition
    assert found.marks == marks
    assert (found.status == "OK") is (states == 0)


def test_lansen_without_its_states_is_unknown() -> None:
    assert said(telegram(LANSEN, "20260001", clear("04FD084C020000"))).condition is Condition.UNKNOWN


def test_the_status_of_the_header_counts_for_every_model() -> None:
    assert lansen(0, status=0x04).marks == {Mark.LOW_BATTERY}
    assert lansen(0, status=0x08).marks == {Mark.FAULT}


@pytest.mark.parametrize(
    ("head", "marks"),
    [
        (0x0011_0F00, set[Mark]()),
        (0x0011_0F0C, {Mark.DIRTY}),
        (0x0011_0F40, {Mark.TAMPER}),
        (0x0011_0F80, {Mark.END_OF_LIFE}),
        (0x0011_1000, {Mark.LOW_BATTERY}),
        (0x0311_2F20, {Mark.FAULT}),
        (0x8011_0F00, {Mark.FAULT}),
    ],
)
def test_ei6500_has_its_marks_in_the_head_status(head: int, marks: set[Mark]) -> None:
    assert ei6500(head).marks == marks


def test_ei6500_and_qsmoke_count_their_alarms() -> None:
    assert ei6500(0x0011_0F00, alarms=3).alarms == 3
    found = said(telegram(QSMOKE, "20260003", b"\x78" + bytes.fromhex("81037C034C412302 82036C7C2B")))
    assert (found.alarms, found.facts["last_alarm_date"]) == (2, "2019-11-28")


@pytest.mark.parametrize(
    ("state", "condition", "status"),
    [
        (0, Condition.NORMAL, "OK"),
        (1, Condition.ALARM, "SMOKE"),
        (0x80, Condition.UNKNOWN, "DEFECT"),
        (0x71, Condition.UNKNOWN, "STATUS_71"),
    ],
)
def test_tsd2_has_one_byte_of_state(state: int, condition: Condition, status: str) -> None:
    found = said(telegram(TSD2, "20260004", b"\xa0" + bytes([state]) + bytes.fromhex("9F27 0000")))
    assert (found.condition, found.status, found.facts["prev_date"]) == (condition, status, "2019-12-31")
    with pytest.raises(PayloadError):
        said(telegram(TSD2, "20260004", b"\xa0\x01\x9f"))


@pytest.mark.parametrize("data", [mode_5(LANSEN, "20260001", SMOKE), mode_7(LANSEN, "20260001", SMOKE, 4711)])
def test_what_is_encrypted_is_read_with_its_key_only(data: bytes) -> None:
    assert said(data, KEY).condition is Condition.ALARM
    for key in (None, b"", bytes(16)):
        with pytest.raises(Unreadable, match="20260001"):
            said(data, key)
    (found,), damaged = items(recording, data)
    assert (found.points, found.facts["encrypted"], damaged) == ((), True, [])


def test_what_stands_in_clear_already_is_not_decrypted_whatever_the_header_says() -> None:
    head = bytes([0x7A, 0x07, 0x00, 0x20, 0x05])
    data = telegram(LANSEN, "20260001", head + b"\x2f\x2f" + bytes.fromhex(SMOKE) + b"\x2f" * 8)
    assert said(data).condition is Condition.ALARM
    assert said(data, KEY).condition is Condition.ALARM


def test_a_long_header_names_another_device_than_the_radio_in_front_of_it() -> None:
    own = telegram(LANSEN, "20260001", b"")[4:8] + telegram(LANSEN, "20260001", b"")[2:4] + bytes([0x03, 0x1A])
    data = telegram(("KNG", 1, 0x31), "99999999", b"\x72" + own + bytes([7, 0, 0, 0]) + bytes.fromhex(SMOKE))
    found = parsed(data)
    assert (found.sender.number, found.sender.maker) == ("20260001", "LAS")
    assert read_smoke(found).condition is Condition.ALARM


def test_an_extended_link_layer_is_passed_over() -> None:
    data = telegram(LANSEN, "20260001", b"\x8c\x20\x07" + clear(SMOKE))
    assert said(data).condition is Condition.ALARM


def test_block_checks_are_stripped_when_they_hold() -> None:
    data = with_checks(telegram(LANSEN, "20260001", clear(SMOKE + "04FD084C020000" * 3)))
    (found,), damaged = items(recording, data)
    assert (found.facts["link_crc"], found.points[0].condition, damaged) == ("ok", Condition.ALARM, [])


def test_another_maker_is_shown_and_says_nothing_of_a_point() -> None:
    (found,), _ = items(recording, telegram(("KNG", 1, 7), "20260009", clear("0C1334120000")))
    assert (found.device, found.points, found.facts["manufacturer"]) == ("20260009", (), "KNG")
    with pytest.raises(PayloadError, match="no smoke alarm known here"):
        said(telegram(("KNG", 1, 7), "20260009", clear("")))


def test_records_that_do_not_fit_are_damaged() -> None:
    found, (damaged,) = items(recording, telegram(LANSEN, "20260001", clear("02FD971D 04")))
    assert found == []
    assert "do not fit" in damaged.error


def test_a_telegram_cut_short_gives_no_point() -> None:
    for piece in cuts(with_checks(QUIET)):
        assert all(one.facts["link_crc"] != "ok" for one in items(recording, piece)[0])
    for piece in cuts(QUIET):
        assert [one.points for one in items(recording, piece)[0]] == []


def test_one_wrong_bit_is_seen_where_there_are_block_checks() -> None:
    # Without them nothing can see it: a receiver that strips them has looked at them.
    for _, wrong in bit_errors(with_checks(QUIET)):
        assert [one.facts for one in items(recording, wrong)[0] if one.facts["link_crc"] == "ok"] == []


def test_garbage_before_between_and_after_costs_no_telegram() -> None:
    found, damaged = items(recording, NOISE + QUIET + NOISE + QUIET + NOISE)
    assert ([one.device for one in found], len(damaged)) == (["20260001"] * 2, 3)


@pytest.mark.parametrize("around", ["{}", "b{}", "{}5A", "T1;1;1;2026-11-25;97;148;20260001;0x{}", "  {}  "])
def test_a_stick_that_writes_lines(around: str) -> None:
    stick = HexLines()
    line = around.format(QUIET.hex().upper()).encode() + b"\r\n"
    found = [one.sender.number for byte in b"hello\r\n" + line * 2 for one in stick.received(bytes([byte]))]
    assert (found, stick.damaged) == (["20260001"] * 2, 0)


def test_a_stick_that_writes_bare_telegrams() -> None:
    stick = Bare()
    stream = b"\x00\xff" + QUIET + with_checks(QUIET) + QUIET[:9]
    found = [one.sender.number for one in stick.received(stream)]
    assert found == ["20260001"] * 2
    stick.silence()
    assert [one.sender.number for one in stick.received(QUIET)] == ["20260001"]


def test_a_stick_that_babbles_fills_no_memory() -> None:
    for stick in (HexLines(), Bare()):
        assert list(stick.received(b"\xffD" * 50_000)) == []
        assert len(vars(stick).popitem()[1]) <= HELD


def test_every_model_is_told_by_maker_version_and_type() -> None:
    for (maker, version, medium), model in SENDERS.items():
        (found, *_), _ = items(recording, telegram((maker, version, medium), "20260001", b"\xa0" + bytes(40)))
        assert found.facts["driver"] == model


@given(st.lists(st.sampled_from([QUIET, with_checks(QUIET), b"\x44", b"\x7a", QUIET[:5]]) | st.binary(max_size=40)))
@settings(max_examples=200)
def test_whatever_the_bytes_nothing_is_raised_and_offsets_grow(pieces: list[bytes]) -> None:
    offsets = [one.offset for one in recording(b"".join(pieces))]
    assert offsets == sorted(offsets)


@given(st.sampled_from([LANSEN, EI6500, QSMOKE, TSD2]), st.binary(max_size=60))
@settings(max_examples=300)
def test_no_payload_makes_a_driver_raise_what_it_does_not_promise(sender: tuple[str, int, int], rest: bytes) -> None:
    with contextlib.suppress(PayloadError, FrameError):
        said(telegram(sender, "20260001", rest or b"\x78"), KEY)
