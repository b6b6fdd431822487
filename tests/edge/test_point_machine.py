"""Whatever people and points do in whatever order: no point makes another quieter, and none looks well that is not."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from keng_wire.alarm import Cause, Evidence, Phase
from keng_wire.conditions import Condition, Mark
from keng_wire.control import CommandName
from keng_wire.point import ProofMethod
from support.fake_clock import FakeClock
from support.point_house import KINDS, MINUTE, PointHouse

POINTS = sorted(KINDS)
points = st.sampled_from(POINTS)
MORE: dict[str, dict[str, object]] = {"nut-1": {"evidence": Evidence.PERSON, "cause": Cause.MANUAL_CALL_POINT}}


class Village(RuleBasedStateMachine):
    """The points of one house against a model of what was said of each and which alarms were reset by name."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.house = PointHouse(Path(self.folder.name), FakeClock(), proven=False)
        self.said = dict.fromkeys(POINTS, Condition.UNKNOWN)
        self.ends: dict[tuple[str, Mark], int] = {}
        self.open: set[str] = set()
        self.boots = 0

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def holds(self, point: str, mark: Mark) -> bool:
        return (point, mark) in self.ends

    def left(self, key: tuple[str, Mark]) -> int:
        return self.house.points.restrictions.left(*key)

    def sooner(self, key: tuple[str, Mark], end: int) -> int:
        """The end as the node counts it: each power cut takes a minute off, and never adds any."""
        counted = self.house.clock.utc + self.left(key)
        assert counted <= end
        return counted

    def take_up(self) -> None:
        """Alarms that an act brought up are open; none may have gone."""
        now = {latch.occurrence for latch in self.house.house.alarms.latches}
        assert self.open <= now, "an alarm disappeared without a reset"
        self.open = now

    @rule(point=points)
    def alarm(self, point: str) -> None:
        before = {latch.occurrence for latch in self.house.house.alarms.latches}
        occurrence = self.do(self.house.smoke(point, **MORE.get(point, {})))
        self.said[point] = Condition.ALARM
        after = {latch.occurrence for latch in self.house.house.alarms.latches}
        if self.holds(point, Mark.TEST):
            assert after == before, "a test is no alarm"
        else:
            assert occurrence in after
            latch = next(one for one in self.house.house.alarms.latches if one.occurrence == occurrence)
            assert latch.isolated is self.holds(point, Mark.DISABLED)
        self.take_up()

    @rule(point=points, lost=st.booleans())
    def quiet(self, point: str, lost: bool) -> None:
        condition, marks = (Condition.UNKNOWN, [Mark.COMMS_LOST]) if lost else (Condition.NORMAL, [])
        self.do(self.house.station.report(point, condition, marks))
        self.said[point] = condition
        self.take_up()

    @rule(point=points, mark=st.sampled_from([Mark.DISABLED, Mark.TEST]), minutes=st.integers(1, 60))
    def restrict(self, point: str, mark: Mark, minutes: int) -> None:
        name = CommandName.DISABLE if mark is Mark.DISABLED else CommandName.TEST
        rang = self.house.calls()
        end = self.house.clock.utc + minutes * MINUTE
        if self.do(self.house.tell(name, point, until=end)).ok:
            self.ends[point, mark] = end
        assert self.house.calls() == rang, "restricting a point changes no bell"
        self.take_up()

    @rule(point=points, mark=st.sampled_from([Mark.DISABLED, Mark.TEST]))
    def lift(self, point: str, mark: Mark) -> None:
        name = CommandName.ENABLE if mark is Mark.DISABLED else CommandName.END_TEST
        assert self.do(self.house.tell(name, point)).ok is self.holds(point, mark)
        self.ends.pop((point, mark), None)
        self.take_up()

    @rule(point=points)
    def prove(self, point: str) -> None:
        answer = self.do(self.house.tell(CommandName.PROVE, point))
        if not answer.ok:
            return
        self.do(self.house.smoke(point, **MORE.get(point, {})))
        assert self.do(self.house.tell(CommandName.PROVEN, point, test=answer.command, method=ProofMethod.SMOKE)).ok
        self.do(self.house.normal(point))
        self.said[point] = Condition.NORMAL
        self.ends.pop((point, Mark.TEST), None)
        assert Mark.UNPROVEN not in self.house.marks(point)

    @rule(seconds=st.sampled_from([1, 20, 130, 700, 1800]))
    def time(self, seconds: int) -> None:
        self.do(self.house.later(seconds))
        self.ends = {key: end for key, end in self.ends.items() if end > self.house.clock.utc}
        self.take_up()

    @rule(power_cut=st.booleans())
    def restart(self, power_cut: bool) -> None:
        self.boots += 1
        self.do(self.house.restart(f"{self.boots:08x}" if power_cut else None))
        if power_cut:
            self.do(self.house.later(0))
            self.ends = {key: self.sooner(key, end) for key, end in self.ends.items() if self.left(key) > 0}
        self.said = dict.fromkeys(POINTS, Condition.UNKNOWN)
        self.take_up()

    @rule()
    def silence(self) -> None:
        self.do(self.house.tell(CommandName.SILENCE, None))

    @rule()
    def reset(self) -> None:
        answer = self.do(self.house.tell(CommandName.RESET, None))
        if answer.ok:
            self.open.clear()
        self.take_up()

    @invariant()
    def people_see_what_was_said(self) -> None:
        for state in self.house.register.states():
            if state.device in self.said:
                assert state.condition is self.said[state.device], "unknown never turns into normal"
                for mark in (Mark.DISABLED, Mark.TEST):
                    assert (mark in state.marks) is self.holds(state.device, mark)
                for one in state.details:
                    assert one.mark not in (Mark.DISABLED, Mark.TEST) or (one.by and one.until)

    @invariant()
    def what_is_not_silenced_or_isolated_sounds(self) -> None:
        for latch in self.house.house.alarms.latches:
            if not latch.isolated and latch.silenced_until is None:
                assert "chuong-1" in self.house.calls()
            assert not (latch.isolated and latch.neighbours)

    def teardown(self) -> None:
        stored = self.do(self.house.stored())
        resets = [alarm for alarm in stored if alarm.phase is Phase.RESET]
        assert all(alarm.by for alarm in resets)
        real = {alarm.occurrence for alarm in stored if not alarm.test}
        assert real - {alarm.occurrence for alarm in resets} == self.open
        self.do(self.house.house.outbox.close())
        self.loop.close()
        self.folder.cleanup()


TestVillage = Village.TestCase
TestVillage.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=(HealthCheck.too_slow,)
)
