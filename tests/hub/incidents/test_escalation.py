"""Nobody acknowledges, or forgets to go on: what happens by itself, second by second on a clock that stands still."""

import asyncio

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.incidents import actions, pipeline
from keng_hub.incidents.escalation import Escalation
from keng_hub.incidents.states import State, Verdict
from keng_hub.incidents.sweep import overdue, sweep
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category, Cause, Phase
from support.village_rows import DUTY, EXPLAINED, START, Village, add_recipient


def _sweep(village: Village, seconds: float = 0) -> int:
    changed: int = village.do(sweep, village.wait(seconds))
    return changed


def test_after_sixty_seconds_the_second_tier_is_told(village: Village) -> None:
    incident_id = village.alarm()
    assert _sweep(village, 59.999) == 0
    assert village.letters(incident_id, "truong-thon") == []
    assert _sweep(village, 0.001) == 1
    [letter] = village.letters(incident_id, "truong-thon")
    assert letter.kind == "alarm"
    assert letter.body_vi.startswith("1 PHÚT CHƯA AI TIẾP NHẬN. CHÁY")
    assert village.entries(incident_id, "escalate") == [{"round": 1, "recipients": ["truong-thon"], "given_up": False}]


def test_it_is_said_again_every_minute_to_whoever_is_not_being_called_already(village: Village) -> None:
    incident_id = village.alarm()
    _sweep(village, 60)
    _sweep(village, 60)
    assert len(village.letters(incident_id, "truong-thon")) == 1  # the first ladder still has steps ahead
    village.set_attempts(incident_id, "accepted")
    _sweep(village, 60)
    assert len(village.letters(incident_id, "truong-thon")) == 2


def test_each_round_reaches_one_tier_higher(village: Village) -> None:
    village.do(add_recipient, "lanh-dao", [{"channel": "email", "address": "ld@xa.example"}], tier=3)
    incident_id = village.alarm()
    _sweep(village, 60)
    assert village.letters(incident_id, "lanh-dao") == []
    _sweep(village, 60)
    assert len(village.letters(incident_id, "lanh-dao")) == 1


def test_where_nobody_stands_above_the_first_tier_it_is_told_again(village: Village) -> None:
    village.execute(tables.recipient.delete().where(tables.recipient.c.tier == 2))
    incident_id = village.alarm()
    village.set_attempts(incident_id, "accepted")
    _sweep(village, 60)
    assert len(village.letters(incident_id)) == 2


def test_it_stops_when_somebody_acknowledges(village: Village) -> None:
    incident_id = village.alarm()
    _sweep(village, 60)
    village.act(actions.acknowledge, incident_id, DUTY)
    assert _sweep(village, 600) == 0
    assert len(village.entries(incident_id, "escalate")) == 1


def test_it_goes_on_although_the_source_is_quiet_again(village: Village) -> None:
    incident_id = village.alarm()
    village.alarm("a", Phase.CLEARED)
    assert _sweep(village, 60) == 1
    assert village.row(tables.incident, incident_id).escalate_at == village.now + 60_000


def test_after_an_hour_it_is_given_up_and_that_is_written_down(village: Village) -> None:
    incident_id = village.alarm()
    for _ in range(61):
        assert _sweep(village, 60) == 1
    assert village.entries(incident_id, "escalate")[-1]["given_up"]
    assert village.row(tables.incident, incident_id).escalate_at is None
    fault = village.row(tables.incident, incident_id + 1)
    assert (fault.category, fault.cause) == ("fault", "nobody_came")
    assert _sweep(village, 300) == 0


def test_a_worse_alarm_starts_what_was_given_up(village: Village) -> None:
    incident_id = village.alarm()
    for _ in range(61):
        _sweep(village, 60)
    village.alarm("b", device="khoi-5b")
    assert village.row(tables.incident, incident_id).escalate_at == village.now + 60_000


def test_later_messages_go_to_all_tiers_that_heard_of_it(village: Village) -> None:
    incident_id = village.alarm()
    _sweep(village, 60)
    village.alarm("b", device="khoi-5b")
    assert [letter.kind for letter in village.letters(incident_id, "truong-thon")] == ["alarm", "update"]


def test_information_is_never_escalated_and_a_fault_waits_ten_minutes(village: Village) -> None:
    village.alarm(category=Category.INFO, cause=Cause.OTHER)
    village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    assert village.row(tables.incident, 1).escalate_at is None
    assert village.row(tables.incident, 2).escalate_at == START + 600_000


