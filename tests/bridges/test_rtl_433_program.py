"""The real rtl_433 decodes radio signals that are made here sample by sample, and Kẻng understands what it tells."""

from pathlib import Path

import pytest

from bridges.damage import items
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.rtl_433 import Heard, decode, recording
from keng_bridges.values import Condition, Mark
from support import radio_433


@pytest.fixture(scope="module")
def program() -> str:
    return radio_433.rtl_433()


def heard(program: str, signal: bytes, folder: Path, frequency: str = "433.92M") -> list[Heard]:
    """What the program tells of a signal, as a node takes it; a recording of the same lines has no damage."""
    told = radio_433.told(program, signal, folder, frequency)
    found, damaged = items(recording, told)
    assert damaged == []
    taken = [decode("rtl_433/nha/events", line) for line in told.splitlines()]
    assert [item.device for item in found] == [message and message.name for message in taken]
    return [message for message in taken if message is not None]


def test_a_bare_smoke_alarm(program: str, tmp_path: Path) -> None:
    (found,) = heard(program, radio_433.gs558(1234, 3), tmp_path)
    assert (found.name, found.condition, found.bare) == ("Smoke-GS558/1234", Condition.ALARM, True)
    assert (found.facts["unit"], found.marks) == (3, frozenset())


@pytest.mark.parametrize(
    ("event", "condition", "marks"),
    [
        (0x80, Condition.ALARM, set[Mark]()),
        (0x00, Condition.NORMAL, set[Mark]()),
        (0x04, Condition.NORMAL, set[Mark]()),
        (0x10, Condition.ALARM, set[Mark]()),
        (0x48, Condition.NORMAL, {Mark.TAMPER, Mark.LOW_BATTERY}),
    ],
)
def test_a_contact_with_a_state(
    program: str, tmp_path: Path, event: int, condition: Condition, marks: set[Mark]
) -> None:
    (found,) = heard(program, radio_433.honeywell(0xABCDE, event), tmp_path, "344.975M")
    assert (found.name, found.condition, set(found.marks)) == (f"Honeywell-Security/{0xABCDE}", condition, marks)


@pytest.mark.parametrize(
    ("status", "condition", "marks"),
    [
        (0x03, Condition.NORMAL, set[Mark]()),
        (0x01, Condition.ALARM, set[Mark]()),
        (0x02, Condition.NORMAL, {Mark.TAMPER}),
        (0x0B, Condition.NORMAL, {Mark.LOW_BATTERY}),
    ],
)
def test_a_contact_that_says_whether_it_is_closed(
    program: str, tmp_path: Path, status: int, condition: Condition, marks: set[Mark]
) -> None:
    (found,) = heard(program, radio_433.dsc(0x123456, status), tmp_path)
    assert (found.name, found.condition, set(found.marks)) == (f"DSC-Security/{0x123456}", condition, marks)


@pytest.mark.parametrize(
    ("message", "condition", "marks"),
    [
        (0x20, Condition.ALARM, set[Mark]()),
        (0x28, Condition.ALARM, {Mark.LOW_BATTERY}),
        (0x40, None, {Mark.TEST}),
        (0x08, None, {Mark.LOW_BATTERY}),
        (0x04, None, set[Mark]()),
    ],
)
def test_a_smoke_alarm_that_speaks_in_words(
    program: str, tmp_path: Path, message: int, condition: Condition | None, marks: set[Mark]
) -> None:
    (found,) = heard(program, radio_433.cavius(0xABCDEF, message), tmp_path, "869.67M")
    assert (found.name, found.condition, set(found.marks)) == (f"Cavius-Security/{0xABCDEF}", condition, marks)


@pytest.mark.parametrize("damage", [0x01, 0x80, 0xFF])
def test_a_frame_whose_check_is_wrong_says_nothing(program: str, tmp_path: Path, damage: int) -> None:
    assert heard(program, radio_433.honeywell(0xABCDE, 0x80, damage=damage), tmp_path, "344.975M") == []
    assert heard(program, radio_433.cavius(0xABCDEF, 0x20, damage=damage), tmp_path, "869.67M") == []
    assert heard(program, radio_433.dsc(0x123456, 0x01, damage=damage), tmp_path) == []


def test_a_code_without_a_check_needs_its_repeats(program: str, tmp_path: Path) -> None:
    assert heard(program, radio_433.gs558(1234, 3, times=2), tmp_path) == []


def test_a_strangers_remote_control_is_taken_for_a_smoke_alarm_which_is_why_only_the_list_counts(
    program: str, tmp_path: Path
) -> None:
    found = heard(program, radio_433.remote(0x1234, 0x5E), tmp_path)
    assert {message.name for message in found} == {"Generic-Remote/4660", "Smoke-GS558/20834"}
    assert {(message.condition, message.bare) for message in found} == {(Condition.ALARM, True)}


def test_its_lines_cut_short_are_damage(program: str, tmp_path: Path) -> None:
    told = radio_433.told(program, radio_433.gs558(1234, 3), tmp_path).strip()
    assert isinstance(next(iter(recording(told))), Decoded)
    for end in range(1, len(told)):
        assert [type(item) for item in recording(told[:end])] == [Damaged]
