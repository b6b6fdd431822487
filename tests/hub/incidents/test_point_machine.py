"""Whatever nodes tell of their points in whatever order: no latch goes without a named reset, unknown is never well,
and a tested or isolated point changes nothing about another one."""

from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from keng_hub import presence, registry, tables
from keng_hub.database import Database
from keng_hub.incidents import pipeline
from keng_hub.web.standing import Standing, of_device
from keng_wire.alarm import Phase
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.status import DeviceState, Health
from support.village_rows import Village, settle_village

BY = "Nguyễn Văn Mẫu"
POINTS = {"khoi-5a": "so-5", "khoi-5b": "so-5", "khoi-7": "so-7"}
STEPS = [Phase.CLEARED, Phase.LOST, Phase.SILENCED, Phase.SPREAD, Phase.CANCELLED, Phase.RAISED]
HOW: dict[str, dict[str, Any]] = {
    "live": {},
    "isolated": {"isolated": True},
    "tested": {"test": True, "tested_by": BY},
}


class _Rolled(Village):
    """A village in one transaction that is rolled back in the end."""

    def __init__(self, database: Database) -> None:
        self.connection = database.engine.connect()
        self.transaction = self.connection.begin()
        super().__init__(database)

    def __post_init__(self) -> None:
        settle_village(self.connection)

    def do(self, function: Any, *arguments: Any, **named: Any) -> Any:
        with self.connection.begin_nested():
            return function(self.connection, *arguments, **named)

    def rows(self, table: sa.Table, *where: Any) -> list[sa.Row[Any]]:
        query = sa.select(table).where(*where).order_by(*table.primary_key.columns)
        return list(self.connection.execute(query).all())


class Points(RuleBasedStateMachine):
    """One node tells, falls silent and comes back; a model knows what it said last and which alarms were reset."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.village = _Rolled(database)
        self.alarms: dict[str, tuple[str, str]] = {}
        self.reset: set[str] = set()
        self.said: dict[str, DeviceState] = {}
        self.online = True
        self.up = 0
        self.village.execute(sa.update(tables.node).values(online=True, seen=self.village.now))

    def teardown(self) -> None:
        self.village.transaction.rollback()
        self.village.connection.close()

    def incidents(self) -> list[Any]:
        return [tuple(row) for row in self.village.rows(tables.incident)]

    def tell(self, occurrence: str, phase: Phase, **more: Any) -> None:
        device, how = self.alarms[occurrence]
        place = POINTS[device]
        self.village.wait(1)
        self.village.alarm(occurrence, phase, device=device, place=place, **HOW[how], **more)

    @rule(device=st.sampled_from(sorted(POINTS)), how=st.sampled_from(sorted(HOW)))
    def alarm(self, device: str, how: str) -> None:
        occurrence = f"{len(self.alarms):x}"
        self.alarms[occurrence] = device, how
        before = self.incidents()
        self.tell(occurrence, Phase.RAISED)
        if how == "tested":
            assert self.incidents() == before, "a test result is no incident and changes none"
        if how == "isolated":
            known = {row[0]: row for row in self.incidents()}
            live = [row for row in before if not row[[c.name for c in tables.incident.c].index("isolated")]]
            assert all(known[row[0]] == row for row in live), "an isolated point changes no live incident"

    @precondition(lambda self: self.alarms)
    @rule(data=st.data(), phase=st.sampled_from(STEPS))
    def step(self, data: st.DataObject, phase: Phase) -> None:
        occurrence = data.draw(st.sampled_from(sorted(self.alarms)))
        if occurrence not in self.reset:  # a node never goes on with an occurrence that was reset
            before = self.incidents()
            self.tell(occurrence, phase)
            if self.alarms[occurrence][1] == "tested":
                assert self.incidents() == before

    @precondition(lambda self: self.alarms)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        occurrence = data.draw(st.sampled_from(sorted(self.alarms)))
        if occurrence not in self.reset and self.alarms[occurrence][1] != "tested":
            self.tell(occurrence, Phase.RESET, by=BY)
            self.reset.add(occurrence)

    @rule(
        device=st.sampled_from(sorted(POINTS)),
        condition=st.sampled_from(list(Condition)),
        marks=st.sets(st.sampled_from(list(Mark)), max_size=3),
        latched=st.booleans(),
    )
    def beat(self, device: str, condition: Condition, marks: set[Mark], latched: bool) -> None:
        if not self.online:
            self.silent_or_back()
        self.village.wait(20)
        self.up += 20_000
        self.said[device] = DeviceState(device=device, condition=condition, marks=sorted(marks), latched=latched)
        stamps: dict[str, Any] = {"boot": "b" * 8, "stream": "5" * 8, "version": "0"}
        stamps |= {"at": self.village.now, "clock": ClockQuality.SYNCED, "up": self.up}
        health = Health(node="ngo-3", devices=list(self.said.values()), **stamps)
        self.village.do(registry.apply_health, health, self.village.now)

    @rule()
    def silent_or_back(self) -> None:
        now = self.village.wait(100)
        if self.online:
            self.village.do(presence.fell_silent, pipeline, "ngo-3", now, now)
        else:
            self.village.do(presence.came_back, pipeline, "ngo-3", now, now)
        self.online = not self.online
        self.said = {}

    @invariant()
    def a_latch_goes_only_by_a_named_reset(self) -> None:
        rows = {row.occurrence: row for row in self.village.rows(tables.alarm, tables.alarm.c.category == "fire")}
        real = [name for name, (_, how) in self.alarms.items() if how != "tested"]
        assert set(rows) == {name.encode().hex().rjust(16, "0") for name in real}
        for name in real:
            row = rows[name.encode().hex().rjust(16, "0")]
            assert (row.condition == "reset") is (name in self.reset)
            home = self.village.row(tables.incident, row.incident)
            assert home.isolated is (self.alarms[name][1] == "isolated")

    @invariant()
    def what_is_not_known_to_be_well_does_not_look_well(self) -> None:
        for row in self.village.connection.execute(sa.select(tables.device)).mappings():
            said = self.said.get(row["id"])
            shown = of_device({**row, "online": self.online})
            well = said is not None and self.online and not said.marks and not said.latched
            if shown is Standing.WELL:
                assert well
                assert said is not None
                assert said.condition is Condition.NORMAL
            if said is None or said.condition is Condition.UNKNOWN:
                assert shown is not Standing.WELL


def test_nodes_people_and_time_in_any_order(database: Database) -> None:
    class Here(Points):
        def __init__(self) -> None:
            super().__init__(database)

    slow = (HealthCheck.too_slow, HealthCheck.data_too_large)
    run_state_machine_as_test(
        Here, settings=settings(max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=slow)
    )
