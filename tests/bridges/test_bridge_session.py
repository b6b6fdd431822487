"""The node's side of the bridge link, rule by rule, led by hand on a clock of the test's own."""

import json

import pytest

from bridges.bench import BOOT, Node, kept
from keng_bridges.bridge_link import (
    CommandResult,
    Described,
    Fault,
    FaultKind,
    Identified,
    Memory,
    Output,
    PointEvent,
    Send,
    Settings,
    Snapshot,
    State,
    Telemetry,
    decode,
)
from keng_bridges.errors import Refused
from keng_bridges.values import Condition, Mark

HELLO: dict[str, object] = {
    "t": "hello",
    "pv": 1,
    "hw": "a4cf12f0e9b1",
    "md": "keng-io8",
    "fw": "1.4.0+9f3c2d1",
    "np": 2,
    "rst": "power",
}
NONE: list[str] = []
ALARM: dict[str, object] = {"t": "ev", "s": 412, "up": 123456, "p": "smoke1", "st": "alarm", "fl": NONE, "v": 812}
TWO_NORMAL = (("smoke1", "normal"), ("btn1", "normal"))


def known(**first: object) -> Node:
    """A node that has greeted its board and has a full snapshot of two points."""
    node = Node()
    node.open()
    node.hear(**{**HELLO, "s": 1, "up": 812, **first})
    node.hear(t="pt", s=2, up=813, i=1, n=2, p="smoke1", ty="smoke")
    node.hear(t="pt", s=3, up=814, i=2, n=2, p="btn1", ty="button")
    node.snapshot(*TWO_NORMAL, number=3)
    node.hear(t="res", s=6, id=2, ok=True)
    return node


def sent(outputs: list[Output]) -> list[dict[str, object]]:
    return [decode(send.data) for send in kept(outputs, Send)]


def asked(outputs: list[Output]) -> list[object]:
    return [frame.get("what", frame["t"]) for frame in sent(outputs)]


# -- events, acknowledgement and repeats


def test_an_alarm_is_handed_out_once_and_acknowledged_only_after_the_commit() -> None:
    node = known()
    (event,) = kept(node.hear(**ALARM), PointEvent)
    assert (event.state.point, event.state.state, event.state.value, event.number) == ("smoke1", State.ALARM, 812, 412)
    assert event.state.report().condition is Condition.ALARM
    assert sent(node.hear(**ALARM)) == [], "a repeat before the commit must wait for it"
    assert sent(node.session.acknowledge(BOOT, 412)) == [{"t": "ack", "b": BOOT, "s": 412}]


def test_a_repeat_after_the_commit_is_acknowledged_again_and_not_handed_out() -> None:
    node = known()
    node.hear(**ALARM)
    node.session.acknowledge(BOOT, 412)
    outputs = node.hear(**ALARM)
    assert kept(outputs, PointEvent) == []
    assert sent(outputs) == [{"t": "ack", "b": BOOT, "s": 412}]
    assert node.session.counters.repeats == 1


def test_an_event_that_could_not_be_committed_is_handed_out_at_its_next_repeat() -> None:
    node = known()
    node.hear(**ALARM)
    node.session.release(BOOT, 412)
    assert len(kept(node.hear(**ALARM), PointEvent)) == 1


def test_the_acknowledgement_of_an_old_boot_is_not_sent() -> None:
    node = known()
    node.hear(**ALARM)
    node.hear(t="hb", b="00000001", s=1, up=5, q=0, ov=0, ce=0, sc="0000")
    assert node.session.acknowledge(BOOT, 412) == []


def test_the_key_of_an_event_names_board_boot_and_number() -> None:
    node = known()
    assert kept(node.hear(**ALARM), PointEvent)[0].key == "a4cf12f0e9b1/7f3a91c2/412"


def test_a_late_repeat_of_what_has_changed_again_is_an_event_but_not_the_current_state() -> None:
    node = known()
    node.hear(t="ev", s=8, up=9000, p="smoke1", st="normal", fl=NONE)
    (late,) = kept(node.hear(t="ev", s=7, up=8000, p="smoke1", st="alarm", fl=NONE), PointEvent)
    assert late.state.state is State.ALARM
    assert not late.current
    assert node.session.memory().states[0].state is State.NORMAL


