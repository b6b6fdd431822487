"""Sounders play their calls to the second, start quiet, and never wait for one another."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from keng_edge.calls import CallTable
from keng_edge.errors import OutputAway, OutputError
from keng_edge.faults import Faults
from keng_edge.outputs import Announcement
from keng_edge.patterns import PatternKey, Plays
from keng_edge.sounding import Sound, Sounders
from keng_wire.conditions import ClockQuality
from keng_wire.event import FaultCode, NodeFault, Sounder
from support.fake_clock import FakeClock


class Bell:
    """An output that writes down its switches; `broken` makes it fail, `away` lack its board, `stuck` hang."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.switches: list[tuple[int, bool]] = []
        self.tuned: list[PatternKey] = []
        self.broken = False
        self.away = False
        self.stuck = False

    def tune(self, pattern: PatternKey) -> None:
        self.tuned.append(pattern)

    async def switch(self, on: bool) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if self.away:
            raise OutputAway("no board")
        if self.broken:
            raise OutputError("the cable is off")
        if not self.switches or self.switches[-1][1] != on:
            self.switches.append((self.clock.up, on))


class Room:
    """Two bells."""

    def __init__(self) -> None:
        self.clock = FakeClock(up_ms=0)
        self.one, self.two = Bell(self.clock), Bell(self.clock)
        self.events: list[Sounder] = []
        self.faults_told: list[NodeFault] = []
        self.faults = Faults(self.faults_told.append)
        bells = {"chuong-1": self.one, "chuong-2": self.two}
        self.sounders = Sounders(bells, self.clock, self.faults, self.events.append)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    made = Room()
    task = asyncio.create_task(made.sounders.run())
    await made.clock.advance(0)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_outputs_are_quiet_on_start_and_at_the_end(room: Room) -> None:
    assert room.one.switches == [(0, False)]


async def test_fire_rings_sixty_seconds_pauses_five_and_goes_on_until_it_is_silenced(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE, "a" * 16, frame=0)})
    await room.clock.advance(130)
    assert room.one.switches == [
        (0, False),
        (0, True),
        (60_000, False),
        (65_000, True),
        (125_000, False),
        (130_000, True),
    ]
    assert room.two.switches == [(0, False)]
    room.sounders.play({})
    await room.clock.advance(0)
    assert room.one.switches[-1] == (130_000, False)
    assert [(event.on, event.since_frame) for event in room.events] == [(True, 0), (False, None)]
    assert not room.sounders.sounding


async def test_wanting_the_same_call_again_does_not_disturb_it(room: Room) -> None:
    for _ in range(20):
        room.sounders.play({"chuong-1": Sound(PatternKey.FIRE)})
        await room.clock.advance(1)
    assert room.one.switches == [(0, False), (0, True)]
    assert len(room.events) == 1


async def test_a_graver_call_takes_over_at_once(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.DRILL)})
    await room.clock.advance(10)
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE)})
    await room.clock.advance(0)
    assert room.one.tuned == [PatternKey.DRILL, PatternKey.FIRE]
    assert room.one.switches[-1] == (10_000, True)
    assert [(event.pattern, event.on) for event in room.events] == [("drill", True), ("drill", False), ("fire", True)]


async def test_a_call_that_has_ended_by_itself_is_not_repeated_while_it_is_still_wanted(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.ALL_CLEAR)})
    await room.clock.advance(30)
    assert room.one.switches == [(0, False), (0, True), (5_000, False)]
    room.sounders.play({})
    await room.clock.advance(0)
    room.sounders.play({"chuong-1": Sound(PatternKey.ALL_CLEAR)})
    await room.clock.advance(1)
    assert room.one.switches[-1] == (30_000, True)


@pytest.mark.parametrize("how", ["broken", "stuck"])
async def test_a_failing_output_is_a_fault_and_never_stops_the_others(
    room: Room, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keng_edge.sounding.SWITCH_S", 0.01)
    setattr(room.one, how, True)
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE), "chuong-2": Sound(PatternKey.FIRE)})
    await room.clock.advance(0)
    assert room.two.switches[-1] == (0, True)
    await asyncio.sleep(0.03)
    assert room.faults.active == [FaultCode.SOUNDER]
    assert room.faults_told[0].detail is not None
    assert "chuong-1" in room.faults_told[0].detail
    setattr(room.one, how, False)
    for _ in range(5):
        await room.clock.advance(1)
        await asyncio.sleep(0.005)
    assert room.one.switches[-1][1] is True
    assert room.faults.active == []
    assert [fault.active for fault in room.faults_told] == [True, False]


@pytest.mark.expects_log("unexpected error")
async def test_an_output_with_a_bug_is_a_fault_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def bug(on: bool) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(room.one, "switch", bug)
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE), "chuong-2": Sound(PatternKey.FIRE)})
    await room.clock.advance(1)
    assert room.faults.active == [FaultCode.SOUNDER]
    assert room.two.switches[-1][1] is True


@pytest.mark.parametrize("wanted", [{}, {"chuong-3": Sound(PatternKey.FIRE)}], ids=["quiet", "latched"])
async def test_a_board_that_is_opened_after_the_start_is_no_fault(room: Room, wanted: dict[str, Sound]) -> None:
    late = Bell(room.clock)
    late.away = True
    sounders = Sounders({"chuong-3": late}, room.clock, room.faults, room.events.append)
    sounders.play(wanted)
    task = asyncio.create_task(sounders.run())
    await room.clock.advance(1)
    late.away = False
    await room.clock.advance(1)
    assert late.switches == [(1_200, bool(wanted))]
    assert room.faults_told == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_board_that_stays_away_is_a_fault(room: Room) -> None:
    room.one.away = True
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE)})
    await room.clock.advance(9)
    assert room.faults.active == []
    await room.clock.advance(2)
    assert room.faults.active == [FaultCode.SOUNDER]


