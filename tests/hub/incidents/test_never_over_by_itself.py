"""Whatever happens in whatever order: unknown, cleared, silenced or given up never ends an incident; a person does."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keng_hub import tables
from keng_hub.database import Database
from keng_hub.incidents import actions, pipeline
from keng_hub.incidents.conditions import SourceCondition, combined
from keng_hub.incidents.deadlines import ESCALATION
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import BY_SYSTEM, ENDED, HELD, WAITING, State, Verdict
from keng_hub.incidents.sweep import sweep
from keng_wire.alarm import Category, Evidence, Phase
from keng_wire.conditions import Condition, Mark
from keng_wire.event import DeviceChanged
from support.village_rows import DUTY, EXPLAINED, Village

_OPENED = [TemporaryDirectory(prefix="keng-property-")]
_DATABASE = Database(f"sqlite:///{Path(_OPENED[0].name) / 'keng.db'}")
_DATABASE.write_now(tables.metadata.create_all)


class _Rolled(Village):
    """A village in one transaction that is rolled back in the end: hundreds of them cost no files."""

    def __init__(self) -> None:
        self.connection = _DATABASE.engine.connect()
        self.transaction = self.connection.begin()
        super().__init__(_DATABASE)

    def __post_init__(self) -> None:
        from support.village_rows import settle_village

        settle_village(self.connection)

    def do(self, function: Any, *arguments: Any, **named: Any) -> Any:
        with self.connection.begin_nested():
            return function(self.connection, *arguments, **named)

    def rows(self, table: sa.Table, *where: Any) -> list[sa.Row[Any]]:
        query = sa.select(table).where(*where).order_by(*table.primary_key.columns)
        return list(self.connection.execute(query).all())

    def end(self) -> None:
        self.transaction.rollback()
        self.connection.close()


_reasons = st.sampled_from([None, "", "đã đến xem"])


class Incidents(RuleBasedStateMachine):
    """Nodes, people and time do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.village = _Rolled()
        self.before: dict[int, str] = {}
        self.by_person = False

    def teardown(self) -> None:
        self.village.end()

    def _ids(self) -> list[int]:
        return [row.id for row in self.village.rows(tables.incident)]

    def _happens(self, what: Callable[[], Any], *, person: bool = False) -> None:
        self.before = {row.id: row.state for row in self.village.rows(tables.incident)}
        self.by_person = person
        try:
            what()
        except Refused:
            assert person

    @rule(
        letter=st.sampled_from("abc"),
        phase=st.sampled_from(Phase),
        evidence=st.sampled_from(Evidence),
        category=st.sampled_from([Category.FIRE, Category.SECURITY]),
        device=st.sampled_from(["khoi-5a", "khoi-5b", "khoi-7"]),
        drill=st.booleans(),
    )
    def node_says(
        self, letter: str, phase: Phase, evidence: Evidence, category: Category, device: str, drill: bool
    ) -> None:
        self._happens(
            lambda: self.village.alarm(letter, phase, evidence=evidence, category=category, device=device, drill=drill)
        )

    @rule(marks=st.sets(st.sampled_from([Mark.FAULT, Mark.COMMS_LOST]), max_size=2))
    def device_says(self, marks: set[Mark]) -> None:
        event = DeviceChanged(device="khoi-5a", condition=Condition.NORMAL, marks=sorted(marks))
        self._happens(lambda: self.village.event(event))

    @rule()
    def node_falls_silent(self) -> None:
        now = self.village.now
        self._happens(lambda: self.village.do(pipeline.take_silence, "ngo-3", now, now))

    @rule()
    def node_returns(self) -> None:
        self._happens(lambda: self.village.do(pipeline.take_return, "ngo-3", self.village.now))

    @rule(seconds=st.sampled_from([1, 59, 61, 1_801, 7_200]))
    def time_passes(self, seconds: int) -> None:
        self.village.wait(seconds)
        self._happens(lambda: self.village.do(sweep, self.village.now))

    @precondition(lambda self: self._ids())
    @rule(data=st.data(), act=st.sampled_from(["acknowledge", "release", "silence", "reset", "comment", "reopen"]))
    def person_acts(self, data: st.DataObject, act: str) -> None:
        incident_id = data.draw(st.sampled_from(self._ids()))
        reason = data.draw(_reasons) or ""
        acts: dict[str, Callable[[], Any]] = {
            "acknowledge": lambda: self.village.act(actions.acknowledge, incident_id, DUTY),
            "release": lambda: self.village.act(actions.release, incident_id, DUTY, reason),
            "silence": lambda: self.village.act(actions.request_silence, incident_id, DUTY, reason),
            "reset": lambda: self.village.act(actions.request_reset, incident_id, DUTY, reason),
            "comment": lambda: self.village.act(actions.comment, incident_id, DUTY, reason),
            "reopen": lambda: self.village.act(actions.reopen, incident_id, DUTY, reason),
        }
        self._happens(acts[act], person=True)

    @precondition(lambda self: self._ids())
    @rule(data=st.data(), state=st.sampled_from(State), verdict=st.sampled_from([None, *Verdict]))
    def person_moves(self, data: st.DataObject, state: State, verdict: Verdict | None) -> None:
        incident_id, reason = data.draw(st.sampled_from(self._ids())), data.draw(_reasons)
        if verdict is None:
            act = lambda: self.village.act(actions.change_state, incident_id, DUTY, state, reason)  # noqa: E731
        else:
            act = lambda: self.village.act(actions.close, incident_id, DUTY, verdict, reason, ended=EXPLAINED)  # noqa: E731
        condition = self.village.row(tables.incident, incident_id).condition
        self._happens(act, person=True)
        row = self.village.row(tables.incident, incident_id)
        if row.state == "closed" and self.before[incident_id] != "closed" and condition in ("active", "unknown"):
            assert (reason or "").strip()
            assert row.verdict != "unverified"

    @invariant()
    def only_persons_end_anything(self) -> None:
        for row in self.village.rows(tables.incident):
            state, before = State(row.state), State(self.before.get(row.id, "new"))
            if state is not before and not self.by_person:
                assert state in BY_SYSTEM[before]
            if state in ENDED:
                entry = tables.incident_entry
                closings = self.village.rows(entry, entry.c.incident == row.id, entry.c.kind == "state")
                assert any(one.data["to"] == "closed" and one.account == DUTY for one in closings)

    @invariant()
    def conditions_are_what_the_sources_say(self) -> None:
        for row in self.village.rows(tables.incident):
            alarms = self.village.rows(tables.alarm, tables.alarm.c.incident == row.id)
            assert alarms
            assert row.condition == combined(SourceCondition(one.condition) for one in alarms).value

    @invariant()
    def what_waits_escalates_and_what_is_held_does_not(self) -> None:
        for row in self.village.rows(tables.incident):
            rule_ = ESCALATION[Category(row.category)]
            given_up = row.escalations * rule_.every_ms >= rule_.until_ms
            if State(row.state) in WAITING:
                assert row.escalate_at is not None or given_up
            else:
                assert row.escalate_at is None
            assert (row.owner is not None) == (State(row.state) not in WAITING)
            if State(row.state) in HELD and row.condition in ("active", "unknown"):
                assert row.acknowledged_until is not None

    @invariant()
    def every_incident_was_told(self) -> None:
        for row in self.village.rows(tables.incident):
            assert self.village.letters(row.id, "man-hinh-truc")


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
