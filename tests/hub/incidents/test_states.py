"""The table of states, cell by cell: what a person may do, what happens by itself, and nothing else."""

import pytest

from keng_hub import tables
from keng_hub.incidents.actions import change_state
from keng_hub.incidents.errors import TEXTS, Refused
from keng_hub.incidents.states import BY_PERSON, BY_SYSTEM, ENDED, HELD, WAITING, State, Verdict
from support.village_rows import DUTY, Village

_ALLOWED = {
    ("new", "acknowledged"),
    ("reopened", "acknowledged"),
    ("acknowledged", "verifying"),
    ("acknowledged", "responding"),
    ("acknowledged", "contained"),
    ("acknowledged", "closed"),
    ("verifying", "responding"),
    ("verifying", "contained"),
    ("verifying", "closed"),
    ("responding", "verifying"),
    ("responding", "contained"),
    ("responding", "closed"),
    ("contained", "responding"),
    ("contained", "closed"),
    ("closed", "filed"),
    ("closed", "reopened"),
}
"""Written out once more by hand: the test must not read the table it tests."""


def test_every_state_has_its_row_in_both_tables() -> None:
    assert set(BY_PERSON) == set(BY_SYSTEM) == set(State)


def test_nothing_ever_ends_by_itself() -> None:
    assert all(targets <= {State.REOPENED} for targets in BY_SYSTEM.values())


def test_every_state_is_waiting_held_contained_or_ended() -> None:
    assert WAITING | HELD | ENDED | {State.CONTAINED} == set(State)
    assert not WAITING & HELD


@pytest.mark.parametrize("before", list(State))
def test_a_move_is_possible_if_and_only_if_the_table_has_it(village: Village, before: State) -> None:
    incident_id = village.alarm()
    for after in State:
        fixed = {"state": before.value, "verdict": Verdict.HOAX.value}  # a verdict that asks for no cause
        village.execute(tables.incident.update().values(**fixed))
        # Acknowledging again, or taking over, is allowed wherever the incident is open; see the tests of acts.
        if (before, after) in _ALLOWED or (after is State.ACKNOWLEDGED and before not in ENDED):
            village.act(change_state, incident_id, DUTY, after, "vì thử")
            kept = before if after is State.ACKNOWLEDGED and before not in WAITING else after
            assert village.row(tables.incident, incident_id).state == kept.value
            continue
        with pytest.raises(Refused) as refused:
            village.act(change_state, incident_id, DUTY, after, "vì thử")
        assert refused.value.code in TEXTS
        assert village.row(tables.incident, incident_id).state == before.value
