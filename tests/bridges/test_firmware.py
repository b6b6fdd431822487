"""The C firmware against the node's side: frames, repeats, queue, fail-safe, restarts, in virtual time."""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridges.bench import Bench, kept, silent, unharmed
from bridges.bench_firmware import FIRMWARE, CBoard, build, wired
from bridges.test_bridge_lossy import bad_wire
from keng_bridges.bridge_link import FaultKind, Snapshot, State, Telemetry, decode, encode
from keng_bridges.checksums import crc16_ccitt_false

VECTORS = (
    b'{"t":"ack","b":"7f3a91c2","s":412}*130F',
    b'{"t":"ev","b":"7f3a91c2","s":412,"up":123456,"p":"smoke1","st":"alarm","fl":[],"v":812}*1BF8',
    b'{"t":"hb","b":"7f3a91c2","s":413,"up":140000,"q":0,"ov":0,"ce":0,"sc":"8F9C"}*2D41',
    b'{"t":"hello","b":"7f3a91c2","s":1,"up":812,"pv":1,"hw":"a4cf12f0e9b1","md":"keng-io8","fw":"1.4.0+9f3c2d1",'
    b'"np":2,"rst":"power"}*9A28',
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("firmware"))


@pytest.fixture
def board(program: Path) -> Iterator[CBoard]:
    board = CBoard(program)
    yield board
    board.close()


@pytest.fixture
def bench(board: CBoard) -> Bench:
    bench = wired(board)
    bench.start()
    bench.firmware.receive(encode({"t": "get", "id": 1, "what": "hello"}))
    bench.settle()
    return bench


def said(frames: list[bytes], kind: str = "ev") -> list[dict[str, object]]:
    """The frames of one type, each with its CRC checked."""
    return [frame for frame in map(decode, frames) if frame["t"] == kind]


def boot(board: CBoard) -> object:
    return decode(board.frames[0])["b"]


def ack(board: CBoard, number: object) -> bytes:
    return encode({"t": "ack", "b": boot(board), "s": number})


def errors(board: CBoard) -> object:
    return said(board.wait(20), "hb")[-1]["ce"]


def test_it_greets_names_its_points_and_says_how_they_stand(board: CBoard) -> None:
    frames = [decode(frame) for frame in board.frames]
    assert [frame["t"] for frame in frames] == ["hello", *["pt"] * 3, *["state"] * 3]
    assert [frame["s"] for frame in frames] == list(range(1, 8))
    assert (frames[0]["pv"], frames[0]["np"], frames[0]["rst"]) == (1, 3, "power")
    assert [(frame["i"], frame["n"], frame["p"]) for frame in frames[1:4]] == [
        (1, 3, "smoke1"),
        (2, 3, "btn1"),
        (3, 3, "siren1"),
    ]


def test_the_node_identifies_it_and_has_no_fault(bench: Bench) -> None:
    bench.run(60, step=1.0)
    assert bench.session.board is not None
    assert bench.session.board.model == "keng-host"
    assert {len(shot.states) for shot in kept(bench.outputs, Snapshot)} == {3}
    assert bench.faults() == set()
    assert next(t.value for t in kept(bench.outputs, Telemetry) if not t.point) == 4980


def test_a_change_that_does_not_hold_is_none(board: CBoard) -> None:
    board.do("set", "smoke1", "alarm")
    board.wait(0.08)
    board.do("set", "smoke1", "normal")
    assert said(board.wait(1)) == []
    board.do("set", "smoke1", "alarm")
    (event,) = said(board.wait(0.2))
    assert (event["p"], event["st"], event["fl"]) == ("smoke1", "alarm", [])
    assert event["up"] == 1090, "when it began, not when it was believed"


def test_flags_and_values_travel(board: CBoard) -> None:
    board.do("value", "smoke1", "-812")
    board.do("set", "smoke1", "fault", "open,tamper")
    (event,) = said(board.wait(0.2))
    assert (event["st"], event["fl"], event["v"]) == ("fault", ["tamper", "open"], -812)
    assert said(board.do("tell", "smoke1", "2147483647"), "tm")[0]["v"] == 2_147_483_647


def test_it_repeats_by_the_schedule_until_it_is_acknowledged(board: CBoard) -> None:
    board.do("set", "smoke1", "alarm")
    board.wait(0.11)
    times = [tenth for tenth in range(1, 360) if said(board.wait(0.1))]
    assert times == [3, 9, 21, 45, 93, 193, 293]
    assert board.hear(ack(board, 8)) == []
    assert said(board.wait(40)) == []


