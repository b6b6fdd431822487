"""Time, heartbeat, silence and noise of the bridge link, on a clock of the test's own."""

import pytest

from bridges.bench import ALARM, HELLO, NONE, TWO_NORMAL, Node, asked, kept, known, sent
from keng_bridges.bridge_link import Fault, FaultKind, PointEvent, Telemetry

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
