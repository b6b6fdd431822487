"""The session and the simulated firmware over a wire that loses, damages and repeats: every event once, none lost."""

import random

import pytest

from bridges.bench import Bench, Wire, kept, silent, unharmed
from keng_bridges.bridge_link import Fault, FaultKind, Snapshot, State


def bad_wire(dice: random.Random, *, lost: float, damaged: float) -> Wire:
    def carry(data: bytes) -> bytes:
        if dice.random() < lost:
            return b""
        if dice.random() < damaged:
            spoilt = bytearray(data)
            spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
            return bytes(spoilt)
        return data

    return carry


def test_a_clean_start_identifies_the_board_and_takes_a_full_snapshot() -> None:
    bench = Bench()
    bench.start()
    assert bench.session.board is not None
    assert bench.session.board.hardware == "02mo000phong"
    assert [len(shot.states) for shot in kept(bench.outputs, Snapshot)] == [3]
    assert bench.faults() == set()


def test_an_hour_of_quiet_has_no_fault_and_no_question() -> None:
    bench = Bench()
    bench.start()
    bench.run(3600, step=1.0)
    assert bench.faults() == set()
    assert bench.session.counters.gaps == 0
    assert bench.committed == []


@pytest.mark.parametrize("seed", range(8))
def test_every_change_arrives_exactly_once_over_a_bad_wire(seed: int) -> None:
    dice, bench = random.Random(seed), Bench(seed=seed)
    bench.start()
    bench.to_node = bad_wire(dice, lost=0.2, damaged=0.1)
    bench.to_board = bad_wire(dice, lost=0.2, damaged=0.1)
    for number in range(20):
        bench.firmware.change("smoke1", ("alarm", "normal")[number % 2], v=number)
        bench.run(dice.random() * 2)
    bench.run(60)
    told = [event.state.value for event in bench.committed if event.number is not None]
    assert sorted(told, key=str) == sorted(range(20), key=str)
    assert len({event.key for event in bench.committed}) == len(bench.committed)


def test_a_burst_of_more_than_the_queue_sends_alarms_first_and_tells_what_was_dropped() -> None:
    bench = Bench()
    bench.start()
    bench.to_node = silent
    for number in range(40):
        bench.firmware.change("btn1", ("pre", "normal")[number % 2], v=number)
    bench.firmware.change("smoke1", "alarm", v=99)
    bench.to_node = unharmed
    bench.run(25)
    numbered = [event for event in bench.committed if event.number is not None]
    assert 99 in [event.state.value for event in numbered[:5]], "the alarm goes right after the four outstanding"
    assert len(numbered) == 32
    lost = [fault for fault in kept(bench.outputs, Fault) if fault.kind is FaultKind.EVENTS_LOST]
    assert [fault.active for fault in lost] == [True, False]
    assert "9 events" in lost[0].detail


def test_a_board_that_restarts_during_an_alarm_does_not_lose_it() -> None:
    bench = Bench()
    bench.start()
    bench.to_node = silent
    bench.firmware.change("smoke1", "alarm")
    bench.run(1)
    bench.firmware.reboot()
    bench.to_node = unharmed
    bench.run(6)
    assert [(event.state.point, event.state.state) for event in bench.committed] == [("smoke1", State.ALARM)]
    assert bench.faults() == set()


def test_a_muted_board_is_lost_and_found_again_by_its_snapshot() -> None:
    bench = Bench()
    bench.start()
    bench.to_node = silent
    bench.run(100, step=1.0)
    assert FaultKind.COMMS_LOST in bench.faults()
    bench.firmware.change("smoke1", "alarm")
    bench.to_node = unharmed
    bench.run(25)
    assert bench.faults() == set()
    assert {event.state.point for event in bench.committed} == {"smoke1"}


def test_the_boards_own_sounder_needs_no_node_and_a_silence_ends_by_itself() -> None:
    bench = Bench()
    bench.start()
    bench.to_node = bench.to_board = silent
    bench.firmware.change("smoke1", "alarm")
    assert [(change.on, change.by) for change in bench.switched] == [(True, "board")]
    bench.to_node = bench.to_board = unharmed
    bench.run(5)
    assert bench.command(bench.session.silence("siren1", 2_000, bench.now())).ok
    bench.run(1.9)
    assert bench.switched[-1].on is False
    bench.run(0.3)
    assert bench.switched[-1].on is True


def test_a_command_to_an_input_is_refused_by_the_board() -> None:
    bench = Bench()
    bench.start()
    result = bench.command(bench.session.set("smoke1", 1, bench.now()))
    assert (result.ok, result.error) == (False, "no such output")
