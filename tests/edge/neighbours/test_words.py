"""What neighbours say is read exactly, and anything else is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keng_edge.neighbours.words import ALARM_LIMIT, LINE_LIMIT, BadLine, Heard, Told, line, read

ALARM = {"occurrence": "0123456789abcdef", "zone": "to-3", "call": "fire", "standing": "ringing"}


def _told(**more: object) -> bytes:
    return json.dumps({"v": 1, "number": 7, "alarms": [ALARM | more]}).encode() + b"\n"


def test_a_line_is_read_as_it_was_written() -> None:
    told = read(Told, _told(drill=True, holds=False))
    assert read(Told, line(told)) == told
    assert (told.number, told.alarms[0].zone, told.alarms[0].drill, told.alarms[0].holds) == (7, "to-3", True, False)
    assert read(Heard, line(Heard(number=7))).number == 7


def test_fifty_alarms_fit_into_one_line() -> None:
    alarms = tuple(read(Told, _told(zone="z" * 40, drill=False)).alarms[0] for _ in range(ALARM_LIMIT))
    assert len(line(Told(number=2**53, alarms=alarms))) < LINE_LIMIT


def test_what_a_newer_neighbour_adds_is_passed_over() -> None:
    assert read(Told, _told(colour="red")).alarms[0].occurrence == ALARM["occurrence"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"[]\n",
        _told()[:-1],
        _told(occurrence="x"),
        _told(zone="../x"),
        _told(call="routine"),
        _told(call="all_clear"),
        _told(standing="over"),
        b'{"v":1,"number":0}\n',
        b'{"v":0,"number":1}\n',
        b" " * LINE_LIMIT + b"\n",
        json.dumps({"number": 1, "alarms": [ALARM] * (ALARM_LIMIT + 1)}).encode() + b"\n",
        b"[" * 10_000 + b"\n",
    ],
)
def test_what_is_no_line_is_refused(data: bytes) -> None:
    with pytest.raises(BadLine):
        read(Told, data)


@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_bytes_do_anything_but_give_a_line_or_be_refused(noise: bytes, at: int) -> None:
    good = _told()
    for data in (noise, noise + b"\n", good[:at] + noise + good[at:], good[:at] + b"\n"):
        try:
            read(Told, data)
        except BadLine:
            continue
