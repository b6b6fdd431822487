"""Drills: planned for a place and a time, begun by a person, labelled everywhere, ended with a result."""

import secrets
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import findings, stages
from keng_hub.incidents.case import HUB, Finding
from keng_hub.incidents.commands import LIFE_MS
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.gates import reason as check_reason
from keng_hub.incidents.subtree import subtree
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import alarm, command, drill, incident, node
from keng_wire.alarm import Category, Evidence, Phase, Severity
from keng_wire.control import CommandName

LONGEST_MS: Final = 4 * 3_600_000
HOPS: Final = ("recorded_at", "sounded_at", "sent_at", "received_at", "committed_at", "attempted_at", "shown_at")


class DrillState(StrEnum):
    """How far a drill is."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


def plan(connection: Connection, place: str, first: int, last: int, purpose: str, account: int, now: int) -> int:
    """Plan a drill from `first` to `last` (UTC ms); gives its id."""
    check_reason(purpose)
    if last <= max(first, now) or last - first > LONGEST_MS:
        raise Refused("drill_end")
    values: dict[str, Any] = {"place": place, "purpose": purpose.strip(), "state": DrillState.PLANNED.value}
    values |= {"first": first, "last": last, "account": account, "planned": now}
    key: int = connection.execute(sa.insert(drill).values(**values).returning(drill.c.id)).scalar_one()
    return key


def begin(connection: Connection, drill_id: int, account: int, now: int) -> int:
    """Tell the nodes of the place to begin; says how many. Where none can be heard, the hub makes the alarm itself."""
    row = _row(connection, drill_id, DrillState.PLANNED)
    if not row.first <= now <= row.last:
        raise Refused("drill_time")
    nodes = connection.execute(
        sa.select(node.c.id).where(node.c.online, node.c.place.in_(subtree(row.place))).order_by(node.c.id)
    )
    told = [_command(row, key, account, now) for key in nodes.scalars()]
    incident_id = None
    if told:
        connection.execute(sa.insert(command), told)
    else:
        incident_id = stages.run(connection, _finding(row, now), now).incident
    values = {"state": DrillState.RUNNING.value, "begun": now, "begun_by": account, "incident": incident_id}
    connection.execute(sa.update(drill).where(drill.c.id == row.id).values(**values))
    return len(told)


def cancel(connection: Connection, drill_id: int, now: int) -> None:
    """It will not take place."""
    row = _row(connection, drill_id, DrillState.PLANNED)
    values = {"state": DrillState.CANCELLED.value, "ended": now}
    connection.execute(sa.update(drill).where(drill.c.id == row.id).values(**values))


def end(connection: Connection, drill_id: int, learnt: str, now: int) -> dict[str, Any]:
    """It is over: keep the time of each hop, and what was learnt. People close its incidents as they close others."""
    row = _row(connection, drill_id, DrillState.RUNNING)
    result = {"learnt": learnt.strip(), "incidents": [_measured(connection, one) for one in incidents(connection, row)]}
    values = {"state": DrillState.ENDED.value, "ended": now, "result": result}
    connection.execute(sa.update(drill).where(drill.c.id == row.id).values(**values))
    return result


def incidents(connection: Connection, row: sa.Row[Any]) -> list[sa.Row[Any]]:
    """The incidents of a drill: those marked as a drill, of its place and time."""
    query = (
        sa.select(incident)
        .where(incident.c.drill, incident.c.place.in_(subtree(row.place)), incident.c.opened >= row.begun)
        .where(incident.c.opened <= max(row.last, row.begun + LIFE_MS))
        .order_by(incident.c.id)
    )
    return list(connection.execute(query).all())


def _measured(connection: Connection, row: sa.Row[Any]) -> dict[str, Any]:
    """Milliseconds of each hop from the first byte, of the first alarm; None where a hop was not seen."""
    first = sa.select(alarm).where(alarm.c.incident == row.id).order_by(alarm.c.id).limit(1)
    source = connection.execute(first).one()
    hops = {hop: _after(getattr(source, hop), source.frame_at) for hop in HOPS}
    taken = _after(row.acknowledged, source.frame_at)
    return {"code": row.code, "node": source.node, "hops": hops, "acknowledged": taken}


def _after(at: int | None, first: int) -> int | None:
    return None if at is None else at - first


def _command(row: sa.Row[Any], key: str, account: int, now: int) -> dict[str, Any]:
    values: dict[str, Any] = {"id": secrets.token_hex(8), "node": key, "name": CommandName.DRILL.value}
    values |= {"account": account, "reason": row.purpose[:200], "state": "queued"}
    return values | {"created": now, "expires": now + LIFE_MS}


def _finding(row: sa.Row[Any], now: int) -> Finding:
    return Finding(
        node=HUB,
        occurrence=findings.occurrence("drill", str(row.id)),
        phase=Phase.RAISED,
        category=Category.FIRE,
        severity=Severity.INFO,
        cause=findings.DRILL,
        evidence=Evidence.PERSON,
        device=findings.DRILL,
        happened=now,
        received=now,
        place=row.place,
        drill=True,
        recorded_at=now,
    )


def _row(connection: Connection, drill_id: int, state: DrillState) -> sa.Row[Any]:
    take_turn(connection)
    row = connection.execute(sa.select(drill).where(drill.c.id == drill_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("no_drill")
    if row.state != state.value:
        raise Refused("wrong_state")
    return row