def test_a_foreign_or_damaged_acknowledgement_acknowledges_nothing(board: CBoard) -> None:
    board.do("set", "smoke1", "alarm")
    board.wait(0.11)
    board.hear(encode({"t": "ack", "b": "00000000", "s": 8}))
    board.hear(encode({"t": "ack", "b": boot(board), "s": 9}))
    board.hear(ack(board, 8).replace(b'"s":8', b'"s":9'))
    assert said(board.wait(0.3)), "still unacknowledged"


@pytest.mark.parametrize("vector", VECTORS)
def test_every_vector_of_the_link_is_an_undamaged_frame(board: CBoard, vector: bytes) -> None:
    board.hear(vector)
    assert errors(board) == 0


def test_no_single_bit_error_of_a_vector_passes(board: CBoard) -> None:
    vector, wrong = VECTORS[0], 0
    for bit in range(len(vector) * 8):
        damaged = bytearray(vector)
        damaged[bit // 8] ^= 1 << bit % 8
        if b"\n" not in damaged and b"\0" not in damaged:
            board.say(b"hear " + bytes(damaged) + b"\n")
            wrong += 1
    assert errors(board) == wrong


def sealed(body: bytes) -> bytes:
    return body + b"*%04X" % crc16_ccitt_false(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"t":"new","x":[1,{"y":"}],"},null]}',
        b'{"t":"set"}',
        b'{"t":"ack","b":1,"s":"x"}',
        b'{"t":"get"',
        b'{"t":"get",}',
        b"[1]",
        b'{"t":"' + b"x" * 400 + b'"}',
        b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"t":"time","id":99999999999999999999}',
        b'{"t":"get\\u0000","what":"hello"}',
        b'{"t" : "time" , "id" : 1.5 }',
    ],
)
def test_undamaged_nonsense_does_nothing_and_breaks_nothing(board: CBoard, body: bytes) -> None:
    assert [frame for frame in board.hear(sealed(body)) if b'"hello"' in frame] == []
    assert errors(board) == 0
    assert said(board.hear(encode({"t": "get", "id": 1, "what": "state"})), "state")


def test_a_line_without_an_end_is_damaged_and_the_next_one_heard(board: CBoard) -> None:
    assert board.hear(b"x" * 1500) == []
    assert said(board.hear(encode({"t": "time", "id": 7, "utc": 1})), "res") == [
        {**said(board.frames, "res")[-1], "id": 7, "ok": True}
    ]
    assert errors(board) == 1


def test_random_bytes_never_make_it_answer(board: CBoard) -> None:
    dice = random.Random(1)
    for _ in range(300):
        noise = bytes(dice.choice(range(1, 256)) for _ in range(dice.randrange(1, 700))).replace(b"\n", b"")
        assert board.say(b"hear " + noise + b"\n") == []


def test_keys_in_any_order_and_unknown_ones_are_fine(board: CBoard) -> None:
    body = json.dumps({"new": {"a": [1, "}"]}, "ms": 500, "val": 1, "p": "siren1", "id": 3, "t": "set"}).encode()
    (answer,) = said(board.hear(sealed(body)), "res")
    assert (answer["id"], answer["ok"]) == (3, True)
    assert board.switched[-1] == ("siren1", True)


def test_an_alarm_sounds_without_any_node_and_an_isolated_point_does_not(board: CBoard) -> None:
    assert board.switched == [("siren1", False)], "quiet at the start"
    board.do("set", "btn1", "alarm", "off")
    board.wait(1)
    assert board.switched[-1] == ("siren1", False)
    board.do("set", "smoke1", "alarm")
    board.wait(0.2)
    assert board.switched[-1] == ("siren1", True)
    board.do("set", "smoke1", "normal")
    board.wait(0.2)
    assert board.switched[-1] == ("siren1", False)


def test_a_silence_ends_by_itself_after_ten_minutes_at_most(board: CBoard) -> None:
    board.do("set", "smoke1", "alarm")
    board.wait(0.2)
    board.hear(encode({"t": "set", "id": 1, "p": "siren1", "val": 0, "ms": 9_999_999}))
    board.wait(599)
    assert board.switched[-1] == ("siren1", False)
    board.wait(1.1)
    assert board.switched[-1] == ("siren1", True)


