"""What nodes tell of points under test: test results, and what a proof test has seen."""

import json
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import bulk, page_events
from keng_hub.arrivals import Arrival
from keng_hub.incidents import findings
from keng_hub.points.states import ProofState
from keng_hub.tables import command, node_event, proof_test
from keng_wire.alarm import Alarm, Phase
from keng_wire.control import CommandName
from keng_wire.event import CommandResult, ProofSeen, Sounder

SLACK_MS: Final = 60_000
"""So far the clocks of node and hub may differ when a test alarm is matched with its proof test."""


def take_alarm(connection: Connection, arrival: Arrival, body: Alarm, now: int) -> None:
    """The alarm of a point that a person put under test: a line of its history, and the times of its proof test."""
    hub_ms = max(0, now - (findings.of_alarm(arrival, body).frame_at or arrival.at))
    said = body.model_dump(mode="json", include={"phase", "cause", "occurrence", "tested_by"}) | {"hub_ms": hub_ms}
    line = (arrival.node, body.device, "test", arrival.at, json.dumps(said))
    bulk.insert(connection, node_event, ("node", "device", "kind", "at", "body"), [line])
    if body.phase is Phase.RAISED:
        waiting = (
            proof_test.c.node == arrival.node,
            proof_test.c.device == body.device,
            proof_test.c.hub_ms.is_(None),
            proof_test.c.begun <= arrival.at + SLACK_MS,
            proof_test.c.until >= arrival.at - SLACK_MS,
            sa.or_(proof_test.c.occurrence.is_(None), proof_test.c.occurrence == body.occurrence),
        )
        connection.execute(sa.update(proof_test).where(*waiting).values(occurrence=body.occurrence, hub_ms=hub_ms))
    _tell(connection, arrival.node, now)


def take_event(connection: Connection, arrival: Arrival, now: int) -> None:
    """What an event says of a proof test; others mean nothing here."""
    body = arrival.message.body
    if isinstance(body, ProofSeen):
        _seen(connection, arrival, body)
    elif isinstance(body, Sounder) and body.on and body.occurrence is not None and body.since_frame is not None:
        mine = (proof_test.c.node == arrival.node, proof_test.c.occurrence == body.occurrence)
        values = {"sounder_ms": sa.func.coalesce(proof_test.c.sounder_ms, body.since_frame)}
        if not connection.execute(sa.update(proof_test).where(*mine).values(**values)).rowcount:
            return
    elif isinstance(body, CommandResult) and body.ok:
        if not _proven(connection, arrival.node, body.command, now):
            return
    else:
        return
    _tell(connection, arrival.node, now)


def _seen(connection: Connection, arrival: Arrival, body: ProofSeen) -> None:
    mine = (proof_test.c.node == arrival.node, proof_test.c.device == body.device, proof_test.c.command == body.test)
    connection.execute(
        sa.update(proof_test)
        .where(*mine, proof_test.c.state == ProofState.WAITING.value)
        .values(
            state=ProofState.SEEN.value,
            occurrence=body.occurrence,
            raw=body.raw,
            decoded=body.decoded,
            fingerprint=body.fingerprint,
            versions=body.versions,
            seen=arrival.at,
        )
    )


def _proven(connection: Connection, node: str, command_id: str, now: int) -> bool:
    """Whether this answer made a point proven."""
    told = (command.c.id == command_id, command.c.node == node, command.c.name == CommandName.PROVEN.value)
    test = connection.execute(sa.select(command.c.test).where(*told)).scalar()
    done = sa.update(proof_test).where(proof_test.c.command == test, proof_test.c.state == ProofState.SEEN.value)
    return connection.execute(done.values(state=ProofState.PROVEN.value, confirmed=now)).rowcount == 1


def _tell(connection: Connection, node: str, now: int) -> None:
    page_events.publish(connection, "devices", {"node": node}, now)
