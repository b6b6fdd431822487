"""What people do with an incident: each act checks the tables of states and gates, and writes who, when and why.

Whether an account may do this at all is checked before, by the page. Times are UTC ms. All raise `Refused`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import entries, gates, notify, outcome
from keng_hub.incidents.commands import on_their_way, queue_commands
from keng_hub.incidents.deadlines import rule
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.outcome import Outcome
from keng_hub.incidents.rows import any_row, open_row
from keng_hub.incidents.states import CALMING, HELD, State, Verdict
from keng_hub.incidents.wording import Say
from keng_hub.tables import incident
from keng_wire.control import CommandName

ACKNOWLEDGED_MS = 30 * 60_000
"""How long an acknowledgement lasts unless its owner does something; then, if the danger may remain, it re-opens."""


def acknowledge(
    connection: Connection, incident_id: int, account_id: int, now: int, *, for_ms: int = ACKNOWLEDGED_MS
) -> None:
    """Take the incident: escalation stops. Taking it from somebody else, or again, is allowed and noted."""
    row = open_row(connection, incident_id)
    state = State.ACKNOWLEDGED if State(row.state) not in HELD | {State.CONTAINED} else State(row.state)
    values: dict[str, Any] = {"owner": account_id, "acknowledged_until": now + for_ms, "state": state.value}
    values |= {"escalate_at": None, "acknowledged": row.acknowledged or now}
    _update(connection, row, values)
    ledger.stop(connection, incident_id, now, first_calls_of_fire=False)
    data = {"from": row.state, "to": state.value, "until": now + for_ms, "taken_from": row.owner}
    _record(connection, row, EntryKind.ACKNOWLEDGE, data, now, account_id)


def release(connection: Connection, incident_id: int, account_id: int, reason: str, now: int) -> None:
    """Give the incident back: it is open to everybody again, and the clock of escalation starts anew."""
    row = open_row(connection, incident_id)
    if State(row.state) not in HELD:
        raise Refused("not_held")
    gates.reason(reason)
    _update(connection, row, _unowned(connection, row, now))
    data = {"from": row.state, "to": State.REOPENED.value, "reason": reason.strip()}
    _record(connection, row, EntryKind.RELEASE, data, now, account_id)


def change_state(
    connection: Connection, incident_id: int, account_id: int, state: State, reason: str | None, now: int
) -> None:
    """Move on to `state`. Contained and closed send the all-clear to exactly those who were alarmed.

    The reason for *filed* is the number of the document with which it was reported.
    """
    if state is State.ACKNOWLEDGED:
        acknowledge(connection, incident_id, account_id, now)
        return
    if state is State.REOPENED:
        reopen(connection, incident_id, account_id, reason or "", now)
        return
    row = any_row(connection, incident_id)
    gates.move(row, state)
    if state is State.CLOSED:
        gates.closing(row, reason)
        outcome.gate(connection, row)
    if state is State.FILED and _clean(reason) is None:
        raise Refused("document_needed")
    values: dict[str, Any] = {"state": state.value, "escalate_at": None}
    if state in HELD:
        values |= {"acknowledged_until": now + ACKNOWLEDGED_MS}
    if state is State.CLOSED:
        values |= {"closed": now, "acknowledged_until": None}
    _update(connection, row, values)
    if state in (State.CONTAINED, State.CLOSED):
        _all_clear(connection, row, now)
    data = {"from": row.state, "to": state.value, "reason": _clean(reason)}
    _record(connection, row, EntryKind.STATE, data, now, account_id)


def close(
    connection: Connection,
    incident_id: int,
    account_id: int,
    verdict: Verdict | None,
    reason: str | None,
    now: int,
    ended: Outcome | None = None,
) -> None:
    """Give the verdict, when it is a new one, say how it ended, and close, in one act."""
    row = any_row(connection, incident_id)
    gates.move(row, State.CLOSED)
    if verdict is not None and verdict.value != row.verdict:
        give_verdict(connection, incident_id, account_id, verdict, reason, now)
    if ended is not None:
        outcome.record(connection, row, account_id, ended, now)
    change_state(connection, incident_id, account_id, State.CLOSED, reason, now)


def reopen(connection: Connection, incident_id: int, account_id: int, reason: str, now: int) -> None:
    """Open a closed incident again; somebody has to acknowledge it anew, or it escalates."""
    row = any_row(connection, incident_id)
    if State(row.state) is not State.CLOSED:
        raise Refused("wrong_state")
    gates.reason(reason)
    _update(connection, row, _unowned(connection, row, now) | {"closed": None})
    data = {"from": row.state, "to": State.REOPENED.value, "reason": reason.strip()}
    _record(connection, row, EntryKind.STATE, data, now, account_id)


def give_verdict(
    connection: Connection, incident_id: int, account_id: int, verdict: Verdict, reason: str | None, now: int
) -> None:
    """Say what it was. One that calms people needs a reason; a drill is marked when it begins, never here."""
    row = open_row(connection, incident_id)
    if Verdict.DRILL in (verdict, Verdict(row.verdict)):
        raise Refused("drill_is_set_at_start")
    if verdict in CALMING:
        gates.reason(reason)
    _update(connection, row, {"verdict": verdict.value} | _prolonged(row, now))
    data = {"from": row.verdict, "to": verdict.value, "reason": _clean(reason)}
    _record(connection, row, EntryKind.VERDICT, data, now, account_id)


def comment(connection: Connection, incident_id: int, account_id: int, text: str, now: int) -> None:
    """Add a note; also to a closed incident."""
    row = any_row(connection, incident_id)
    if not text.strip():
        raise Refused("text_needed")
    _update(connection, row, _prolonged(row, now))
    _record(connection, row, EntryKind.COMMENT, {"text": text.strip()}, now, account_id)


def request_silence(connection: Connection, incident_id: int, account_id: int, reason: str, now: int) -> list[str]:
    """Ask the nodes to stop the bells; says the ids of the commands. The alarm goes on, only the noise ends."""
    return _request(connection, incident_id, account_id, CommandName.SILENCE, reason, now)


def request_reset(connection: Connection, incident_id: int, account_id: int, reason: str, now: int) -> list[str]:
    """Ask the nodes to clear the latch; they refuse while the source still alarms. Says the ids of the commands."""
    return _request(connection, incident_id, account_id, CommandName.RESET, reason, now)


def _request(
    connection: Connection, incident_id: int, account_id: int, name: CommandName, reason: str, now: int
) -> list[str]:
    row = any_row(connection, incident_id)
    gates.reason(reason)
    if there := on_their_way(connection, incident_id, account_id, name, reason.strip(), now):
        return there
    ids = queue_commands(connection, incident_id, account_id, name, reason.strip(), now)
    if not ids:
        raise Refused("nothing_to_command")
    _update(connection, row, _prolonged(row, now))
    data = {"name": name.value, "commands": ids, "reason": reason.strip()}
    _record(connection, row, EntryKind.COMMAND, data, now, account_id)
    return ids


def _all_clear(connection: Connection, row: sa.Row[Any], now: int) -> None:
    ledger.stop(connection, row.id, now, first_calls_of_fire=True)
    people = ledger.alarmed(connection, row.id)
    if not people:
        return
    current = any_row(connection, row.id)
    notify.tell(connection, current, Say.ALL_CLEAR, DeliveryKind.ALL_CLEAR, people, now)
    data = {"recipients": [person.id for person in people]}
    entries.write(connection, row.id, EntryKind.ALL_CLEAR, data, now)


def _unowned(connection: Connection, row: sa.Row[Any], now: int) -> dict[str, Any]:
    times = rule(connection, row.category, row.place)
    return {
        "state": State.REOPENED.value,
        "owner": None,
        "acknowledged": None,
        "acknowledged_until": None,
        "escalations": 0,
        "escalate_at": now + times.first_ms if times else None,
    }


def _prolonged(row: sa.Row[Any], now: int) -> dict[str, Any]:
    """Whoever does something has not forgotten it."""
    return {"acknowledged_until": now + ACKNOWLEDGED_MS} if State(row.state) in HELD else {}


def _update(connection: Connection, row: sa.Row[Any], values: dict[str, Any]) -> None:
    if values:
        connection.execute(sa.update(incident).where(incident.c.id == row.id).values(**values))


def _record(
    connection: Connection, row: sa.Row[Any], kind: EntryKind, data: dict[str, Any], now: int, account_id: int
) -> None:
    entries.write(connection, row.id, kind, data, now, account_id)
    entries.announce(connection, row.id, now)


def _clean(reason: str | None) -> str | None:
    return (reason or "").strip() or None
