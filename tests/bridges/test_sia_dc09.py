"""SIA DC-09: frames, both formats, encryption and what a receiver answers, against two independent implementations."""

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridges.captures import capture
from keng_bridges.checksums import crc16_arc
from keng_bridges.errors import FrameError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.sia_dc09 import (
    SIA,
    Accepted,
    Cipher,
    Reason,
    Receiver,
    Refused,
    Topic,
    cipher,
    parse,
    read,
    recording,
    seal,
)
from keng_bridges.sia_dc09.frame import content, moment
from keng_bridges.values import Condition, Mark

FIRE = b'0D340026"SIA-DCS"0001L0#1234[#1234|Nri1/FA012]'  # of the protocol's description
KEY = bytes(range(16))
NOW = datetime(2026, 11, 25, 14, 0, 0, tzinfo=UTC)
PLAIN = Receiver({"1234": None, "AAA": None})
SECRET = Receiver({"1234": KEY}, Cipher(cipher.decipher, cipher.encipher))


def line(body: str) -> bytes:
    return seal(body).strip()


def message(data: str, kind: str = "SIA-DCS", tail: str = "") -> bytes:
    return line(f'"{kind}"0042L0#1234[{data}]{tail}')


def decoded(data: bytes) -> list[Decoded]:
    return [item for item in recording(data) if isinstance(item, Decoded)]


@pytest.mark.parametrize("name", ["sia_rp_ti", "sia_wa", "sia_xc12"])
def test_recorded_lines_say_what_the_manifest_says_and_stale_ones_are_damaged(name: str) -> None:
    data, expected = capture(name)
    (item,) = recording(data)
    assert isinstance(item, Decoded if expected["crc_ok"] else Damaged)
    assert {key: item.facts[key] for key in expected} == expected


def test_a_fire_alarm_is_read() -> None:
    (item,) = decoded(b"\n" + FIRE + b"\r")
    assert (item.offset, item.device) == (1, "1234")
    (point,) = item.points
    assert (point.point, point.condition) == ("012", Condition.ALARM)


@pytest.mark.parametrize(
    ("data", "codes", "area"),
    [
        ("#1234|Nri1/FA012", [("FA", "012")], "1"),
        ("Nri1/WA000", [("WA", "000")], "1"),
        ("#1234|Nri1FA12", [("FA", "12")], "1"),
        ("#1234|Nti19:44/id1/ri4/RP", [("RP", "")], "4"),
        ("#1234|Nri1/FA1/FA2", [("FA", "1"), ("FA", "2")], "1"),
        ("#1234|NFA7^BEP^", [("FA", "7")], None),
        ("#1234|OP1", [("OP", "1")], None),
        ("#1234|Nri1/FA12|ABEP CHO", [("FA", "12")], "1"),
        ("|Nri04/FA001NM", [("FA", "001")], "04"),
        ("#1234|Nri0KR1^TAST. 001 ^", [("KR", "1")], "0"),
    ],
)
def test_sia_blocks_of_every_manner(data: str, codes: list[tuple[str, str]], area: str | None) -> None:
    found = read(parse(message(data)))
    assert [(signal.code, signal.number) for signal in found.signals] == codes
    assert found.signals[0].area == area
    assert found.account == "1234"


@pytest.mark.parametrize(
    ("data", "code", "condition", "marks", "topic"),
    [
        ("#1234|1110 01 003", "FA", Condition.ALARM, set[Mark](), Topic.FIRE),
        ("|3110 01 003", "FH", Condition.NORMAL, set[Mark](), Topic.OTHER),
        ("#1234|1115 01 003", "FA", Condition.ALARM, set[Mark](), Topic.CALL_POINT),
        ("#1234|1301 00 000", "AT", Condition.UNKNOWN, {Mark.MAINS_LOST}, Topic.OTHER),
    ],
)
def test_contact_id(data: str, code: str, condition: Condition, marks: set[Mark], topic: Topic) -> None:
    (signal,) = read(parse(message(data, "ADM-CID"))).signals
    report = signal.report()
    assert report is not None
    assert (signal.code, signal.topic, report.condition, report.marks) == (code, topic, condition, frozenset(marks))
    assert signal.fields["ri"] == data[-3:]


def test_a_contact_id_that_is_not_known_keeps_its_number() -> None:
    (signal,) = read(parse(message("#1234|1999 01 003", "ADM-CID"))).signals
    assert (signal.code, signal.means) == ("1999", None)