async def test_an_output_that_cannot_be_made_quiet_is_a_fault_until_it_is(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE)})
    await room.clock.advance(11)
    room.one.broken = True
    room.sounders.play({})
    await room.clock.advance(1)
    assert room.faults.active == [FaultCode.SOUNDER]
    room.one.broken = False
    await room.clock.advance(2)
    assert room.one.switches[-1][1] is False
    assert room.faults.active == []


async def test_an_endless_call_rests_after_the_auto_off_and_begins_again_while_its_cause_holds(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE, "a" * 16)})
    await room.clock.advance(611)
    assert room.one.switches[-1] == (600_000, False)
    assert [event.on for event in room.events] == [True, False]
    await room.clock.advance(288)
    assert room.one.switches[-1] == (600_000, False)
    await room.clock.advance(2)
    assert room.one.switches[-1] == (900_000, True)
    assert [event.on for event in room.events] == [True, False, True]


async def test_a_call_whose_cause_is_gone_does_not_begin_again_until_it_holds_once_more(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.SOS, holds=True)})
    await room.clock.advance(300)
    room.sounders.play({"chuong-1": Sound(PatternKey.SOS, holds=False)})
    await room.clock.advance(2000)
    assert room.one.switches[-1][1] is False
    assert len(room.events) == 2
    assert room.sounders.sounding, "the alarm is latched"
    room.sounders.play({"chuong-1": Sound(PatternKey.SOS, holds=True)})
    await room.clock.advance(310)
    assert room.one.switches[-1][1] is True or room.events[-1].on


async def test_a_new_alarm_sounds_at_once_while_an_old_one_rests(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE, place="Nhà 1")})
    await room.clock.advance(700)
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE, place="Nhà 2")})
    await room.clock.advance(0)
    assert room.one.switches[-1] == (700_000, True)


async def test_of_what_several_parts_of_the_node_want_the_gravest_is_played(room: Room) -> None:
    room.sounders.play({"chuong-1": Sound(PatternKey.DRILL)})
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE)}, "neighbours")
    await room.clock.advance(0)
    assert room.one.tuned == [PatternKey.FIRE]
    room.sounders.play({}, "neighbours")
    await room.clock.advance(0)
    assert room.one.tuned == [PatternKey.FIRE, PatternKey.DRILL]


async def test_lamps_and_strobes_keep_their_own_rhythm(room: Room) -> None:
    plays = {"chuong-1": Plays.LAMP, "chuong-2": Plays.STROBE}
    bells = {"chuong-1": room.one, "chuong-2": room.two}
    sounders = Sounders(bells, room.clock, room.faults, room.events.append, plays)
    task = asyncio.create_task(sounders.run())
    sounders.play(dict.fromkeys(bells, Sound(PatternKey.FIRE)))
    await room.clock.advance(1.2)
    assert room.one.switches == [(0, False), (0, True), (500, False), (1000, True)]
    await room.clock.advance(70)
    assert room.two.switches == [(0, False), (0, True)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_villages_own_table_is_played_from_the_next_call_on(room: Room) -> None:
    steps = {"steps": [[2, 1]], "limit_s": 6}
    table = CallTable.model_validate({"approved": "2026-03-08", "patterns": {"all_clear": steps}})
    room.sounders.adopt(table)
    room.sounders.play({"chuong-1": Sound(PatternKey.ALL_CLEAR)})
    await room.clock.advance(20)
    assert room.one.switches[1:] == [(0, True), (2_000, False), (3_000, True), (5_000, False)]


async def test_a_speaker_is_told_what_to_say_and_where(room: Room) -> None:
    said: list[Announcement] = []

    class Mouth(Bell):
        def announce(self, announcement: Announcement) -> None:
            said.append(announcement)

    sounders = Sounders({"loa": Mouth(room.clock)}, room.clock, room.faults, room.events.append, {"loa": Plays.SPEAKER})
    task = asyncio.create_task(sounders.run())
    sounders.play({"loa": Sound(PatternKey.FIRE, place="Ngõ 3")})
    await room.clock.advance(100)
    sounders.play({"loa": Sound(PatternKey.ALL_CLEAR, place="Ngõ 3", drill=True)})
    await room.clock.advance(1)
    assert said == [Announcement(PatternKey.FIRE, "Ngõ 3"), Announcement(PatternKey.ALL_CLEAR, "Ngõ 3", drill=True)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("hour", "quality", "key", "sounds"),
    [
        (21, ClockQuality.SYNCED, PatternKey.ROUTINE, True),
        (23, ClockQuality.SYNCED, PatternKey.ROUTINE, False),
        (23, ClockQuality.UNKNOWN, PatternKey.ROUTINE, True),
        (23, ClockQuality.SYNCED, PatternKey.FIRE, True),
        (3, ClockQuality.SYNCED, PatternKey.ALL_CLEAR, True),
    ],
)
async def test_by_night_no_routine_call_is_given_and_every_alarm_is(
    room: Room, hour: int, quality: ClockQuality, key: PatternKey, sounds: bool
) -> None:
    room.clock.utc, room.clock.trust = 20_000 * 86_400_000 + (hour - 7) % 24 * 3_600_000, quality
    room.sounders.play({"chuong-1": Sound(key)})
    await room.clock.advance(1)
    assert (True in [on for _, on in room.one.switches]) is sounds
    assert [event.on for event in room.events][:1] == [True] * sounds
    room.sounders.play({"chuong-1": Sound(PatternKey.FIRE, place="Nhà 1")})
    await room.clock.advance(1)
    assert room.one.switches[-1][1] is True, "what comes after is heard"
