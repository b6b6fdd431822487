"""The node finds its own faults: an alarm nobody commits, a disk without room, a clock that is never set."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.faults import Faults
from keng_edge.outbox import Limits, Outbox
from keng_edge.register import Register
from keng_edge.station import Station
from keng_edge.upkeep import Upkeep
from keng_wire.conditions import ClockQuality
from keng_wire.event import ClockChanged, Event, FaultCode, NodeFault
from keng_wire.topics import MessageClass
from support.bodies import an_alarm
from support.fake_clock import FakeClock


class Post:
    """Upkeep with everything it looks at."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.outbox = Outbox(folder / "outbox", "ngo-1", self.clock, Limits(reserve_bytes=0))
        self.station = Station(self.clock, folder, self.outbox, Register({}, self.clock))
        self.told: list[Event] = []
        self.station.tell = self.told.append  # type: ignore[assignment,method-assign]  # heard instead of stored
        self.faults = Faults(self.told.append)
        self.upkeep = Upkeep(self.outbox, self.station, self.faults, self.clock)

    def faults_told(self) -> list[tuple[FaultCode, bool]]:
        return [(event.code, event.active) for event in self.told if isinstance(event, NodeFault)]


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    made = Post(tmp_path)
    yield made
    await made.outbox.close()


async def test_an_alarm_unacknowledged_for_100_seconds_is_a_fault_until_it_is_acknowledged(post: Post) -> None:
    await post.outbox.append(MessageClass.ALARM, an_alarm())
    post.clock.pass_ms(99_000)
    await post.upkeep.look()
    assert post.faults.active == []
    post.clock.pass_ms(1_000)
    await post.upkeep.look()
    await post.upkeep.look()
    await post.outbox.acknowledge(MessageClass.ALARM, 1)
    await post.upkeep.look()
    assert post.faults_told() == [(FaultCode.UPLINK, True), (FaultCode.UPLINK, False)]


async def test_a_disk_without_room_is_a_fault(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    room = [5_000_000]

    def free(folder: Path) -> int:
        return room[-1]

    monkeypatch.setattr("keng_edge.upkeep.free_bytes", free)
    await post.upkeep.look()
    room.append(500_000_000)
    await post.upkeep.look()
    assert post.faults_told() == [(FaultCode.DISK, True), (FaultCode.DISK, False)]


@pytest.mark.parametrize("jump", [-1_795_000_000_000 + 5_000, 2_990_000_000_000])
async def test_a_jump_of_the_clock_is_told(post: Post, jump: int) -> None:
    post.clock.utc += jump
    await post.upkeep.look()
    await post.upkeep.look()
    assert [event.jump for event in post.told if isinstance(event, ClockChanged)] == [jump]


async def test_a_clock_that_is_not_set_for_ten_minutes_is_a_fault(post: Post) -> None:
    post.clock.trust = ClockQuality.UNKNOWN
    post.clock.pass_ms(599_000)
    await post.upkeep.look()
    assert post.faults.active == []
    post.clock.pass_ms(1_000)
    await post.upkeep.look()
    assert post.faults.active == [FaultCode.CLOCK]


async def test_staged_readings_go_to_the_disk_in_their_time(post: Post) -> None:
    from keng_edge.devices import Measured

    await post.station.readings([Measured("ct-1", "power", 1.0, post.clock.up)])
    post.clock.pass_ms(60_000)
    await post.upkeep.look()
    assert post.outbox.backlog(MessageClass.READING).count == 1