def test_after_a_restart_of_the_node_a_repeat_is_still_a_repeat() -> None:
    node = known()
    node.hear(**ALARM)
    node.session.acknowledge(BOOT, 412)
    saved = Memory.model_validate_json(node.session.memory().model_dump_json())
    after = Node(saved)
    after.open()
    outputs = after.hear(**ALARM)
    assert kept(outputs, PointEvent) == []
    assert sent(outputs) == [{"t": "ack", "b": BOOT, "s": 412}]


def test_two_thousand_unacknowledged_events_are_remembered_in_bounded_memory() -> None:
    node = known()
    for number in range(413, 2413):
        node.hear(**{**ALARM, "s": number, "up": number * 10})
        node.session.acknowledge(BOOT, number)
    assert len(node.session.memory().done) <= 1000
    assert kept(node.hear(**{**ALARM, "s": 2400}), PointEvent) == []


# -- boots, gaps and snapshots


def test_a_new_boot_asks_for_the_state_and_every_difference_becomes_an_event() -> None:
    node = known()
    assert asked(node.hear(t="tm", b="00000001", s=1, up=500, p="smoke1", v=1)) == ["state"]
    outputs = node.snapshot(("smoke1", "alarm"), ("btn1", "normal"), number=1, boot="00000001")
    (event,) = kept(outputs, PointEvent)
    assert (event.state.point, event.state.state, event.number) == ("smoke1", State.ALARM, None)
    assert len(kept(outputs, Snapshot)) == 1


def test_a_restart_forgets_the_old_numbers() -> None:
    node = known()
    node.hear(**ALARM)
    node.session.acknowledge(BOOT, 412)
    assert len(kept(node.hear(**{**ALARM, "b": "00000001"}), PointEvent)) == 1


def test_the_first_boot_ever_heard_is_not_a_restart() -> None:
    node = Node()
    node.open()
    for _ in range(5):
        node.hear(t="tm", s=1, up=1, p="smoke1", v=1)
    assert FaultKind.RESTARTING not in node.faults()


def test_the_fourth_restart_within_ten_minutes_is_a_fault_that_ends_by_itself() -> None:
    node = known()
    for restart in range(4):
        assert FaultKind.RESTARTING not in node.faults()
        node.hear(t="tm", b=f"0000000{restart}", s=1, up=1, p="smoke1", v=1)
        node.wait(60)
    assert FaultKind.RESTARTING in node.faults()
    node.wait(600)
    assert FaultKind.RESTARTING not in node.faults()


def test_a_jump_of_the_number_asks_for_the_state() -> None:
    node = known()
    assert asked(node.hear(t="tm", s=7, up=900, p="smoke1", v=1)) == []
    assert asked(node.hear(t="tm", s=9, up=901, p="smoke1", v=1)) == ["state"]
    assert node.session.counters.gaps == 1


def test_differences_are_told_before_the_snapshot_is_complete() -> None:
    node = known()
    state: dict[str, object] = {
        "t": "state",
        "s": 7,
        "up": 900,
        "i": 1,
        "n": 2,
        "p": "smoke1",
        "st": "alarm",
        "fl": NONE,
    }
    outputs = node.hear(**state)
    assert len(kept(outputs, PointEvent)) == 1
    assert kept(outputs, Snapshot) == []


def test_a_snapshot_with_a_hole_is_not_complete() -> None:
    node = known()
    node.hear(t="state", s=7, up=1, i=1, n=3, p="smoke1", st="normal", fl=NONE)
    assert kept(node.hear(t="state", s=9, up=1, i=3, n=3, p="btn1", st="normal", fl=NONE), Snapshot) == []


def test_a_snapshot_without_its_beginning_is_not_complete() -> None:
    node = known()
    assert kept(node.hear(t="state", s=7, up=1, i=2, n=1, p="smoke1", st="normal", fl=NONE), Snapshot) == []


def test_a_snapshot_that_counts_from_zero_is_complete_too() -> None:
    node = known()
    node.hear(t="state", s=7, up=1, i=0, n=2, p="smoke1", st="normal", fl=NONE)
    assert len(kept(node.hear(t="state", s=8, up=1, i=1, n=2, p="btn1", st="normal", fl=NONE), Snapshot)) == 1


