"""The outbox keeps what it took: numbers, acknowledgement, limits, streams, a broken and a full disk."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.devices import Measured
from keng_edge.outbox import Limits, Outbox
from keng_wire.alarm import Alarm
from keng_wire.conditions import ClockQuality
from keng_wire.event import FaultCode as Fault
from keng_wire.event import Gap, NodeFault, Sounder
from keng_wire.message import parse
from keng_wire.reading import Readings
from keng_wire.topics import MessageClass
from support.bodies import an_alarm
from support.fake_clock import FakeClock
from support.small_disk import fill, small_disk

ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


def an_event(words: str = "x") -> NodeFault:
    return NodeFault(code=Fault.SOUNDER, active=True, detail=words)


def rows(count: int, clock: FakeClock) -> list[Measured]:
    return [Measured(f"cong-to-{n}", "energy_import", 1000.0 + n, clock.up) for n in range(count)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def outbox(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Outbox]:
    async with Outbox(tmp_path / "outbox", "ngo-1", clock, Limits(reserve_bytes=0)) as opened:
        yield opened


async def numbers(outbox: Outbox, cls: MessageClass) -> list[int]:
    return [waiting.number for waiting in await outbox.pending(cls, 0, 100_000)]


async def test_each_class_counts_from_one_and_a_message_is_what_the_wire_contract_says(
    outbox: Outbox, clock: FakeClock
) -> None:
    assert await outbox.append(ALARM, an_alarm(), up=clock.up - 3000) == 1
    assert await outbox.append(ALARM, an_alarm()) == 2
    assert await outbox.append(EVENT, an_event()) == 1
    first = (await outbox.pending(ALARM, 0, 10))[0]
    message = parse(ALARM, "ngo-1", first.payload)
    assert (message.number, message.stream, message.boot) == (1, outbox.stream, clock.boot)
    assert (message.at, message.up) == (clock.utc - 3000, clock.up - 3000)
    assert message.body == an_alarm()


async def test_what_is_acknowledged_is_forgotten_and_its_number_never_comes_back(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        for n in range(5):
            await outbox.append(EVENT, an_event(str(n)))
        assert await outbox.acknowledge(EVENT, 3)
        assert not await outbox.acknowledge(EVENT, 2)
        assert await numbers(outbox, EVENT) == [4, 5]
        assert await outbox.acknowledge(EVENT, 5)
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        assert await numbers(outbox, EVENT) == []
        assert await outbox.append(EVENT, an_event()) == 6


async def test_values_of_a_meters_memory_keep_their_own_time_however_old_and_whatever_this_clock_says(
    outbox: Outbox, clock: FakeClock
) -> None:
    ages = [0, 1_800_000, 604_800_000, 604_800_001, 30 * 86_400_000]
    clock.trust = ClockQuality.UNKNOWN
    at = clock.utc - 86_400_000
    recalled = [Measured("cong-to-1", "energy_import", float(age), clock.up, at=at - age) for age in ages]
    await outbox.stage([*rows(3, clock), *recalled])
    messages = [parse(READING, "ngo-1", waiting.payload) for waiting in await outbox.pending(READING, 0, 10)]
    assert len(messages) == 3
    found: dict[float, int] = {}
    for message in messages:
        assert isinstance(message.body, Readings)
        assert (message.clock, message.boot, message.up) == (ClockQuality.HOLDOVER, clock.boot, clock.up)
        found |= {row.value: message.at + row.offset for row in message.body.rows}
    assert found == {float(age): at - age for age in ages}


async def test_a_memory_of_many_rows_becomes_full_batches_that_are_on_the_disk_at_once(
    outbox: Outbox, clock: FakeClock, tmp_path: Path
) -> None:
    recalled = [Measured("ct-1", "power", float(n), clock.up, at=clock.utc - n * 60_000) for n in range(1, 1201)]
    await outbox.stage(recalled)
    again = Outbox(tmp_path / "outbox", "ngo-1", clock, Limits(reserve_bytes=0))
    messages = [parse(READING, "ngo-1", waiting.payload) for waiting in await again.pending(READING, 0, 10)]
    bodies = [message.body for message in messages if isinstance(message.body, Readings)]
    assert [len(body.rows) for body in bodies] == [500, 500, 200]
    assert sorted(row.value for body in bodies for row in body.rows) == [float(n) for n in range(1, 1201)]
    await again.close()


async def test_readings_wait_in_memory_for_a_full_batch_or_their_time(outbox: Outbox, clock: FakeClock) -> None:
    await outbox.stage(rows(499, clock))
    assert outbox.backlog(READING).count == 0
    clock.pass_ms(59_000)
    await outbox.settle()
    assert outbox.backlog(READING).count == 0
    clock.pass_ms(1_000)
    await outbox.settle()
    assert outbox.backlog(READING).count == 1
    await outbox.stage(rows(1100, clock))
    assert outbox.backlog(READING).count == 3
    message = parse(READING, "ngo-1", (await outbox.pending(READING, 0, 1))[0].payload)
    assert isinstance(message.body, Readings)
    assert message.body.rows[0].offset == -60_000
    assert message.body.rows[498].value == 1498.0


async def test_closing_writes_what_is_staged(tmp_path: Path, clock: FakeClock) -> None:
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        await outbox.stage(rows(3, clock))
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        assert outbox.backlog(READING).count == 1


async def test_when_readings_outgrow_their_limit_the_oldest_give_way_to_a_gap(tmp_path: Path, clock: FakeClock) -> None:
    limits = Limits(reading_bytes=20_000, reserve_bytes=0)
    async with Outbox(tmp_path, "ngo-1", clock, limits) as outbox:
        for _ in range(40):
            await outbox.stage(rows(500, clock))
        assert outbox.backlog(READING).highest == 40
        waiting = await outbox.pending(READING, 0, 100)
        gap = parse(READING, "ngo-1", waiting[0].payload)
        assert isinstance(gap.body, Gap)
        assert gap.body.first == 1
        assert gap.body.count == gap.number
        assert [w.number for w in waiting] == list(range(gap.number, 41))
    async with Outbox(tmp_path, "ngo-1", clock, limits) as outbox:
        assert await numbers(outbox, READING) == [w.number for w in waiting]


async def test_alarms_are_never_dropped_whatever_the_limits(tmp_path: Path, clock: FakeClock) -> None:
    async with Outbox(tmp_path, "ngo-1", clock, Limits(1000, 1000, 0)) as outbox:
        for n in range(300):
            await outbox.append(ALARM, an_alarm(n))
        assert await numbers(outbox, ALARM) == list(range(1, 301))


async def test_a_new_stream_numbers_what_waits_from_one_again(tmp_path: Path, clock: FakeClock) -> None:
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        for n in range(4):
            await outbox.append(ALARM, an_alarm(n))
        await outbox.acknowledge(ALARM, 2)
        old = outbox.stream
        clock.pass_ms(5_000)
        await outbox.restart()
        assert outbox.stream != old
        assert outbox.oldest_alarm_ms() == 5_000
        messages = [parse(ALARM, "ngo-1", w.payload) for w in await outbox.pending(ALARM, 0, 10)]
        assert [(m.number, m.stream) for m in messages] == [(1, outbox.stream), (2, outbox.stream)]
        assert [m.body.occurrence for m in messages if isinstance(m.body, Alarm)] == [f"{2:016x}", f"{3:016x}"]
        assert await outbox.append(ALARM, an_alarm(9)) == 3
        new = outbox.stream
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        assert outbox.stream == new


@pytest.mark.expects_log("cannot be read")
async def test_a_destroyed_file_is_kept_aside_and_all_classes_begin_a_new_stream(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        await outbox.append(ALARM, an_alarm())
        await outbox.append(EVENT, an_event())
        old = outbox.stream
    (tmp_path / "event.db").write_bytes(b"not a database" * 400)
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        assert outbox.stream != old
        assert await numbers(outbox, ALARM) == [1]
        assert await numbers(outbox, EVENT) == []
        assert await outbox.append(EVENT, an_event()) == 1
    assert (tmp_path / "event.broken0").exists()


async def test_notes_are_committed_with_their_alarm(tmp_path: Path, clock: FakeClock) -> None:
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        await outbox.append(ALARM, an_alarm(1), notes={"latch/1": "a", "latch/2": "b"})
        await outbox.append(ALARM, an_alarm(2), notes={"latch/2": None})
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        assert outbox.notes("latch/") == {"latch/1": "a"}


@pytest.mark.expects_log("reserve")
async def test_on_a_full_disk_the_reserve_is_given_up_for_an_alarm_and_taken_back_later(
    tmp_path: Path, clock: FakeClock
) -> None:
    with small_disk(tmp_path / "card", 8) as card:
        async with Outbox(card / "outbox", "ngo-1", clock, Limits(reserve_bytes=1_000_000)) as outbox:
            assert (card / "outbox/reserve").exists()
            stuffing = fill(card)
            for n in range(50):
                assert await outbox.append(ALARM, an_alarm(n)) == n + 1
            assert outbox.broken is None
            assert not (card / "outbox/reserve").exists()
            stuffing.unlink()
            await outbox.settle()
            assert (card / "outbox/reserve").exists()
        async with Outbox(card / "outbox", "ngo-1", clock, Limits(reserve_bytes=0)) as outbox:
            assert await numbers(outbox, ALARM) == list(range(1, 51))


async def test_on_a_full_disk_without_reserve_alarms_stay_in_memory_and_reach_the_disk_when_it_has_room(
    tmp_path: Path, clock: FakeClock
) -> None:
    with small_disk(tmp_path / "card", 4) as card:
        async with Outbox(card / "outbox", "ngo-1", clock, Limits(reserve_bytes=0)) as outbox:
            await outbox.append(ALARM, an_alarm(0))
            stuffing = fill(card)
            for n in range(1, 400):
                await outbox.append(ALARM, an_alarm(n))
            assert outbox.broken is not None
            assert "full" in outbox.broken
            assert await numbers(outbox, ALARM) == list(range(1, 401))
            stuffing.unlink()
            await outbox.settle()
            assert outbox.broken is None
        async with Outbox(card / "outbox", "ngo-1", clock, Limits(reserve_bytes=0)) as outbox:
            assert await numbers(outbox, ALARM) == list(range(1, 401))


@pytest.mark.parametrize("reserve", [0, 1_000_000])
async def test_on_a_full_disk_old_readings_give_way_to_events_and_the_numbers_stay_whole(
    reserve: int, tmp_path: Path, clock: FakeClock
) -> None:
    with small_disk(tmp_path / "card", 8) as card:
        async with Outbox(card / "outbox", "ngo-1", clock, Limits(reserve_bytes=reserve)) as outbox:
            for n in range(150):
                noise = [Measured(f"m-{i}", "power", float(hash((n, i)) % 10**9), clock.up) for i in range(500)]
                await outbox.stage(noise)
            fill(card, leave=20_000)
            for n in range(400):
                await outbox.append(EVENT, an_event("y" * 150 + str(n)))
            for cls in (EVENT, READING):
                covered = await covered_numbers(outbox, cls)
                assert covered == list(range(1, outbox.backlog(cls).highest + 1))
            first = parse(READING, "ngo-1", (await outbox.pending(READING, 0, 1))[0].payload)
            if reserve:
                assert isinstance(first.body, Gap)
                assert outbox.backlog(READING).count > 20, "more was given up than was needed"
                assert outbox.broken is None
                assert outbox.backlog(EVENT).count == 400
                assert (card / "outbox/reserve").exists()


async def covered_numbers(outbox: Outbox, cls: MessageClass) -> list[int]:
    covered: list[int] = []
    for waiting in await outbox.pending(cls, 0, 100_000):
        body = json.loads(waiting.payload)["body"]
        covered += range(body.get("first", waiting.number), waiting.number + 1)
    return covered


async def test_the_age_of_the_oldest_unacknowledged_alarm_is_known_also_after_a_restart(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        assert outbox.oldest_alarm_ms() == 0
        await outbox.append(ALARM, an_alarm())
        clock.pass_ms(7_000)
        await outbox.append(ALARM, an_alarm(2))
        assert outbox.oldest_alarm_ms() == 7_000
        await outbox.acknowledge(ALARM, 1)
        assert outbox.oldest_alarm_ms() == 0
    async with Outbox(tmp_path, "ngo-1", clock) as outbox:
        clock.pass_ms(2_000)
        assert outbox.oldest_alarm_ms() == 2_000


async def test_a_moment_before_the_boot_or_in_the_future_is_taken_for_what_is_possible(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.append(EVENT, Sounder(output="coi", pattern="fire", on=True), up=-5)
    await outbox.append(EVENT, Sounder(output="coi", pattern="fire", on=True), up=clock.up + 9_000)
    messages = [parse(EVENT, "ngo-1", w.payload) for w in await outbox.pending(EVENT, 0, 9)]
    assert [m.up for m in messages] == [0, clock.up]
