"""What every MQTT client of the node has in common: the connection, its loss, and the loop of one that listens."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiomqtt

from keng_edge.clock import Clock
from keng_edge.errors import DeviceError

library_log = logging.getLogger("keng.mqtt")
library_log.setLevel(logging.CRITICAL)  # it warns of what the owner of the connection tells in its own words

ALIVE_S = 20.0
KEEP_ALIVE_S = 20
WAITING = 10_000  # messages that the node has not looked at yet


class Broker(Protocol):
    """Where a listener connects; the password stands in a file of its own."""

    @property
    def id(self) -> str:
        """The device that listens."""
        ...

    @property
    def host(self) -> str:
        """Name or address."""
        ...

    @property
    def port(self) -> int:
        """Usually 1883."""
        ...

    @property
    def user(self) -> str | None:
        """Who connects; None where the broker asks nobody."""
        ...

    @property
    def password_file(self) -> Path | None:
        """Holds the password and nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """One message; `frame` is when it reached the node (ms of `Clock.up_ms`)."""

    topic: str
    payload: bytes
    retained: bool
    frame: int

    @property
    def raw(self) -> str:
        """The payload as text, for the record of a proof test."""
        return self.payload.decode("utf-8", "replace")


async def listen(
    broker: Broker,
    topics: Sequence[str],
    hear: Callable[[Heard], Awaitable[None]],
    clock: Clock,
    alive: Callable[[], Awaitable[None]],
) -> None:
    """Hand each message to `hear`, one after another, until the broker goes (DeviceError).

    `alive` is called every 20 s while the connection stands: a broker is silent while nothing happens.
    """
    password = _password(broker)
    try:
        async with aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user,
            password=password,
            logger=library_log,
            keepalive=KEEP_ALIVE_S,
            max_queued_incoming_messages=WAITING,
        ) as client:
            hush(client)
            for topic in topics:
                await client.subscribe(topic, qos=1)
            living = asyncio.create_task(_live(clock, alive), name=f"{broker.id} alive")
            try:
                async for message in client.messages:
                    await hear(Heard(message.topic.value, message.payload, bool(message.retain), clock.up_ms()))
            finally:
                await _end(living)
    except aiomqtt.MqttError as error:
        raise DeviceError(f"MQTT broker {broker.host}:{broker.port}: {error}") from None


def hush(client: aiomqtt.Client) -> None:
    """Keep a lost connection from being told twice: the library leaves it unread when another task fails first."""
    ended: asyncio.Future[None] = client._disconnected  # pyright: ignore[reportPrivateUsage]
    ended.add_done_callback(lambda future: future.cancelled() or future.exception())


async def _live(clock: Clock, alive: Callable[[], Awaitable[None]]) -> None:
    while True:
        await alive()
        await clock.sleep(ALIVE_S)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _password(broker: Broker) -> str | None:
    if broker.password_file is None:
        return None
    try:
        return broker.password_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise DeviceError(f"password_file {broker.password_file}: {reason}", permanent=True) from None
