"""Reports, silence and faults on their way to events, and what the log hides."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge import logs
from keng_edge.faults import Faults
from keng_edge.heartbeat import CardWear, Heartbeat
from keng_edge.register import Register
from keng_edge.station import Station
from keng_edge.supervision import class_of
from keng_wire.alarm import Phase
from keng_wire.conditions import Condition, Mark
from keng_wire.event import DeviceChanged, Event, FaultCode, NodeFault
from support.fake_clock import FakeClock
from support.house import House, smoke


class Post:
    """A station with its register; what it tells is in `told`."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.house = House(folder / "outbox", self.clock)
        self.register = Register({"khoi-1": 90, "pin-1": 25 * 3600}, self.clock)
        self.station = Station(self.clock, folder, self.house.outbox, self.register)
        self.station.alarms = self.house.alarms
        self.told: list[Event] = []
        self.station.tell = self.told.append  # type: ignore[assignment,method-assign]  # heard instead of stored

    def changes(self) -> list[tuple[str, Condition, list[Mark]]]:
        found = [event for event in self.told if isinstance(event, DeviceChanged)]
        return [(event.device, event.condition, event.marks) for event in found]


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    made = Post(tmp_path)
    yield made
    await made.house.outbox.close()


async def test_a_device_is_unknown_until_its_first_word_and_only_changes_are_told(post: Post) -> None:
    assert {state.condition for state in post.register.states()} == {Condition.UNKNOWN}
    for _ in range(3):
        await post.station.report("khoi-1", Condition.NORMAL)
    assert post.changes() == [("khoi-1", Condition.NORMAL, [])]
    await post.station.report("khoi-1", Condition.NORMAL, [Mark.LOW_BATTERY])
    assert post.changes()[-1] == ("khoi-1", Condition.NORMAL, [Mark.LOW_BATTERY])


async def test_silence_past_the_deadline_is_lost_and_unknown_and_a_sign_of_life_alone_does_not_end_it(
    post: Post,
) -> None:
    await post.station.report("khoi-1", Condition.NORMAL)
    post.clock.pass_ms(89_000)
    post.station.seen("khoi-1")
    post.clock.pass_ms(90_000)
    await post.station.watch_silence()
    assert len(post.changes()) == 1
    post.clock.pass_ms(1_000)
    await post.station.watch_silence()
    await post.station.watch_silence()
    assert post.changes()[1:] == [("khoi-1", Condition.UNKNOWN, [Mark.COMMS_LOST])]
    post.station.seen("khoi-1")
    await post.station.watch_silence()
    assert post.register.marks("khoi-1") == {Mark.COMMS_LOST}
    await post.station.report("khoi-1", Condition.NORMAL)
    assert post.changes()[-1] == ("khoi-1", Condition.NORMAL, [])


async def test_a_device_that_never_spoke_is_lost_after_its_deadline(post: Post) -> None:
    post.clock.pass_ms(91_000)
    await post.station.watch_silence()
    assert post.changes() == [("khoi-1", Condition.UNKNOWN, [Mark.COMMS_LOST])]


async def test_what_is_reported_of_a_device_reaches_its_alarm(post: Post) -> None:
    await post.station.report("khoi-1", Condition.NORMAL)
    await post.station.alarm(smoke())
    assert post.changes()[-1] == ("khoi-1", Condition.ALARM, [])
    await post.station.report("khoi-1", Condition.UNKNOWN, [Mark.COMMS_LOST])
    await post.station.report("khoi-1", Condition.ALARM)
    await post.station.report("khoi-1", Condition.PRE)
    await post.station.report("khoi-1", Condition.NORMAL)
    assert await post.house.phases() == [Phase.RAISED, Phase.LOST, Phase.RAISED, Phase.CLEARED]


@pytest.mark.parametrize(
    ("seconds", "kind"), [(90, "A"), (100, "A"), (600, "B"), (7200, "B"), (90_000, "C"), (90_001, "U")]
)
def test_the_supervision_class_follows_from_the_deadline(seconds: float, kind: str) -> None:
    assert class_of(seconds) == kind


async def test_a_heartbeat_says_how_everything_stands(post: Post, tmp_path: Path) -> None:
    told: list[NodeFault] = []
    faults = Faults(told.append)
    faults.set(FaultCode.SOUNDER, True, "coi-1", "coi-1")
    await post.station.alarm(smoke())
    beat = Heartbeat("ngo-1", "0.1.0", post.clock, post.house.outbox, post.register, faults)
    health = beat.health(7, True, tmp_path)
    assert (health.config_version, health.sounding, health.faults) == (7, True, [FaultCode.SOUNDER])
    assert (health.alarm.count, health.alarm.highest) == (1, 1)
    states = {state.device: (state.condition, state.supervision) for state in health.devices}
    assert states == {"khoi-1": (Condition.ALARM, "A"), "pin-1": (Condition.UNKNOWN, "C")}
    assert health.disk_free is not None


def test_the_bytes_of_today_begin_again_at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, written = FakeClock(utc_ms=86_400_000 * 20_000), [1_000]
    monkeypatch.setattr("keng_edge.heartbeat.written_bytes", lambda: written[-1])
    card = CardWear(clock)
    assert card.today() == 1_000
    written.append(5_000)
    assert card.today() == 5_000
    clock.utc += 86_400_000
    assert card.today() == 0
    written.append(5_300)
    assert card.today() == 300


def test_a_fault_with_two_causes_ends_with_the_second(tmp_path: Path) -> None:
    told: list[NodeFault] = []
    faults = Faults(told.append)
    for cause in ("coi-1", "coi-2", "coi-2"):
        faults.set(FaultCode.SOUNDER, True, cause, cause)
    faults.set(FaultCode.SOUNDER, False, cause="coi-1")
    assert faults.active == [FaultCode.SOUNDER]
    faults.set(FaultCode.SOUNDER, False, cause="coi-2")
    assert faults.active == []
    assert [fault.active for fault in told] == [True, False]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("rtsp://admin:Hoa123@192.0.2.7/1", "Hoa123"),
        ("password=Hoa123, next", "Hoa123"),
        ('{"token": "Hoa123"}', "Hoa123"),
        ("secret: Hoa123", "Hoa123"),
    ],
)
def test_no_secret_reaches_the_log(text: str, hidden: str) -> None:
    record = logging.LogRecord("keng", logging.INFO, "", 0, "%s", (text,), None)
    for formatter in (logs.Plain(), logs.JsonLines()):
        assert hidden not in formatter.format(record)
