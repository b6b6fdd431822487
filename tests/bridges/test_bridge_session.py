"""Greeting, versions, what is not understood, and commands of the bridge link."""

import json

import pytest

from bridges.bench import ALARM, BOOT, HELLO, TWO_NORMAL, Node, asked, kept, known, sent
from keng_bridges.bridge_link import CommandResult, Described, FaultKind, Identified, PointEvent, Settings, State
from keng_bridges.errors import Refused
from keng_bridges.values import Condition, Mark

# -- hello, versions, unknown things


def test_the_hello_is_asked_again_after_five_seconds_and_is_a_fault_after_three() -> None:
    node = Node()
    assert asked(node.open()) == ["hello"]
    assert asked(node.wait(5)) == ["hello"]
    assert asked(node.wait(5)) == ["hello"]
    assert node.faults() == set()
    node.wait(5)
    assert node.faults() == {FaultKind.NO_HELLO}
    node.hear(**HELLO, s=1, up=1)
    assert node.faults() == set()


def test_the_hello_names_the_board_and_the_points_follow() -> None:
    node = Node()
    node.open()
    (identified,) = kept(node.hear(**HELLO, s=1, up=1, cap=["set"]), Identified)
    board = identified.board
    assert (board.hardware, board.model, board.firmware, board.points, board.reset, board.capabilities) == (
        "a4cf12f0e9b1",
        "keng-io8",
        "1.4.0+9f3c2d1",
        2,
        "power",
        ("set",),
    )
    node.hear(t="pt", s=2, up=1, i=1, n=2, p="smoke1", ty="smoke", un="1", pol="no", eol=4700)
    (described,) = kept(node.hear(t="pt", s=3, up=1, i=2, n=2, p="btn1"), Described)
    assert [(point.name, point.end_of_line_ohm) for point in described.points] == [("smoke1", 4700), ("btn1", None)]


def test_another_board_at_the_same_port_is_noticed() -> None:
    node = known()
    (identified,) = kept(node.hear(**{**HELLO, "hw": "ffffffffffff", "b": "00000001", "s": 1, "up": 1}), Identified)
    assert identified.exchanged


def test_a_newer_board_is_a_fault_and_gets_no_command_but_its_alarm_is_an_alarm() -> None:
    node = known(pv=2)
    assert FaultKind.NEWER_BRIDGE in node.faults()
    with pytest.raises(Refused, match="newer bridge") as refused:
        node.session.set("siren1", 1, node.now())
    assert refused.value.permanent
    (event,) = kept(node.hear(**{**ALARM, "s": 7}, zone=9), PointEvent)
    assert event.state.state is State.ALARM
    assert event.doubt == "newer bridge version"


def test_firmware_below_the_sites_list_is_told_as_outdated() -> None:
    node = Node(settings=Settings(firmware={"keng-io8": "1.10.0"}))
    node.open()
    node.hear(**HELLO, s=1, up=1)
    assert FaultKind.OUTDATED in node.faults()
    node.hear(**{**HELLO, "fw": "1.10.0+abc", "s": 2, "up": 2})
    assert FaultKind.OUTDATED not in node.faults()


def test_unknown_types_and_keys_are_counted_and_passed_over() -> None:
    node = known()
    before = node.session.counters.unknown_keys
    assert node.hear(t="dance", s=7, up=1) == []
    assert len(kept(node.hear(**{**ALARM, "s": 8}, zone=4, floor=2), PointEvent)) == 1
    assert node.session.counters.unknown_types == 1
    assert node.session.counters.unknown_keys == before + 2


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"st": "hot"}, "unknown state 'hot'"),
        ({"st": 7}, "unknown state ''"),
        ({"p": "Khói 1"}, "no usable point name: 'Khói 1'"),
        ({"p": None}, "no usable point name: ''"),
    ],
)
def test_an_event_that_is_not_understood_is_handed_out_with_its_doubt(change: dict[str, object], doubt: str) -> None:
    node = known()
    (event,) = kept(node.hear(**{**ALARM, "s": 7, **change}), PointEvent)
    assert event.doubt == doubt
    assert event.state.report().condition in (Condition.ALARM, Condition.UNKNOWN)
    assert len(sent(node.session.acknowledge(BOOT, 7))) == 1


@pytest.mark.parametrize("change", [{"b": "xyz"}, {"s": "7"}, {"s": 0}, {"s": True}, {"b": None}])
def test_an_alarm_without_a_usable_number_is_told_once_and_not_at_every_repeat(change: dict[str, object]) -> None:
    node = known()
    alarm = {**ALARM, "s": 7, **change}
    assert len(kept(node.hear(**alarm), PointEvent)) == 1
    assert kept(node.hear(**alarm), PointEvent) == []


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "hello", "pv": 1, "np": 2},
        {"t": "hello", "pv": "1", "hw": "a", "np": 2},
        {"t": "pt", "i": 1, "n": 2, "p": "BAD"},
        {"t": "tm", "p": "smoke1", "v": "812"},
        {"t": "tm", "p": "smoke1", "v": 10**16},
        {"t": "hb", "sc": "8f9c"},
        {"t": "state", "p": "smoke1", "st": "normal"},
    ],
    ids=json.dumps,
)
def test_a_frame_with_senseless_fields_is_counted_and_breaks_nothing(frame: dict[str, object]) -> None:
    node = known()
    node.hear(**{**frame, "s": 7, "up": 1})
    assert node.session.counters.malformed == 1
    assert len(kept(node.hear(**{**ALARM, "s": 8}), PointEvent)) == 1


def test_flags_become_marks_and_a_broken_loop_is_unknown_and_not_normal() -> None:
    node = known()
    broken: dict[str, object] = {**ALARM, "s": 7, "st": "fault", "fl": ["open", "lowbat", "unheard"]}
    (event,) = kept(node.hear(**broken), PointEvent)
    report = event.state.report()
    assert report.condition is Condition.UNKNOWN
    assert report.marks == {Mark.FAULT, Mark.LOW_BATTERY}
    assert report.detail == "lowbat,open,unheard"


# -- commands


def test_a_command_is_sent_until_it_is_answered() -> None:
    node = known()
    number, outputs = node.session.set("siren1", 1, node.now(), auto_off_ms=60_000)
    assert sent(outputs) == [{"t": "set", "p": "siren1", "val": 1, "ms": 60_000, "id": number}]
    assert asked(node.wait(0.5)) == ["set"]
    assert kept(node.hear(t="res", s=7, id=number, ok=True), CommandResult) == [CommandResult(number, True)]
    assert asked(node.wait(3)) == []


def test_a_refused_command_and_one_without_an_answer_say_so() -> None:
    node = known()
    number, _ = node.session.set("lamp9", 1, node.now())
    (refused,) = kept(node.hear(t="res", s=7, id=number, ok=False, err="no such output"), CommandResult)
    assert (refused.ok, refused.error) == (False, "no such output")
    number, _ = node.session.set("siren1", 1, node.now())
    (silent,) = kept(node.wait(3), CommandResult)
    assert (silent.request, silent.ok) == (number, False)


@pytest.mark.parametrize("ms", [0, -1, 600_001])
def test_a_silence_without_an_end_or_over_ten_minutes_is_not_sent(ms: int) -> None:
    node = known()
    with pytest.raises(ValueError, match="600000"):
        node.session.silence("siren1", ms, node.now())


def test_a_reopened_port_asks_again_and_keeps_what_was_known() -> None:
    node = known()
    node.session.closed()
    assert asked(node.open()) == ["hello"]
    assert kept(node.snapshot(*TWO_NORMAL), PointEvent) == []
