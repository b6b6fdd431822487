"""What is due by itself, looked for every second: escalations, and acknowledgements that ran out.

What is due is a row; whoever changes it first does the work, so a restart or a second hub neither skips nor doubles.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.incidents import dispatch, entries, faults, findings, notify, roll_call_due
from keng_hub.incidents.conditions import NOT_OVER
from keng_hub.incidents.deadlines import rule
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.route import people
from keng_hub.incidents.states import HELD, WAITING, State
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import Say
from keng_hub.rosters import mutes
from keng_hub.tables import incident
from keng_wire.alarm import Category, Severity

_WAITING = [state.value for state in WAITING]
_HELD = [state.value for state in HELD]


def sweep(connection: Connection, now: int) -> int:
    """Do all that is due at `now`; says how many incidents changed, so that the caller knows whether to wake others."""
    take_turn(connection)
    changed = _escalate_due(connection, now) + _expire_due(connection, now)
    changed += roll_call_due.begin_due(connection, now) + roll_call_due.tell_overdue(connection, now)
    return changed + dispatch.tell_overdue(connection, now)


def overdue(connection: Connection, now: int, slack_ms: int = 10_000) -> int:
    """How many steps should have happened `slack_ms` ago or before: above nothing, somebody stopped sweeping."""
    steps = sa.and_(incident.c.escalate_at <= now - slack_ms, incident.c.state.in_(_WAITING))
    ends = sa.and_(incident.c.acknowledged_until <= now - slack_ms, incident.c.state.in_(_HELD))
    left = connection.execute(sa.select(sa.func.count()).select_from(incident).where(sa.or_(steps, ends))).scalar_one()
    return left + roll_call_due.due_now(connection, now - slack_ms) + dispatch.due_now(connection, now - slack_ms)


def _escalate_due(connection: Connection, now: int) -> int:
    due = connection.execute(
        sa.select(incident)
        .where(incident.c.escalate_at <= now, incident.c.state.in_(_WAITING))
        .order_by(incident.c.escalate_at)
    ).all()
    return sum(escalate(connection, row, now) for row in due)


def escalate(connection: Connection, row: sa.Row[Any], now: int) -> bool:
    """Do the step that was due when `row` was read; False when another did it meanwhile."""
    times = rule(connection, row.category, row.place)
    given_up = times is None or row.escalations * times.every_ms >= times.until_ms
    step = row.escalations + 1
    if (held := mutes.over(connection, row, now)) is not None:
        return _wait(connection, row, held.ends)
    claimed = connection.execute(
        sa.update(incident)
        .where(
            incident.c.id == row.id,
            incident.c.escalate_at == row.escalate_at,
            incident.c.state.in_(_WAITING),
        )
        .values(
            escalate_at=None if times is None or given_up else now + times.every_ms,
            escalations=row.escalations if given_up else step,
        )
    )
    if claimed.rowcount != 1:
        return False
    told: list[ledger.Person] = [] if given_up else _next_people(connection, row, step, now)
    notify.tell(connection, row, Say.NOBODY, notify.kind_of(row, first=True), told, now)
    data = {"round": step, "recipients": [person.id for person in told], "given_up": given_up}
    entries.write(connection, row.id, EntryKind.ESCALATE, data, now)
    entries.announce(connection, row.id, now)
    if given_up and row.category != Category.FAULT.value:
        finding = findings.of_hub(row.code, findings.NOBODY_CAME, Severity.HIGH, now, now, detail=row.code)
        faults.begin(connection, finding, now)
    return True


def _wait(connection: Connection, row: sa.Row[Any], until: int) -> bool:
    """Its people are not to be told now: the step is due when the mute is over."""
    claim = sa.update(incident).where(incident.c.id == row.id, incident.c.escalate_at == row.escalate_at)
    return connection.execute(claim.values(escalate_at=until)).rowcount == 1


def _next_people(connection: Connection, row: sa.Row[Any], step: int, now: int) -> list[ledger.Person]:
    """Tiers 2 to `step` + 1; where there is nobody above the first tier, the first once more.

    Whoever of the first tier has not heard of it yet, because of a mute or the roster, hears now. Whoever still has a
    step of an earlier ladder ahead is not started over, or the later steps would never come.
    """
    busy, heard = ledger.climbing(connection, row.id), ledger.told(connection, row.id)
    first = people(connection, row.category, row.place, [1], now)
    above = people(connection, row.category, row.place, range(2, step + 2), now)
    chosen = [*(person for person in first if person.id not in heard), *above] if above else first
    return [person for person in chosen if person.id not in busy]


def _expire_due(connection: Connection, now: int) -> int:
    due = connection.execute(
        sa.select(incident).where(incident.c.acknowledged_until <= now, incident.c.state.in_(_HELD))
    ).all()
    return sum(_expire(connection, row, now) for row in due)


def _expire(connection: Connection, row: sa.Row[Any], now: int) -> bool:
    """Where the danger may still be, the incident is open to everybody again; otherwise it stays with its owner."""
    again = row.condition in NOT_OVER
    values: dict[str, Any] = {"acknowledged_until": None}
    if again:
        times = rule(connection, row.category, row.place)
        values |= {"state": State.REOPENED.value, "owner": None, "acknowledged": None, "escalations": 0}
        values |= {"escalate_at": now + times.first_ms if times else None}
    claimed = connection.execute(
        sa.update(incident)
        .where(
            incident.c.id == row.id,
            incident.c.acknowledged_until == row.acknowledged_until,
            incident.c.state == row.state,
        )
        .values(**values)
    )
    if claimed.rowcount != 1:
        return False
    data = {"owner": row.owner, "from": row.state, "reopened": again}
    entries.write(connection, row.id, EntryKind.EXPIRE, data, now)
    if again:
        told = people(connection, row.category, row.place, [1], now)
        notify.tell(connection, row, Say.AGAIN, notify.kind_of(row, first=True), told, now)
    entries.announce(connection, row.id, now)
    return True