def test_another_point_ends_a_silence_and_the_same_one_does_not(board: CBoard) -> None:
    board.do("set", "smoke1", "alarm")
    board.wait(0.2)
    board.hear(encode({"t": "set", "id": 1, "p": "siren1", "val": 0}))
    for state in ("normal", "alarm"):
        board.do("set", "smoke1", state)
        board.wait(0.2)
    assert board.switched[-1] == ("siren1", False)
    board.do("set", "btn1", "alarm")
    board.wait(0.2)
    assert board.switched[-1] == ("siren1", True)


def test_a_command_ends_by_itself_and_one_to_an_input_is_refused(board: CBoard) -> None:
    board.hear(encode({"t": "set", "id": 1, "p": "siren1", "val": 1, "ms": 1000}))
    board.wait(0.9)
    assert board.switched[-1] == ("siren1", True)
    board.wait(0.2)
    assert board.switched[-1] == ("siren1", False)
    (answer,) = said(board.hear(encode({"t": "set", "id": 2, "p": "smoke1", "val": 1})), "res")
    assert (answer["ok"], answer["err"]) == (False, "no such output")
    (answer,) = said(board.hear(encode({"t": "set", "id": 3, "p": "siren1", "val": "x"})), "res")
    assert (answer["ok"], answer["err"]) == (False, "no such value")


def test_a_full_queue_sends_alarms_first_and_counts_what_went(bench: Bench, board: CBoard) -> None:
    bench.to_node = silent
    for number in range(40):
        bench.firmware.change("btn1", ("pre", "normal")[number % 2], v=number)
        bench.run(0.2)
    bench.firmware.change("smoke1", "alarm", v=99)
    bench.run(0.2)
    bench.to_node = unharmed
    bench.run(30)
    numbered = [event for event in bench.committed if event.number is not None]
    assert 99 in [event.state.value for event in numbered[:5]], "right after the four that were on their way"
    assert len(numbered) == 32
    assert said(board.frames, "hb")[-1]["ov"] == 9


@pytest.mark.parametrize("seed", range(4))
def test_every_change_arrives_exactly_once_over_a_bad_wire(bench: Bench, seed: int) -> None:
    dice = random.Random(seed)
    bench.to_node = bad_wire(dice, lost=0.2, damaged=0.1)
    bench.to_board = bad_wire(dice, lost=0.2, damaged=0.1)
    for number in range(20):
        bench.firmware.change("smoke1", ("alarm", "normal")[number % 2], v=number)
        bench.run(0.2 + dice.random() * 2)
    bench.to_node = bench.to_board = unharmed
    bench.run(60)
    told = [event.state.value for event in bench.committed if event.number is not None]
    assert sorted(told, key=str) == sorted(range(20), key=str)
    assert len({event.key for event in bench.committed}) == len(bench.committed)


def test_a_restart_during_an_alarm_does_not_lose_it(bench: Bench) -> None:
    bench.to_node = silent
    bench.firmware.change("smoke1", "alarm")
    bench.run(1)
    bench.firmware.reboot()
    bench.to_node = unharmed
    bench.run(25)
    assert [(event.state.point, event.state.state) for event in bench.committed] == [("smoke1", State.ALARM)]
    assert bench.faults() == set()


def test_the_counter_of_milliseconds_may_wrap(bench: Bench, board: CBoard) -> None:
    """It does so 67 s after the start of this board."""
    bench.run(120, step=1.0)
    bench.firmware.change("smoke1", "alarm")
    bench.run(0.5)
    assert [event.state.state for event in bench.committed] == [State.ALARM]
    assert 119_000 < int(str(said(board.frames)[0]["up"])) < 122_000
    assert FaultKind.COMMS_LOST not in bench.faults()


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler (Debian: apt install g++)")
def test_the_example_sketch_compiles(tmp_path: Path) -> None:
    """Against the few names of the Arduino core that it uses; a board's own compiler was not at hand."""
    (tmp_path / "Arduino.h").write_text(ARDUINO)
    sketch = FIRMWARE / "examples" / "io8" / "io8.ino"
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++", "-include"]
    subprocess.run([*command, tmp_path / "Arduino.h", f"-I{FIRMWARE / 'src'}", sketch], check=True)


ARDUINO = """\
#include <cstddef>
#include <cstdint>
#include <cstring>
enum { LOW, HIGH, OUTPUT, INPUT_PULLUP };
struct Port { void begin(long); size_t write(const uint8_t *, size_t); int available(); int read(); };
extern Port Serial;
unsigned long millis();
unsigned long micros();
long random(long);
int digitalRead(uint8_t);
void digitalWrite(uint8_t, uint8_t);
void pinMode(uint8_t, uint8_t);
"""
