"""A recorded Modbus line: requests, answers and exceptions told apart; a wrong bit yields nothing."""

import pytest

from bridges.captures import capture
from keng_bridges.modbus.frame import request, seal
from keng_bridges.modbus.recording import recording
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition

NOVABO_REQUEST = bytes.fromhex("ff02000000086c12")  # vendor page of the SQR-2
NOVABO_NORMAL, NOVABO_ALARM = bytes.fromhex("ff02010151a0"), bytes.fromhex("ff0201009060")
ANSWER = seal(bytes.fromhex("010404 0000 5A99"))


def decoded(data: bytes) -> list[Decoded]:
    return [item for item in recording(data) if isinstance(item, Decoded)]


@pytest.mark.parametrize("name", ["bydhvs_read", "novabo_req", "novabo_normal"])
def test_recorded_frames_say_what_the_manifest_says(name: str) -> None:
    content, expected = capture(name)
    (item,) = decoded(bytes.fromhex(content.decode()))
    for key, value in expected.items():
        assert str(item.facts[key]).startswith(str(value)) if key == "request" else item.facts[key] == value


def test_an_answer_knows_the_addresses_of_the_request_before_it() -> None:
    asked, answered = decoded(request(1, 4, 0x155, 2) + ANSWER)
    assert asked.facts["request"] == "read 2 input registers at 0x0155"
    assert [(m.raw, int(m.value)) for m in answered.measurements] == [("0x0155=0000", 0), ("0x0156=5A99", 0x5A99)]
    (alone,) = decoded(ANSWER)
    assert [m.raw for m in alone.measurements] == ["+0=0000", "+1=5A99"]


def test_a_fail_safe_contact_is_an_alarm_at_zero() -> None:
    states = [item.points[0].condition for item in decoded(NOVABO_NORMAL + NOVABO_ALARM)]
    assert states == [Condition.NORMAL, Condition.ALARM]


def test_three_bytes_of_bits_are_an_answer_behind_their_request_and_a_request_without() -> None:
    answer = seal(bytes.fromhex("0b0203 ACDB35"))
    assert [item.facts["kind"] for item in decoded(request(11, 2, 0xC4, 22) + answer)] == ["request", "answer"]
    assert [item.facts["kind"] for item in decoded(answer)] == ["request"]


def test_exceptions_writes_and_rarer_functions_are_told() -> None:
    frames = seal(b"\x01\x84\x02") + seal(bytes.fromhex("010600010003")) + seal(bytes.fromhex("0108000012 34"))
    exception, write, other = decoded(frames)
    assert (exception.facts["exception"], exception.facts["fc"]) == (2, 4)
    assert write.facts["request"] == "write register at 0x0001"
    assert other.facts["kind"] == "other"


@pytest.mark.parametrize("frame", [NOVABO_REQUEST, NOVABO_NORMAL, NOVABO_ALARM, ANSWER, request(1, 3, 0x551, 1)])
def test_one_wrong_bit_or_a_missing_end_yields_nothing(frame: bytes) -> None:
    for bit in range(len(frame) * 8):
        data = bytearray(frame)
        data[bit // 8] ^= 1 << bit % 8
        assert decoded(bytes(data)) == []
    for end in range(1, len(frame)):
        (item,) = recording(frame[:end])
        assert isinstance(item, Damaged)


def test_noise_before_between_and_behind_costs_no_frame() -> None:
    noise = b"\x00\xff\x13\x37\x02"
    items = list(recording(noise + NOVABO_REQUEST + noise + NOVABO_NORMAL + noise))
    assert [item.offset for item in items] == [0, 5, 13, 18, 24]
    assert [type(item) for item in items] == [Damaged, Decoded, Damaged, Decoded, Damaged]
