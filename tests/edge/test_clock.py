"""What time it is, how far that can be trusted, and how a jump is noticed."""

import json
from pathlib import Path

import pytest

from keng_edge import clock as clocks
from keng_edge.clock import EARLIEST_MS, LATEST_MS, JumpWatch, SystemClock
from keng_wire.conditions import ClockQuality
from support.fake_clock import FakeClock

SYNCED, HOLDOVER, UNKNOWN = ClockQuality.SYNCED, ClockQuality.HOLDOVER, ClockQuality.UNKNOWN


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the kernel says that it is synchronised: the last entry."""
    said = [False]
    monkeypatch.setattr(clocks, "kernel_synced", lambda: said[-1])
    return said


def test_the_clock_is_unknown_until_it_was_set_and_then_held_over(kernel: list[bool], tmp_path: Path) -> None:
    clock = SystemClock(tmp_path / "clock.json")
    assert clock.quality() is UNKNOWN
    kernel.append(True)
    assert clock.quality() is SYNCED
    kernel.append(False)
    assert clock.quality() is HOLDOVER
    assert SystemClock(tmp_path / "clock.json").quality() is HOLDOVER, "a restart of the agent is no new boot"


def test_another_boot_knows_nothing_of_the_time(kernel: list[bool], tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text(json.dumps({"synced_in": "00000000"}))
    assert SystemClock(tmp_path / "clock.json").quality() is UNKNOWN
    (tmp_path / "clock.json").write_text("{")
    assert SystemClock(tmp_path / "clock.json").quality() is UNKNOWN


@pytest.mark.parametrize("utc", [0, EARLIEST_MS - 1, LATEST_MS, 4_733_510_400_000])
def test_an_absurd_year_is_unknown_whatever_the_kernel_says(
    kernel: list[bool], monkeypatch: pytest.MonkeyPatch, utc: int
) -> None:
    kernel.append(True)
    clock = SystemClock()
    monkeypatch.setattr(clock, "utc_ms", lambda: utc)
    assert clock.quality() is UNKNOWN


def test_the_real_clocks_can_be_read() -> None:
    clock = SystemClock()
    assert len(clock.boot) == 8
    assert int(clock.boot, 16) >= 0
    assert clock.up_ms() <= clock.up_ms()
    assert isinstance(clocks.kernel_synced(), bool)


@pytest.mark.parametrize("jump", [-1_700_000_000_000, -5_000, 1_000, 3_000_000_000_000])
def test_a_jump_of_the_time_of_day_is_noticed_once(jump: int) -> None:
    clock = FakeClock()
    watch = JumpWatch(clock)
    clock.pass_ms(5_000)
    assert watch.look() is None
    clock.utc += jump
    clock.pass_ms(5_000)
    assert watch.look() == (SYNCED, jump)
    clock.pass_ms(5_000)
    assert watch.look() is None


def test_slewing_is_no_jump_and_a_change_of_quality_is_told() -> None:
    clock = FakeClock(quality=UNKNOWN)
    watch = JumpWatch(clock)
    clock.utc += 3
    assert watch.look() is None
    clock.trust = SYNCED
    assert watch.look() == (SYNCED, 0)
