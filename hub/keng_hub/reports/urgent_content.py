"""What an urgent report says of one incident: times of each hop and step, who did what, damage, and what is missing."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import REACHED
from keng_hub.incidents import dispatch, outcome, roll_call, targets
from keng_hub.incidents.entries import EntryKind
from keng_hub.tables import account, alarm, attempt, delivery, incident, incident_entry

Row = dict[str, Any]
VERSION: Final = 1
HOPS: Final = ("recorded_at", "sounded_at", "sent_at", "received_at", "committed_at", "attempted_at", "shown_at")
_FACTS: Final = (
    *("code", "category", "severity", "cause", "evidence", "state", "verdict", "condition", "drill", "test"),
    *("simulated", "place", "place_words", "happened", "opened", "late", "clock_doubt", "acknowledged", "closed"),
)
_TOLD: Final = tuple(
    kind.value
    for kind in (
        *(EntryKind.STATE, EntryKind.VERDICT, EntryKind.ACKNOWLEDGE, EntryKind.RELEASE, EntryKind.EXPIRE),
        *(EntryKind.ESCALATE, EntryKind.COMMAND, EntryKind.ALL_CLEAR, EntryKind.DISPATCH, EntryKind.CALL),
        *(EntryKind.OUTCOME, EntryKind.HANDOVER),
    )
)
"""Kinds of entries that say what people did; what residents wrote and answered stays out, by its counts alone."""


def gather(connection: Connection, row: sa.Row[Any], now: int) -> Row:
    """The content as of `now` (UTC ms); names of people of the commune stand in it, those of residents never."""
    facts = dict(connection.execute(sa.select(incident).where(incident.c.id == row.id)).mappings().one())
    said = outcome.of(connection, row.id)
    content: Row = {
        "version": VERSION,
        "made": now,
        "incident": {key: facts[key] for key in _FACTS},
        "sources": _sources(connection, row.id),
        "steps": _steps(connection, facts, now),
        "acts": _acts(connection, row.id),
        "tasks": _tasks(connection, row.id),
        "told": _told(connection, row.id),
        "roll_call": _roll_call(connection, row.id),
        "outcome": {key: getattr(said, key) for key in _ENDING} if said is not None else None,
    }
    return content | {"completeness": _completeness(content)}


_ENDING: Final = ("cause", "false_alarm_cause", "dead", "injured", "damage", "loss")


def _sources(connection: Connection, incident_id: int) -> list[Row]:
    query = sa.select(alarm).where(alarm.c.incident == incident_id).order_by(alarm.c.frame_at, alarm.c.id)
    return [
        {
            "cause": row.cause,
            "evidence": row.evidence,
            "condition": row.condition,
            "node": row.node,
            "frame_at": row.frame_at,
            "hops": {hop: getattr(row, hop) - row.frame_at for hop in HOPS if getattr(row, hop) is not None},
        }
        for row in connection.execute(query)
    ]


def _steps(connection: Connection, facts: Row, now: int) -> list[Row]:
    found = targets.of(connection, [facts])[facts["id"]]
    return [one._asdict() | {"step": one.step.value, "late": one.late(now)} for one in found]


def _acts(connection: Connection, incident_id: int) -> list[Row]:
    query = (
        sa.select(incident_entry.c.at, incident_entry.c.kind, incident_entry.c.data, account.c.full_name)
        .select_from(incident_entry.outerjoin(account))
        .where(incident_entry.c.incident == incident_id, incident_entry.c.kind.in_(_TOLD))
        .order_by(incident_entry.c.id)
    )
    return [
        {"at": row.at, "kind": row.kind, "who": row.full_name, "data": row.data} for row in connection.execute(query)
    ]


def _tasks(connection: Connection, incident_id: int) -> list[Row]:
    shown = ("name", "role", "state", "asked", "accepted", "arrived", "ended")
    return [{key: one[key] for key in shown} for one in dispatch.of_incident(connection, incident_id)]


def _told(connection: Connection, incident_id: int) -> Row:
    """How many people were written to, and how many of them by a way that took it."""
    reached = [state.value for state in REACHED]
    query = (
        sa.select(delivery.c.recipient, sa.func.max(sa.case((attempt.c.state.in_(reached), 1), else_=0)).label("got"))
        .select_from(delivery.outerjoin(attempt, attempt.c.delivery == delivery.c.id))
        .where(delivery.c.incident == incident_id)
        .group_by(delivery.c.recipient)
    )
    rows = connection.execute(query).all()
    return {"people": len(rows), "reached": sum(row.got for row in rows)}


def _roll_call(connection: Connection, incident_id: int) -> Row | None:
    rows = roll_call.for_rescuers(connection, incident_id)
    if not rows:
        return None
    said = [row["answer"] for row in rows]
    return {one.value: said.count(one.value) for one in roll_call.RollCallAnswer}


def _completeness(content: Row) -> Row:
    """Which share of what the report should know it does know, and what is missing."""
    wanted = [(f"hop_{hop}", hop in source["hops"]) for source in content["sources"] for hop in HOPS[:5]]
    ended: Row = content["outcome"] or {}
    wanted += [
        ("acknowledged", content["incident"]["acknowledged"] is not None),
        ("verdict", content["incident"]["verdict"] != "unverified"),
        ("closed", content["incident"]["closed"] is not None),
        ("cause", bool(ended.get("cause") or ended.get("false_alarm_cause"))),
        ("damage", bool(ended)),
    ]
    missing = sorted({name for name, known in wanted if not known})
    return {"known": sum(known for _, known in wanted), "wanted": len(wanted), "missing": missing}
