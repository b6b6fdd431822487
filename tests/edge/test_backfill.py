"""After an outage the meter's own memory fills the gap: in slices, in time for the next reading, and only once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from keng_bridges.errors import NoAnswer, Refused
from keng_bridges.values import Measurement, Quality
from keng_demo.iec_meter import IecMeter
from keng_edge.clock import SystemClock
from keng_edge.meters.backfill import Backfill
from keng_edge.meters.config import Iec62056Section
from keng_edge.meters.iec62056_21 import Iec62056
from keng_edge.meters.poll import VIETNAM
from keng_wire.conditions import ClockQuality, Condition, Mark
from support.fake_clock import FakeClock
from support.fake_node import FakeNode

HALF_HOUR = 1_800_000
START = 1_795_000_000_000 - 1_795_000_000_000 % HALF_HOUR


class MeterMemory:
    """A load profile of half hours whose value is the number of the half hour; `moan` is raised instead."""

    def __init__(self, clock: FakeClock) -> None:
        self.asked: list[tuple[datetime, datetime]] = []
        self.moan: Exception | None = None
        self.placed = True
        self._clock = clock

    async def read_profile(self, since: datetime, until: datetime) -> Sequence[Measurement]:
        """All half hours of the slice, and one on each side that nobody asked for."""
        self.asked.append((since, until))
        self._clock.pass_ms(1500)
        if self.moan is not None:
            raise self.moan
        first, last = (round(moment.timestamp() * 1000) // HALF_HOUR for moment in (since, until))
        return [self.row(number) for number in range(first - 1, last + 2)]

    def row(self, number: int) -> Measurement:
        at = datetime.fromtimestamp(number * HALF_HOUR / 1000, UTC).astimezone(VIETNAM).replace(tzinfo=None)
        value = Decimal(number)
        return Measurement(
            "energy_import",
            value,
            "Wh",
            Quality.SUSPECT if number % 2 else Quality.MEASURED,
            at=at if self.placed else None,
        )


class Bench:
    """A meter that is read each half hour, on a clock that stands still in between."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.clock = FakeClock(utc_ms=START)
        self.node = FakeNode(self.clock, folder)
        self.memory = MeterMemory(self.clock)
        fields = {"type": "iec62056_21", "id": "ct-1", "name": "Công tơ", "port": "/dev/null", **settings}
        self.section = Iec62056Section.model_validate(fields)
        self.restart()

    def restart(self) -> None:
        self.backfill = Backfill(self.section, self.node, self.memory)

    async def turn(self, turns: int = 1) -> None:
        """So many turns later the meter is read."""
        self.clock.pass_ms(turns * HALF_HOUR - self.clock.utc % HALF_HOUR)
        await self.backfill.fill(self.clock.utc)

    def filled(self) -> list[int]:
        return [round(row.value) - START // HALF_HOUR for row in self.node.rows]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_without_an_outage_the_memory_is_left_alone(bench: Bench) -> None:
    for _ in range(5):
        await bench.turn()
    assert bench.memory.asked == []


async def test_the_half_hours_of_an_outage_are_handed_over_with_their_own_time_and_quality(bench: Bench) -> None:
    await bench.turn()
    await bench.turn(5)
    assert bench.filled() == [2, 3, 4, 5, 6]
    for row in bench.node.rows:
        assert row.at == round(row.value) * HALF_HOUR
        assert row.quality is (Quality.SUSPECT if round(row.value) % 2 else Quality.MEASURED)
    await bench.turn()
    assert len(bench.memory.asked) == 1


async def test_what_another_meter_remembers_fills_no_gap(bench: Bench) -> None:
    async def read(serial: str | None, turns: int) -> None:
        bench.clock.pass_ms(turns * HALF_HOUR)
        await bench.backfill.fill(bench.clock.utc, serial=serial)

    await read("A", 1)
    await read("A", 5)
    assert len(bench.memory.asked) == 1
    bench.restart()
    await read("B", 5)
    assert len(bench.memory.asked) == 1, "its rows are of another place"
    bench.restart()
    await read("B", 5)
    assert len(bench.memory.asked) == 2
    await read(None, 5)
    assert len(bench.memory.asked) == 3, "a meter that tells no number is taken for the one it was"


async def test_one_missed_reading_is_an_outage(bench: Bench) -> None:
    await bench.turn()
    await bench.turn(2)
    assert bench.filled() == [2, 3]


async def test_a_long_outage_is_read_in_slices_of_six_hours(bench: Bench) -> None:
    await bench.turn()
    await bench.turn(48)
    assert bench.filled() == list(range(2, 50))
    assert {until - since for since, until in bench.memory.asked} == {timedelta(hours=6)}


async def test_slices_stop_in_time_for_the_next_reading_and_go_on_after_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, every_s=60)
    await bench.backfill.fill(bench.clock.utc)
    bench.clock.pass_ms(6 * 24 * 3_600_000)
    slices: list[int] = []
    while bench.filled()[-1:] != [6 * 48]:
        await bench.backfill.fill(bench.clock.utc)
        assert bench.clock.utc % 60_000 < 31_500
        slices.append(len(bench.memory.asked))
        bench.clock.pass_ms(60_000 - bench.clock.utc % 60_000)
    assert slices == [20, 25]
    assert bench.filled() == list(range(1, 6 * 48 + 1))


async def test_after_a_restart_it_goes_on_where_it_was(bench: Bench) -> None:
    await bench.turn()
    bench.memory.moan = NoAnswer("silent")
    await bench.turn(48)
    bench.memory.moan = None
    bench.restart()
    await bench.turn()
    assert bench.filled() == list(range(2, 51))


