"""What the hub says to nodes: acknowledgements, commands, desired configuration."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.health import Health
from keng_hub.tables import account, command
from keng_hub.wakes import Wakes
from keng_wire.control import Ack, Command, CommandName, DesiredConfig
from keng_wire.event import CommandResult
from keng_wire.topics import Down, MessageClass, down

log = logging.getLogger("keng.downlink")

GATHER_S = 0.25
"""Acknowledgements of anything but alarms are gathered this long, one message a node."""
WORDS = 200
"""Characters of a text on the wire: a longer one is refused, and would hold up every later command."""


class Publisher(Protocol):
    """The way to the broker."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        """Send; False when there is no connection, and nothing was sent."""
        ...


@dataclass(slots=True)
class _Numbers:
    stream: str
    high: dict[MessageClass, int] = field(default_factory=dict[MessageClass, int])


class Downlink:
    """Sends acknowledgements at once and commands when they appear as rows.

    Acknowledgements go out with QoS 0: they are cumulative, repeated after each commit and in answer to each status,
    and a node that misses one sends again. Commands go out with QoS 1, and a node runs each id once.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        wakes: Wakes,
        *,
        clock: Clock = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._publisher, self._wakes = database, publisher, wakes
        self._clock, self._sleep = clock, sleep
        self._numbers: dict[str, _Numbers] = {}
        self._due: set[str] = set()
        self._any = asyncio.Event()
        self._looked = clock()

    def acknowledge(self, node: str, stream: str, high: dict[MessageClass, int]) -> None:
        """Tell a node that everything up to these numbers is committed. Call it on the event loop."""
        numbers = self._numbers.get(node)
        if numbers is None or numbers.stream != stream:
            numbers = self._numbers[node] = _Numbers(stream)
        for cls, number in high.items():
            numbers.high[cls] = max(number, numbers.high.get(cls, 0))
        if MessageClass.ALARM in high:
            self._send_ack(node)
        else:
            self._due.add(node)
            self._any.set()

    def configure(self, node: str, config: DesiredConfig) -> bool:
        """Publish the settings a node should run with, retained; False without a connection."""
        payload = config.model_dump_json().encode()
        return self._publisher.publish(down(node, Down.CONFIG), payload, qos=1, retain=True)

    async def run(self) -> None:
        """Serve both until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._acknowledging(), name="acknowledgements")
            group.create_task(self._commanding(), name="commands")

    async def send_commands(self) -> None:
        """Send what is queued and close what expired, once."""
        now = self._clock()
        self._looked = now
        rows = await self._database.read(_open_commands)
        if any(row.expires <= now for row in rows) and await self._database.write(expire, now):
            self._wakes.after_commit()
        for row in rows:
            if row.state == "queued" and row.expires > now:
                await self._send_command(row)

    async def health(self) -> Health:
        """Whether the commands were looked at just now."""
        age = (self._clock() - self._looked) / 1000
        return Health(age < 30, f"looked {age:.0f} s ago")

    async def _acknowledging(self) -> None:
        while True:
            await self._any.wait()
            self._any.clear()
            due, self._due = self._due, set()
            for node in due:
                self._send_ack(node)
            await asyncio.sleep(GATHER_S)

    def _send_ack(self, node: str) -> None:
        numbers = self._numbers[node]
        high = {cls.value: number for cls, number in numbers.high.items()}
        ack = Ack(stream=numbers.stream, at=self._clock(), **high)
        self._publisher.publish(down(node, Down.ACK), ack.model_dump_json().encode())

    async def _commanding(self) -> None:
        while True:
            try:
                await self.send_commands()
            except Exception:
                log.exception("commands could not be sent, next try in a second")
                await self._sleep(1)
            await self._woken()

    async def _woken(self) -> None:
        try:
            async with asyncio.timeout(1):
                await self._wakes.commands.wait()
        except TimeoutError:
            pass
        self._wakes.commands.clear()

    async def _send_command(self, row: Any) -> None:
        message = Command(
            id=row.id,
            name=CommandName(row.name),
            occurrence=row.occurrence,
            by=(row.full_name or "Kẻng")[:WORDS],
            reason=(row.reason or "")[:WORDS] or None,  # the whole of it stands at the hub
            expires=row.expires,
            device=row.device,
            until=row.until,
            test=row.test,
            method=row.method,
            call=row.call,
            text=row.text,
        )
        topic = down(row.node, Down.COMMAND)
        # First out, then marked: should we die in between, the node gets the id twice and runs it once.
        if self._publisher.publish(topic, message.model_dump_json().encode(), qos=1):
            await self._database.write(_sent, row.id)


def close(connection: Connection, node: str, result: CommandResult, now: int) -> bool:
    """Write down what became of a command; False when it is not open or not this node's."""
    is_open = (command.c.id == result.command, command.c.node == node, command.c.state.in_(("queued", "sent")))
    values = {"state": "done" if result.ok else "failed", "error": result.error, "answered": now}
    return connection.execute(sa.update(command).where(*is_open).values(**values)).rowcount == 1


def again(connection: Connection, node: str) -> bool:
    """Queue a node's unanswered commands once more, when it is said to be there; False when there were none.

    The broker may have lost its disk with them in it, and a node runs each id once.
    """
    unanswered = (command.c.node == node, command.c.state == "sent")
    return connection.execute(sa.update(command).where(*unanswered).values(state="queued")).rowcount > 0


def expire(connection: Connection, now: int) -> bool:
    """Close the commands that nobody answered in time; False when there were none."""
    late = (command.c.state.in_(("queued", "sent")), command.c.expires <= now)
    rows = connection.execute(sa.select(command.c.id, command.c.node).where(*late)).all()
    expired = False
    for row in rows:
        closing = sa.update(command).where(command.c.id == row.id, *late).values(state="expired")
        if connection.execute(closing).rowcount == 1:
            expired = True
            page_events.publish(connection, "node", {"node": row.node}, now)
    return expired


def _open_commands(connection: Connection) -> list[Any]:
    query = (
        sa.select(command, account.c.full_name)
        .select_from(command.outerjoin(account, command.c.account == account.c.id))
        .where(command.c.state.in_(("queued", "sent")))
        .order_by(command.c.created)
        .limit(1_000)
    )
    return list(connection.execute(query).all())


def _sent(connection: Connection, command_id: str) -> None:
    queued = (command.c.id == command_id, command.c.state == "queued")
    connection.execute(sa.update(command).where(*queued).values(state="sent"))