def test_a_point_that_the_board_no_longer_names_is_lost_and_not_normal() -> None:
    node = known()
    (fault,) = kept(node.snapshot(("smoke1", "normal")), Fault)
    assert (fault.kind, fault.points) == (FaultKind.COMMS_LOST, ("btn1",))


def test_an_unanswered_question_for_the_state_is_asked_again_and_becomes_a_fault() -> None:
    node = known()
    node.hear(t="tm", s=70, up=900, p="smoke1", v=1)
    assert asked(node.wait(5)) == ["state"]
    assert asked(node.wait(5)) == ["state"]
    node.wait(5)
    assert FaultKind.NO_SNAPSHOT in node.faults()
    node.snapshot(*TWO_NORMAL)
    assert FaultKind.NO_SNAPSHOT not in node.faults()


# -- time


def test_an_event_happened_at_the_smallest_offset_plus_its_up() -> None:
    node = known()
    node.seconds += 10
    node.hear(t="tm", s=7, up=20_000, p="smoke1", v=1)  # came without delay: up 20.000 is now
    least = node.now()
    node.seconds += 5
    (event,) = kept(node.hear(t="ev", s=8, up=21_000, p="smoke1", st="alarm", fl=NONE), PointEvent)
    assert event.happened.utc_ms == least.utc_ms + 1000
    assert event.happened.monotonic == pytest.approx(least.monotonic + 1)
    assert event.received == node.now()


def test_a_jump_of_the_clock_does_not_move_an_event() -> None:
    node = known()
    node.seconds += 10
    node.hear(t="tm", s=7, up=20_000, p="smoke1", v=1)
    node.utc_jump = 86_400_000
    node.seconds += 5
    (event,) = kept(node.hear(t="ev", s=8, up=24_000, p="smoke1", st="alarm", fl=NONE), PointEvent)
    assert event.happened.utc_ms == node.now().utc_ms - 1000


def test_an_offset_older_than_ten_minutes_no_longer_counts() -> None:
    node = known()
    node.hear(t="tm", s=7, up=50_000, p="smoke1", v=1)
    node.seconds += 601
    node.hear(t="tm", s=8, up=600_000, p="smoke1", v=1)  # the board's crystal is slow: 51 s behind by now
    (event,) = kept(node.hear(t="ev", s=9, up=600_000, p="smoke1", st="alarm", fl=NONE), PointEvent)
    assert event.happened == node.now()


def test_an_event_never_lies_in_the_future() -> None:
    node = known()
    (event,) = kept(node.hear(t="ev", s=7, up=2**62, p="smoke1", st="alarm", fl=NONE), PointEvent)
    assert event.happened == node.now()


def test_the_time_is_sent_after_the_hello_and_every_ten_minutes() -> None:
    node = Node()
    node.open()
    (first,) = sent(node.hear(**HELLO, s=1, up=1))
    assert (first["t"], first["utc"]) == ("time", node.now().utc_ms)
    node.hear(t="res", s=2, id=first["id"], ok=True)
    for beat in range(29):
        assert "time" not in asked(node.wait(20))
        node.hear(t="tm", s=3 + beat, up=beat, p="smoke1", v=1)
    assert asked(node.wait(21))[0] == "time"


def test_a_board_that_never_answers_the_time_is_heard_but_does_not_hear() -> None:
    node = known()
    node.outputs.clear()
    node.wait(590)
    node.hear(t="tm", s=7, up=1, p="smoke1", v=1)
    node.wait(30)
    assert FaultKind.ONE_WAY in node.faults()
    node.hear(t="res", s=8, id=9, ok=True)
    assert FaultKind.ONE_WAY not in node.faults()


# -- heartbeat and silence


def test_ninety_seconds_of_silence_lose_every_point_and_only_a_full_snapshot_finds_them() -> None:
    node = known()
    assert kept(node.wait(89.9), Fault) == []
    (fault,) = [fault for fault in kept(node.wait(0.2), Fault) if fault.kind is FaultKind.COMMS_LOST]
    assert (fault.active, fault.points) == (True, ("smoke1", "btn1"))
    outputs = node.hear(t="hb", s=7, up=1, q=0, ov=0, ce=0, sc="0000")
    assert "state" in asked(outputs)
    assert FaultKind.COMMS_LOST in node.faults(), "a heartbeat alone does not make a point normal"
    node.hear(t="state", s=8, up=1, i=1, n=2, p="smoke1", st="normal", fl=NONE)
    assert FaultKind.COMMS_LOST in node.faults()
    (found,) = kept(node.hear(t="state", s=9, up=1, i=2, n=2, p="btn1", st="normal", fl=NONE), Fault)
    assert (found.active, found.points) == (False, ("smoke1", "btn1"))