async def test_a_restart_of_the_node_is_an_outage_too(bench: Bench) -> None:
    await bench.turn()
    bench.restart()
    await bench.turn(4)
    assert bench.filled() == [2, 3, 4, 5]


async def test_no_more_than_the_recalled_days_are_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path, recall_days=1)
    await bench.turn()
    await bench.turn(480)
    assert bench.filled() == list(range(434, 482))


@pytest.mark.expects_log("stays a gap")
async def test_a_slice_that_never_comes_does_not_keep_the_later_ones_away(bench: Bench) -> None:
    await bench.turn()
    bench.memory.moan = NoAnswer("silent")
    await bench.turn(48)
    await bench.turn()
    await bench.turn()
    bench.memory.moan = None
    await bench.turn()
    spans = [until - since for since, until in bench.memory.asked]
    assert spans[:4] == [timedelta(hours=hours) for hours in (6, 3, 1.5, 1)]
    assert bench.filled()[-1] == 52
    assert len(bench.filled()) == 51 - 3


@pytest.mark.expects_log("stays a gap")
async def test_a_meter_without_a_memory_is_asked_once_an_outage(bench: Bench) -> None:
    await bench.turn()
    bench.memory.moan = Refused("no profile")
    await bench.turn(480)
    await bench.turn()
    assert len(bench.memory.asked) == 1


async def test_rows_of_a_clock_that_nobody_vouches_for_are_not_placed(bench: Bench) -> None:
    await bench.turn()
    bench.memory.placed = False
    await bench.turn(4)
    assert bench.node.rows == []
    assert bench.node.last("ct-1") == (Condition.NORMAL, frozenset({Mark.FAULT}))


@pytest.mark.parametrize(("ahead_s", "asked"), [(899.0, 1), (-899.0, 1), (901.0, 0), (-901.0, 0)])
async def test_a_meter_whose_clock_is_half_an_interval_off_is_not_asked(
    bench: Bench, ahead_s: float, asked: int
) -> None:
    await bench.turn()
    bench.clock.pass_ms(4 * HALF_HOUR)
    await bench.backfill.fill(bench.clock.utc, ahead_s)
    assert len(bench.memory.asked) == asked
    if not asked:
        assert bench.node.last("ct-1") == (Condition.NORMAL, frozenset({Mark.FAULT}))
        await bench.turn()
        assert bench.memory.asked == [], "the gap stays one"


async def test_rows_from_the_future_are_not_placed_and_the_meter_shows_a_fault(bench: Bench) -> None:
    await bench.turn()
    await bench.turn(2)  # this memory always gives one half hour too many, which has not ended yet
    assert bench.filled() == [2, 3]
    assert bench.node.last("ct-1") == (Condition.NORMAL, frozenset({Mark.FAULT}))


async def test_a_node_without_a_time_asks_when_it_has_one(bench: Bench) -> None:
    await bench.turn()
    bench.clock.trust = ClockQuality.UNKNOWN
    await bench.turn(4)
    assert bench.memory.asked == []
    bench.clock.trust = ClockQuality.SYNCED
    await bench.turn()
    assert bench.filled() == [2, 3, 4, 5, 6]


async def test_a_memory_that_does_not_answer_is_left_after_its_patience(tmp_path: Path) -> None:
    class Stuck(MeterMemory):
        async def read_profile(self, since: datetime, until: datetime) -> Sequence[Measurement]:
            self.asked.append((since, until))
            await asyncio.Event().wait()
            raise AssertionError

    bench = Bench(tmp_path, every_s=1)
    bench.memory = Stuck(bench.clock)
    bench.restart()
    await bench.backfill.fill(bench.clock.utc)
    bench.clock.pass_ms(3_600_000)
    await asyncio.wait_for(bench.backfill.fill(bench.clock.utc), 5)
    assert len(bench.memory.asked) == 1


async def test_others_on_the_line_go_first_and_waiting_for_them_costs_no_try(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    line = bench.node.line("/dev/ttyX")
    bench.backfill = Backfill(bench.section, bench.node, bench.memory, line)
    await bench.turn()
    bench.clock.pass_ms(24 * 3_600_000)
    async with line:
        filling = asyncio.create_task(bench.backfill.fill(bench.clock.utc))
        await asyncio.sleep(0.01)
        assert bench.memory.asked == []
        bench.clock.pass_ms(HALF_HOUR)  # others took so long that the next turn is near
    await filling
    assert bench.memory.asked == []
    await bench.turn()
    assert bench.filled()[:2] == [2, 3]


async def test_the_memory_of_a_meter_on_a_pty_fills_an_outage(tmp_path: Path) -> None:
    class SetClock(SystemClock):
        def quality(self) -> ClockQuality:
            return ClockQuality.SYNCED

    node = FakeNode(SetClock(), tmp_path)
    async with IecMeter(delay=0.02) as meter:
        fields = {"type": "iec62056_21", "id": "ct-1", "name": "Công tơ", "port": meter.path, "load_profile": "P.01"}
        section = Iec62056Section.model_validate(fields | {"every_s": 4})
        hours_ago = node.clock.utc_ms() - 5 * 3_600_000
        (tmp_path / "ct-1").mkdir()
        (tmp_path / "ct-1" / "profile.json").write_text(str(hours_ago))
        await Iec62056(section, node).run_once()
    energies = {row.at: row.value for row in node.rows if row.at is not None and row.quantity == "energy_import"}
    assert len(energies) == 10
    assert all(at % HALF_HOUR == 0 and at > hours_ago for at in energies)
    assert sorted(energies.values()) == [energies[at] for at in sorted(energies)]
    assert b"W" not in meter.received