def test_one_wrong_bit_or_a_missing_end_yields_nothing() -> None:
    for bit in range(len(FIRE) * 8):
        data = bytearray(FIRE)
        data[bit // 8] ^= 1 << bit % 8
        assert decoded(bytes(data)) == []
    for end in range(1, len(FIRE)):
        assert all(isinstance(item, Damaged) for item in recording(FIRE[:end]))


def test_garbage_before_between_and_behind_costs_no_line() -> None:
    items = list(recording(b"\x00xx" + FIRE + b"\r\n\xff\xfe\r\n" + FIRE + b"\r"))
    assert [type(item) for item in items] == [Damaged, Decoded, Damaged, Decoded]
    assert items[1].offset == 3


def test_a_sign_of_life_without_a_check_is_told_and_says_nothing() -> None:
    (item,) = decoded(b"SR0001L0001    006969XX    [ID00000000]\r\n")
    assert (item.device, item.facts["message_type"], item.points) == ("006969XX", "OH", ())
    assert isinstance(PLAIN.judge(b"SR0001L0001    1234    [ID00000000]", NOW), Refused)


@pytest.mark.parametrize("stamp", ["", "08:40", "08:40:47,07-08", "25:00:00,07-08-2020", "08:40:47,13-40-2020"])
def test_a_time_that_is_cut_off_is_none(stamp: str) -> None:
    assert moment(stamp) is None
    assert content(f"#1|NRP][X1][Y2]_{stamp}").extended == ("X1", "Y2")


@pytest.mark.parametrize(
    "body", ['"SIA-DCS"0001L0#1234[', '"SIA-DCS"1L0#1[]', '"SIA-DCS"0001L0#1234[#99|NFA1]', '"SIA-DCS"0001L0#1234[?]']
)
def test_what_is_whole_and_makes_no_sense_is_refused(body: str) -> None:
    with pytest.raises(FrameError):
        read(parse(line(body)))
    assert isinstance(next(iter(recording(line(body)))), Damaged)


# -- what the receiver answers


def answered(verdict: Accepted | Refused) -> str:
    """The body of the answer, its check and length checked."""
    frame = verdict.answer
    assert frame[:1] + frame[-1:] == b"\n\r"
    assert (int(frame[1:5], 16), int(frame[5:9], 16)) == (crc16_arc(frame[9:-1]), len(frame) - 10)
    return frame[9:-1].decode()


def test_what_is_accepted_is_acknowledged_with_its_number_and_account() -> None:
    verdict = PLAIN.judge(FIRE, NOW)
    assert isinstance(verdict, Accepted)
    assert answered(verdict) == '"ACK"0001L0#1234[]'
    with_receiver = PLAIN.judge(line('"NULL"0007R12L3#AAA[]'), NOW)
    assert answered(with_receiver) == '"ACK"0007R12L3#AAA[]'


@pytest.mark.parametrize(
    ("content_of_line", "reason", "answer"),
    [
        (FIRE[:-2] + b"3]", Reason.DAMAGED, None),
        (line('"SIA-DCS"0001L0#9999[#9999|Nri1/FA1]'), Reason.UNKNOWN_ACCOUNT, '"DUH"0001L0#9999[]'),
        (line('"SIA-DCS"0001L0[#9999|Nri1/FA1]'), Reason.UNKNOWN_ACCOUNT, '"DUH"0001L0[]'),
        (line('"SIA-DCS"0001L0#1234[?]'), Reason.UNREADABLE, '"DUH"0001L0#1234[]'),
        (line('"*SIA-DCS"0001L0#1234[00]'), Reason.NO_KEY, '"DUH"0001L0#1234[]'),
    ],
)
def test_what_is_refused_and_how(content_of_line: bytes, reason: Reason, answer: str | None) -> None:
    verdict = PLAIN.judge(content_of_line, NOW)
    assert isinstance(verdict, Refused)
    assert verdict.reason is reason
    assert verdict.answer == b"" if answer is None else answered(verdict) == answer


def test_an_unknown_code_is_handed_on_and_answered_with_duh() -> None:
    verdict = PLAIN.judge(message("#1234|Nri1/QQ1"), NOW)
    assert isinstance(verdict, Accepted)
    assert (verdict.understood, answered(verdict)) == (False, '"DUH"0042L0#1234[]')


@pytest.mark.parametrize(("off_s", "taken"), [(-41, False), (-40, True), (0, True), (20, True), (21, False)])
def test_the_time_window(off_s: int, taken: bool) -> None:
    stamp = (NOW + timedelta(seconds=off_s)).strftime("_%H:%M:%S,%m-%d-%Y")
    verdict = PLAIN.judge(message("#1234|Nri1/FA1", tail=stamp), NOW)
    assert isinstance(verdict, Accepted) is taken
    if not taken:
        assert isinstance(verdict, Refused)
        assert (verdict.reason, verdict.off_s) == (Reason.WRONG_TIME, off_s)
        assert answered(verdict) == '"NAK"0000R0L0A0[]_14:00:00,11-25-2026'
    careless = Receiver({"1234": None}, check_time=False)
    assert isinstance(careless.judge(message("#1234|Nri1/FA1", tail=stamp), NOW), Accepted)


def test_an_encrypted_message_opens_only_with_its_key_and_needs_its_time() -> None:
    sealed = line(f'"*SIA-DCS"0042L0#1234[{cipher.encipher(KEY, "#1234|Nri1/FA1]_14:00:00,11-25-2026")}')
    verdict = SECRET.judge(sealed, NOW)
    assert isinstance(verdict, Accepted)
    assert verdict.message.signals[0].code == "FA"
    ack = parse(verdict.answer.strip())
    assert (ack.kind, ack.encrypted) == ("ACK", True)
    assert cipher.decipher(KEY, ack.rest) == "]_14:00:00,11-25-2026"
    other = Receiver({"1234": bytes(16)}, SECRET.cipher).judge(sealed, NOW)
    assert isinstance(other, Refused)
    timeless = line(f'"*SIA-DCS"0042L0#1234[{cipher.encipher(KEY, "#1234|Nri1/FA1][X_]")}')
    assert isinstance(SECRET.judge(timeless, NOW), Refused)
    clear = SECRET.judge(message("#1234|Nri1/FA1"), NOW)
    assert isinstance(clear, Refused)
    assert clear.reason is Reason.UNENCRYPTED


@pytest.mark.parametrize("digits", ["", "0", "zz", "00" * 15, "00" * 16])
def test_what_cannot_be_deciphered_is_refused(digits: str) -> None:
    with pytest.raises(FrameError):
        cipher.decipher(KEY, digits)


# -- independent implementations


def peer(name: str) -> Any:
    return pytest.importorskip(name, reason="an independent implementation, for tests only")


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(("kind", "text"), [("SIA-DCS", "Nri1/FA012"), ("ADM-CID", "1110 01 012")])
def test_siadc09_is_understood_and_understands_the_answer(key: bytes | None, kind: str, text: str) -> None:
    peer("siadc09")
    sender = importlib.import_module("siadc09.message")
    account = importlib.import_module("siadc09.account").Account(acct=0x1234, key=key)
    reader = importlib.import_module("siadc09.siadcs" if kind == "SIA-DCS" else "siadc09.admcid")
    parse_data = reader.parse_siadcs if kind == "SIA-DCS" else reader.parse_admcid
    sent = sender.EventMessage(account, config={"idtoken": kind, "data": parse_data(f"#1234|{text}".encode())})
    frame = bytes(sent.encode(seq=7, timestamp=NOW))
    verdict = Receiver({"1234": key}, SECRET.cipher).judge(frame.strip(), NOW)
    assert isinstance(verdict, Accepted)
    (signal,) = verdict.message.signals
    assert (signal.code, signal.number) == ("FA", "012")
    answer = sender.parse_frame(verdict.answer, key)
    assert (answer.idtoken, answer.seq, answer.account.acct) == ("ACK", 7, 0x1234)


def test_pysiaalarm_reads_the_same_out_of_a_line_and_knows_every_code() -> None:
    peer("pysiaalarm")
    event = importlib.import_module("pysiaalarm.event").SIAEvent
    for data, kind in (("#1234|Nri1/FA012", "SIA-DCS"), ("#1234|1110 01 012", "ADM-CID")):
        raw = message(data, kind, "_14:00:00,11-25-2026")
        theirs, ours = event.from_line(raw.decode()), decoded(raw)[0].facts
        assert theirs.valid_message
        for name in ("code", "account", "sequence", "line"):
            assert getattr(theirs, name) == ours[name]
        assert theirs.timestamp.isoformat() == ours["timestamp"]
    known = importlib.import_module("pysiaalarm.utils").SIA_CODES
    assert [code for code in SIA if code not in known] == []
    assert {code: known[code].type for code in SIA if known[code].type != SIA[code].name} == {}
