"""Lines of MySensors: recorded ones with their noise, what each says, and what is refused."""

from decimal import Decimal

import pytest

from bridges.captures import capture
from bridges.damage import cuts
from keng_bridges.errors import FrameError
from keng_bridges.mysensors import (
    Command,
    Message,
    Splitter,
    answer_config,
    ask_heartbeat,
    ask_version,
    decode,
    recording,
    request,
)
from keng_bridges.mysensors.line import LONGEST
from keng_bridges.mysensors.types import INTERNALS, PRESENTED, STREAMS, VARIABLES
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition

SMOKE = b"12;1;1;0;16;1\n"


def test_a_recorded_start_of_a_gateway() -> None:
    data, expected = capture("mysensors_gw_boot")
    items = list(recording(data))
    assert len(items) == 2
    for item in items:
        assert isinstance(item, Decoded)
        assert {key: item.facts[key] for key in expected} == expected


def test_the_noise_of_a_reset_costs_no_line() -> None:
    data, expected = capture("mysensors_nul_garbage")
    items = list(recording(bytes.fromhex(data.decode())))
    assert len([item for item in items if isinstance(item, Decoded)]) == expected["lines_valid"]
    assert (items[0].facts["prefix_noise"], items[0].offset) == (expected["prefix_noise"], expected["prefix_noise"])
    assert len(list(Splitter().received(bytes.fromhex(data.decode())))) == 1


def test_the_numbers_of_the_types_are_those_of_the_serial_api() -> None:
    assert (PRESENTED[2], PRESENTED[23], PRESENTED[39]) == ("S_SMOKE", "S_CUSTOM", "S_WATER_QUALITY")
    assert (VARIABLES[16], VARIABLES[38], VARIABLES[56]) == ("V_TRIPPED", "V_VOLTAGE", "V_POWER_FACTOR")
    assert (INTERNALS[0], INTERNALS[11], INTERNALS[22]) == ("I_BATTERY_LEVEL", "I_SKETCH_NAME", "I_HEARTBEAT_RESPONSE")
    assert (INTERNALS[28], INTERNALS[33], STREAMS[5]) == ("I_DEBUG", "I_POST_SLEEP_NOTIFICATION", "ST_IMAGE")


def test_a_child_is_what_it_was_presented_as() -> None:
    items = list(recording(b"12;1;0;0;2;Bep\n" + SMOKE + b"12;1;1;0;16;0\n7;2;1;0;16;1\n"))
    decoded = [item for item in items if isinstance(item, Decoded)]
    assert [item.facts["command"] for item in decoded] == ["presentation", "set", "set", "set"]
    points = [point for item in decoded for point in item.points]
    assert [(p.point, p.condition, p.detail) for p in points] == [
        ("12;1", Condition.ALARM, "S_SMOKE"),
        ("12;1", Condition.NORMAL, "S_SMOKE"),
        ("7;2", Condition.ALARM, None),
    ]


@pytest.mark.parametrize(
    ("line", "quantity", "value"),
    [
        (b"9;0;1;0;0;-3.5", "temperature", "-3.5"),
        (b"9;0;1;0;18;12.345", "energy_import", "12345.000"),
        (b"9;0;1;0;38;230.1", None, "230.1"),
        (b"9;255;3;0;0;87", "battery", "87"),
    ],
)
def test_values(line: bytes, quantity: str | None, value: str) -> None:
    measurement = decode(line).measurement
    assert measurement is not None
    assert (measurement.quantity, measurement.value) == (quantity, Decimal(value))


@pytest.mark.parametrize("line", [b"9;0;1;0;0;warm", b"9;0;1;1;0;20", b"9;0;2;0;0;", b"9;0;1;0;47;20", b"9;0;0;0;6;x"])
def test_lines_without_a_value(line: bytes) -> None:
    assert decode(line).measurement is None


def test_an_echo_of_our_own_words_trips_nothing() -> None:
    assert decode(b"12;1;1;1;16;1").tripped is None
    assert decode(b"12;1;2;0;16;").tripped is None


def test_a_type_of_a_newer_version_keeps_its_number() -> None:
    assert decode(b"12;1;1;0;99;1").name == "99"


@pytest.mark.parametrize(
    "line",
    [
        b"12;1;1;0;16",
        b"12;1;1;0;16;2",
        b"12;1;1;0;16;",
        b"256;1;1;0;16;1",
        b"-1;1;1;0;16;1",
        b"012;1;1;0;16;1",
        b"12;1;5;0;16;1",
        b"12;1;1;2;16;1",
        b"1\x002;1;1;0;16;1",
        b"\xb12;1;1;0;16;1",
        b"12;1;1;0;47;\x07",
        b"12;1;1;0;47;\xff",
        b" 12;1;1;0;16;1",
        b"hello",
        b"12;1;3;0;9;" + b"x" * LONGEST,
    ],
)
def test_each_kind_of_bad_line_is_refused_and_the_next_one_is_read(line: bytes) -> None:
    with pytest.raises(FrameError):
        decode(line)
    splitter = Splitter()
    assert list(splitter.received(line + b"\n" + SMOKE)) == [Message(12, 1, Command.SET, False, 16, "1")]
    assert splitter.damaged == 1
    bad, good = recording(line + b"\n" + SMOKE)
    assert isinstance(bad, Damaged)
    assert isinstance(good, Decoded)
    assert good.offset == len(line) + 1


def test_a_stream_in_any_pieces() -> None:
    splitter = Splitter()
    stream = b"\0" * 3 + b"\r\n" + SMOKE.replace(b"\n", b"\r\n") + b"0;255;3;0;22;77\n"
    found = [message for byte in stream for message in splitter.received(bytes([byte]))]
    assert [message.node for message in found] == [12, 0]
    assert splitter.damaged == 0


def test_a_gateway_that_never_ends_its_line_fills_no_memory_and_hides_no_later_line() -> None:
    splitter = Splitter()
    for _ in range(1000):
        assert list(splitter.received(b"\0" * 1000 + b"x" * 1000)) == []
    assert len(splitter._held) <= LONGEST + 1  # pyright: ignore[reportPrivateUsage]
    assert len(list(splitter.received(b"\n" + b"\0" * 5000 + SMOKE))) == 1


def test_a_cut_line_is_never_another_alarm() -> None:
    assert [piece for piece in cuts(SMOKE.strip()) for item in recording(piece) if isinstance(item, Decoded)] == []


def test_what_is_sent() -> None:
    assert request(12, 1) == b"12;1;2;0;16;\n"
    assert ask_version() == b"0;255;3;0;2;\n"
    assert ask_heartbeat(12) == b"12;255;3;0;18;\n"
    assert answer_config(12) == b"12;255;3;0;6;M\n"
