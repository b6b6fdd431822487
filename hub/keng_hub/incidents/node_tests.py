"""The daily self-test of the nodes: each is told to chirp, and one that does not answer well is a fault."""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.incidents import faults, findings
from keng_hub.incidents.commands import LIFE_MS
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import VIETNAM
from keng_hub.rounds import Rounds, Sleep
from keng_hub.sections import Section
from keng_hub.tables import command, counter, node
from keng_hub.wakes import Wakes
from keng_wire.alarm import Severity
from keng_wire.control import CommandName

EVERY_S: Final = 60.0


class DrillSection(Section):
    """`[drills]`: what is practised by itself. Nodes never chirp at night, so the hour is one of the day."""

    self_test_hour: Annotated[int, Field(ge=7, le=20)] | None = None


class NodeTests(Rounds):
    """Looks each minute. That today's test was sent is a row, so once a day whatever restarts come between."""

    area, every_s = "incidents", EVERY_S
    failing = "the self-test of the nodes could not be looked after, trying again"

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        hour: int | None,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self.well = "off" if hour is None else "nodes are tested"
        self._database, self._wakes, self._hour, self._clock = database, wakes, hour, clock

    async def run_once(self) -> int:
        """Send today's test if it is time to, and judge the answers to it; says how many nodes were told."""
        now = self._clock()
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM)
        if self._hour is None or local.hour < self._hour:
            return 0
        batch = f"self-test-{local:%Y-%m-%d}"
        told = await self._database.write(send, batch, now) if local.hour == self._hour else 0
        if await self._database.read(answered, batch):
            await self._database.write(judge, batch, now)
        if told:
            self._wakes.after_commit()
        return told


def send(connection: Connection, batch: str, now: int) -> int:
    """Tell each node that can be heard to test itself, once for each `batch`; says how many were told."""
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(counter).values(name=batch, value=1))
    except IntegrityError:  # today's was sent, perhaps by another hub
        return 0
    nodes = connection.execute(sa.select(node.c.id).where(node.c.online).order_by(node.c.id)).scalars().all()
    rows: list[dict[str, Any]] = [
        {
            "id": secrets.token_hex(8),
            "node": key,
            "name": CommandName.SELF_TEST.value,
            "batch": batch,
            "state": "queued",
            "created": now,
            "expires": now + LIFE_MS,
        }
        for key in nodes
    ]
    if rows:
        connection.execute(sa.insert(command), rows)
    return len(rows)


def answered(connection: Connection, batch: str) -> bool:
    """Whether a node has said how its test went, or its time is over."""
    query = sa.select(command.c.id).where(command.c.batch == batch, command.c.state.in_(("done", "failed", "expired")))
    return connection.execute(query.limit(1)).first() is not None


def judge(connection: Connection, batch: str, now: int) -> None:
    """Begin a fault of each node whose test failed or was never answered, and end that of each that passed."""
    take_turn(connection)
    for row in connection.execute(sa.select(command).where(command.c.batch == batch).order_by(command.c.id)).all():
        if row.state == "done":
            faults.end(connection, row.node, findings.NODE_ITSELF, findings.SELF_TEST, now)
        elif row.state in ("failed", "expired"):
            finding = findings.of_hub(
                findings.NODE_ITSELF,
                findings.SELF_TEST,
                Severity.LOW,
                row.created,
                now,
                node=row.node,
                detail=row.error,
            )
            faults.begin(connection, finding, now)


def latest(connection: Connection) -> list[dict[str, Any]]:
    """The last test of each node: when, how it ended, and after how many ms it was answered."""
    newest = (
        sa.select(command.c.node, sa.func.max(command.c.created).label("created"))
        .where(command.c.name == CommandName.SELF_TEST.value)
        .group_by(command.c.node)
        .subquery()
    )
    mine = sa.and_(newest.c.node == command.c.node, newest.c.created == command.c.created)
    query = (
        sa.select(command.c.node, command.c.state, command.c.error, command.c.created, command.c.answered)
        .add_columns(node.c.name.label("node_name"), node.c.place)
        .select_from(command.join(newest, mine).join(node, node.c.id == command.c.node))
        .where(command.c.name == CommandName.SELF_TEST.value)
        .order_by(sa.case((command.c.state == "done", 1), else_=0), node.c.name)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
