"""Anything may arrive on a wire: no codec raises what it does not promise, and none grows without end."""

import contextlib
import json
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.bench import BOOT, Node
from keng_bridges.bridge_link import PointEvent
from keng_bridges.errors import FrameError, NoAnswer, PayloadError, ProfileError, Refused
from keng_bridges.iec62056_21 import Failed, Finished, Plan, Session, read_lines, timestamp
from keng_bridges.modbus import answer, parse, search
from keng_bridges.modbus.frame import seal
from keng_bridges.zigbee2mqtt import decode
from keng_demo.bridge_firmware import frame

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=4), scalars, max_size=3)
words = st.sampled_from(["alarm", "normal", "fault", "smoke1", BOOT, "00000001", "8F9C", "a4cf"])
keys = st.sampled_from(
    ["b", "s", "up", "p", "st", "fl", "v", "i", "n", "pv", "hw", "np", "sc", "ov", "ce", "id", "ok", "zz"]
)
kinds = st.sampled_from(["hello", "pt", "state", "ev", "tm", "hb", "res", "ack", "??"]) | values
bodies = st.dictionaries(keys, values | words | st.integers(0, 50), max_size=10)


def named(kind: object, body: dict[str, object]) -> dict[str, object]:
    return {**body, "t": kind}


frames = st.builds(named, kinds, bodies)
conversation = st.sampled_from([b"/ABC5x\r\n", b"\x01P0\x02()\x03\x60", b"\x06", b"\x02(1)\x03a"])
messages = st.dictionaries(st.sampled_from(["smoke", "gas", "battery", "action", "tamper", "sos", "x"]), values)


@settings(max_examples=60)
@given(st.lists(frames, max_size=12))
def test_a_bridge_session_takes_any_frame_whose_crc_holds(sent: list[dict[str, object]]) -> None:
    node = Node()
    node.open()
    for fields in sent:
        for output in node.feed(frame(fields)):
            if isinstance(output, PointEvent) and output.number is not None:
                node.session.acknowledge(output.boot, output.number)
        node.wait(1)
    node.wait(100)
    node.session.memory().model_dump_json()


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=80), max_size=10))
def test_a_bridge_session_takes_any_bytes(pieces: list[bytes]) -> None:
    node = Node()
    node.open()
    for piece in pieces:
        node.feed(piece)


@settings(max_examples=200)
@given(st.text(alphabet="0123456789.:-*&()kWhvarS WF!/\r\n\x00ABC", max_size=200))
def test_any_text_is_read_line_by_line(text: str) -> None:
    readout = read_lines(text)
    readout.measurements()
    readout.identity()
    readout.clock()


@given(st.text(max_size=16))
def test_any_text_is_a_time_or_none(text: str) -> None:
    assert isinstance(timestamp(text), datetime | None)


@settings(max_examples=150)
@given(
    st.lists(
        st.binary(max_size=60) | st.sampled_from([b"/ABC5x\r\n", b"\x01P0\x02()\x03\x60", b"\x06", b"\x02(1)\x03a"]),
        max_size=12,
    )
)
def test_an_iec_session_takes_any_bytes_and_always_comes_to_an_end(pieces: list[bytes]) -> None:
    session = Session(Plan(registers=("1.8.0",), password="1"))
    outputs = session.start(0.0)
    for number, piece in enumerate(pieces):
        outputs += session.received(piece, float(number))
    outputs += session.tick(10_000.0)
    assert sum(isinstance(output, Finished | Failed) for output in outputs) == 1


@settings(max_examples=200)
@given(st.binary(max_size=40), st.booleans())
def test_a_modbus_answer_is_whole_or_refused(data: bytes, sealed: bool) -> None:
    with contextlib.suppress(FrameError, Refused, NoAnswer):
        answer(seal(data) if sealed else data, 1, 4)


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([1, 2, 3, 4]), st.integers(1, 125))
def test_a_modbus_answer_is_not_found_in_noise(data: bytes, function: int, count: int) -> None:
    """Chance would need a right CRC behind the right beginning: never in so few tries."""
    assert search(b"\x01" + bytes([function]) + data, 1, function, count) is None


@settings(max_examples=200)
@given(st.binary(max_size=60), st.binary(max_size=60), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=20))
def test_a_modbus_answer_is_found_whatever_stands_around_it(before: bytes, behind: bytes, words: list[int]) -> None:
    body = bytes([7, 3, 2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words)
    found = search(before + seal(body) + behind, 7, 3, len(words))
    assert found is not None
    assert list(found.values) == words


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from(["smoke", "gas", "battery", "action", "tamper", "sos", "x"]), values, max_size=6)
    | values
)
def test_a_zigbee_message_is_understood_or_refused(content: object) -> None:
    for topic in ("bep-khoi", "bep-khoi/availability", "bridge/state", "bridge/devices"):
        with contextlib.suppress(PayloadError):
            decode(f"zigbee2mqtt/{topic}", json.dumps(content).encode(), retained=False)


@settings(max_examples=150)
@given(st.text(alphabet="name: []{}-,'\"\n registers12&*!|>%@`", max_size=80))
def test_a_profile_is_taken_or_refused(text: str) -> None:
    with contextlib.suppress(ProfileError):
        parse(text, "x.yaml")