def test_two_sweepers_do_each_step_once(village: Village) -> None:
    incident_id = village.alarm()
    now = village.wait(60)
    [before] = village.rows(tables.incident)
    assert village.do(sweep, now) == 1
    from keng_hub.incidents import sweep as module

    # The second one read the row before the first one changed it.
    assert village.do(module.escalate, before, now) is False
    assert len(village.letters(incident_id, "truong-thon")) == 1


def test_a_step_that_was_due_while_the_hub_was_down_is_done_at_its_start(village: Village) -> None:
    from keng_hub.database import Database

    village.alarm()
    now = village.wait(150)
    assert village.do(overdue, now) == 1
    again = Database(village.database.url)
    assert again.write_now(sweep, now) == 1
    again.close()
    assert village.do(overdue, now) == 0


# Acknowledgements that run out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("quiet", ["active", "lost"])
def test_an_acknowledgement_that_runs_out_opens_the_incident_while_danger_may_remain(
    village: Village, quiet: str
) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.set_attempts(incident_id, "accepted")
    if quiet == "lost":
        village.do(pipeline.take_silence, "ngo-3", village.now, village.now)
    assert _sweep(village, 30 * 60 - 1) == (1 if quiet == "lost" else 0)  # the fault of the silent node is due
    _sweep(village, 1)
    row = village.row(tables.incident, incident_id)
    assert (row.state, row.owner, row.escalate_at) == ("reopened", None, village.now + 60_000)
    assert "BÁO LẠI. " in village.letters(incident_id)[-1].body_vi
    assert village.entries(incident_id, "expire") == [{"owner": DUTY, "from": "acknowledged", "reopened": True}]


@pytest.mark.parametrize("phase", [Phase.CLEARED, Phase.RESET])
def test_what_is_quiet_stays_with_its_owner_and_is_not_closed(village: Village, phase: Phase) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.alarm("a", phase)
    assert _sweep(village, 30 * 60) == 1
    row = village.row(tables.incident, incident_id)
    assert (row.state, row.owner, row.closed) == ("acknowledged", DUTY, None)
    assert _sweep(village, 30 * 60) == 0


@pytest.mark.parametrize("letter", ["a", "b"])
def test_what_alarms_again_after_its_owner_forgot_it_is_open_to_everybody(village: Village, letter: str) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.alarm("a", Phase.CLEARED)
    _sweep(village, 30 * 60)
    assert village.alarm(letter) == incident_id
    row = village.row(tables.incident, incident_id)
    assert (row.state, row.owner, row.escalate_at) == ("reopened", None, village.now + 60_000)
    assert len(village.letters(incident_id)) == 2


def test_contained_and_closed_incidents_do_not_run_out(village: Village) -> None:
    incident_id = village.alarm()
    village.act(actions.acknowledge, incident_id, DUTY)
    village.act(actions.change_state, incident_id, DUTY, State.CONTAINED, None)
    assert _sweep(village, 3600) == 0
    village.act(actions.close, incident_id, DUTY, Verdict.CONFIRMED, "đã dập", ended=EXPLAINED)
    assert _sweep(village, 3600) == 0


# The part that sweeps ------------------------------------------------------------------------------------------------


async def test_the_part_sweeps_and_wakes_the_others(village: Village) -> None:
    village.alarm()
    wakes = Wakes()
    part = Escalation(village.database, wakes, village.clock)
    assert await part.run_once() == 0
    assert not wakes.deliveries.is_set()
    village.wait(120)
    health = await part.health()
    assert (health.ok, health.detail) == (False, "1 steps overdue")
    assert await part.run_once() == 1
    assert wakes.deliveries.is_set()
    assert (await part.health()).ok


@pytest.mark.expects_log("cannot look what is due")
async def test_the_part_survives_a_database_that_is_away(village: Village) -> None:
    looks = asyncio.Semaphore(0)

    async def sleep(_: float) -> None:
        looks.release()
        await asyncio.sleep(0)

    village.alarm()
    village.execute(sa.text("ALTER TABLE incident RENAME TO gone"))
    task = asyncio.create_task(Escalation(village.database, Wakes(), village.clock, sleep).run())
    await looks.acquire()
    village.execute(sa.text("ALTER TABLE gone RENAME TO incident"))
    village.wait(60)
    async with asyncio.timeout(10):
        while not village.entries(1, "escalate"):
            await looks.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
