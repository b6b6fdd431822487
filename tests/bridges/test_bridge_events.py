"""Events of a board: handed out once, acknowledged after the commit, and every restart and gap noticed."""

from bridges.bench import ALARM, BOOT, NONE, TWO_NORMAL, Node, asked, kept, known, sent
from keng_bridges.bridge_link import Fault, FaultKind, Memory, PointEvent, Snapshot, State
from keng_bridges.values import Condition

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


def test_a_snapshot_with_a_nameless_point_is_not_full_and_its_alarm_is_an_alarm() -> None:
    node = known()
    node.hear(t="state", s=7, up=1, i=1, n=2, p="smoke1", st="normal", fl=NONE)
    outputs = node.hear(t="state", s=8, up=1, i=2, n=2, p="Khói", st="alarm", fl=NONE)
    assert kept(outputs, Snapshot) == []
    assert [event.state.state for event in kept(outputs, PointEvent)] == [State.ALARM]
    for number in (9, 10):  # no place at all, twice in a row
        assert kept(node.hear(t="state", s=number, up=1, p="smoke1", st="normal"), Snapshot) == []
    assert len(kept(node.snapshot(*TWO_NORMAL, number=10), Snapshot)) == 1


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