def test_damaged_frames_do_not_count_as_life() -> None:
    node = known()
    for _ in range(9):
        node.wait(10.1)
        node.feed(b'{"t":"hb"}*0000\n')
    assert FaultKind.COMMS_LOST in node.faults()


def test_an_alarm_while_points_are_lost_is_still_an_alarm() -> None:
    node = known()
    node.wait(91)
    assert len(kept(node.hear(**ALARM), PointEvent)) == 1


def test_a_board_that_never_spoke_is_lost_as_a_board() -> None:
    node = Node()
    node.open()
    faults = kept(node.wait(91), Fault)
    assert [fault.kind for fault in faults] == [FaultKind.NO_HELLO, FaultKind.COMMS_LOST]
    assert faults[1].points == ()


def test_silence_counts_on_while_the_port_is_gone() -> None:
    node = known()
    node.session.closed()
    assert [fault.kind for fault in kept(node.wait(91), Fault)] == [FaultKind.COMMS_LOST]


def test_the_worked_state_check_agrees_and_another_one_asks_for_the_state() -> None:
    node = known()
    node.hear(t="ev", s=7, up=900, p="smoke1", st="alarm", fl=NONE)
    beat: dict[str, object] = {"t": "hb", "up": 1000, "q": 0, "ov": 0, "ce": 0}
    assert asked(node.hear(**beat, s=8, sc="8F9C")) == []  # smoke1=alarm;btn1=normal;
    assert asked(node.hear(**beat, s=9, sc="8F9D")) == ["state"]


def test_a_heartbeat_before_the_points_are_known_asks_who_is_there() -> None:
    node = known()
    fresh = Node(node.session.memory())
    fresh.open()
    fresh.hear(**{**HELLO, "s": 1, "up": 1})
    assert "hello" in asked(fresh.hear(t="hb", s=2, up=2, q=0, ov=0, ce=0, sc="8F9C"))


def test_events_that_the_board_had_to_drop_are_a_fault_until_a_full_snapshot() -> None:
    node = known()
    outputs = node.hear(t="hb", s=7, up=1, q=32, ov=3, ce=0, sc="8F9C")
    assert FaultKind.EVENTS_LOST in node.faults()
    assert asked(outputs) == ["state"]
    node.snapshot(*TWO_NORMAL)
    assert FaultKind.EVENTS_LOST not in node.faults()


def test_supply_voltage_of_the_heartbeat_is_a_measurement_of_the_board() -> None:
    node = known()
    (supply,) = kept(node.hear(t="hb", s=7, up=1, q=0, ov=0, ce=0, sc="0000", mv=4980), Telemetry)
    assert (supply.point, supply.value) == ("", 4980)


# -- damage


def test_more_than_one_percent_of_damaged_frames_is_a_fault_and_ends_with_the_noise() -> None:
    node = known()
    for number in range(200):
        node.hear(t="tm", s=7 + number, up=number, p="smoke1", v=1)
    for _ in range(2):
        node.feed(b'{"t":"ev"}*0000\n')
    assert FaultKind.NOISY not in node.faults()
    node.feed(b'{"t":"ev"}*0000\n')
    assert FaultKind.NOISY in node.faults()
    node.wait(620)
    assert FaultKind.NOISY not in node.faults()


def test_errors_that_the_board_counted_are_part_of_the_rate() -> None:
    node = known()
    node.hear(t="hb", s=7, up=1, q=0, ov=0, ce=5, sc="0000")
    assert FaultKind.NOISY in node.faults()


def test_the_start_up_text_of_a_chip_is_not_a_damaged_link() -> None:
    node = known()
    node.feed(b"rst:0x1 (POWERON_RESET),boot:0x13\r\n" * 50)
    assert FaultKind.NOISY not in node.faults()
    assert node.session.counters.damaged == {"noise": 50}


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
