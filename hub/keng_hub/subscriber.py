"""The hub's way to the broker: gmqtt behind one small interface, so that another client is another file like this."""

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

import gmqtt  # type: ignore[import-untyped]  # it brings no types

from keng_hub import publish_packets
from keng_hub.clock import Clock, now_ms
from keng_hub.health import Health
from keng_wire.topics import Up, shared, up

log = logging.getLogger("keng.subscriber")

KEEPALIVE_S: Final = 20
CONNECT_S: Final = 15
SESSION_S: Final = 3_600
"""The broker keeps what comes in while the hub restarts; what it loses, nodes send again."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
NO_RECONNECTS: Final = -2
"""gmqtt counts failures up to this many (-1 is without end); a new connection is our own matter here."""

Offer = Callable[[str, bytes, int, bool], None]
"""Takes topic, payload, time received (UTC ms) and whether it was retained; must return at once."""


class Room(Protocol):
    """Says by an event whether there is room for more."""

    room: asyncio.Event


class Feed(NamedTuple):
    """One connection: an identity, what it subscribes to, and the queue whose `room` stops it from reading."""

    client_id: str
    filters: Sequence[str]
    queue: Room
    tls: ssl.SSLContext | None = None


def alarm_filters(group: str | None = None) -> list[str]:
    """What the connection for alarms subscribes to; with `group` several hub processes share it."""
    return _grouped(group, [up("+", Up.ALARM)])


def other_filters(group: str | None = None) -> list[str]:
    """What the other connection subscribes to. Status is never shared: the broker keeps retained ones from a group."""
    return [up("+", Up.STATUS), *_grouped(group, [up("+", Up.EVENT), up("+", Up.READING), up("+", Up.HEALTH)])]


def _grouped(group: str | None, filters: list[str]) -> list[str]:
    return [shared(group, each) for each in filters] if group else filters


class Subscriber:
    """Keeps its connections for ever and subscribes anew on each. Publishes on the first one.

    gmqtt acknowledges packets to the broker before they are handled. That loses nothing: what counts is the hub's own
    acknowledgement after the commit, without which the node sends again.
    """

    def __init__(
        self,
        host: str,
        port: int,
        feeds: Sequence[Feed],
        offer: Offer,
        *,
        clock: Clock = now_ms,
        first_pause_s: float = FIRST_PAUSE_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        # gmqtt logs each hiccup as a warning; what matters of it is said here.
        logging.getLogger("gmqtt").setLevel(logging.CRITICAL + 1)
        self._links = [_Link(host, port, feed, offer, clock, first_pause_s, sleep) for feed in feeds]

    async def run(self) -> None:
        """Stay connected until cancelled."""
        async with asyncio.TaskGroup() as group:
            for link in self._links:
                group.create_task(link.run(), name=f"broker connection {link.feed.client_id}")

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        """Send a message; False when there is no connection, or no packet number left, and nothing was sent."""
        return self._links[0].publish(topic, payload, qos, retain)

    @property
    def connected(self) -> bool:
        """Whether every connection is subscribed."""
        return all(link.connected for link in self._links)

    async def health(self) -> Health:
        """Whether the hub hears the broker."""
        troubles = [f"{link.feed.client_id}: {link.trouble}" for link in self._links if not link.connected]
        return Health(not troubles, "; ".join(troubles) or f"{len(self._links)} connections")


class _Link:
    """One connection."""

    def __init__(
        self,
        host: str,
        port: int,
        feed: Feed,
        offer: Offer,
        clock: Clock,
        first_pause_s: float,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.feed = feed
        self.connected = False
        self.trouble = "not connected yet"
        self._host, self._port = host, port
        self._offer, self._clock = offer, clock
        self._first_pause_s, self._sleep = first_pause_s, sleep
        self._client: Any = None
        self._waiting: asyncio.Task[None] | None = None
        self._flush: Callable[[], None] = lambda: None

    async def run(self) -> None:
        pause = self._first_pause_s
        while True:
            try:
                await self._run_once()
            except Exception as error:  # noqa: BLE001 - a broker may fail in any way; the hub comes back to it
                self._note_trouble(str(error) or type(error).__name__)
            if self.connected:
                pause = self._first_pause_s
            self.connected = False
            await self._sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - only to keep hubs apart
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        if not self.connected:
            return False
        try:
            self._client.publish(topic, payload, qos=qos, retain=retain)
        except OverflowError:
            return False
        return True

    async def _run_once(self) -> None:
        lost, subscribed = asyncio.Event(), asyncio.Event()
        client: Any = gmqtt.Client(
            self.feed.client_id, clean_session=False, session_expiry_interval=SESSION_S, receive_maximum=1_000
        )
        self._client = client
        client.set_config({"reconnect_retries": NO_RECONNECTS})
        refused: list[int] = []

        def on_subscribe(_client: Any, _mid: int, granted: Sequence[int], _properties: Any) -> None:
            refused.extend(code for code in granted if code >= 0x80)
            subscribed.set()

        def on_disconnect(*_: Any) -> None:
            lost.set()

        client.on_message, client.on_subscribe, client.on_disconnect = self._on_message, on_subscribe, on_disconnect
        try:
            async with asyncio.timeout(CONNECT_S):
                await client.connect(self._host, self._port, ssl=self.feed.tls or False, keepalive=KEEPALIVE_S)
                self._flush = _gather_writes(client)
                client._connection._protocol._read_packet = self._reader(client._connection)
                client.subscribe([gmqtt.Subscription(each, qos=1) for each in self.feed.filters])
                await _first_of(subscribed, lost)
            if lost.is_set():
                raise ConnectionError("the broker closed the connection")
            if refused:
                raise PermissionError(f"the broker refuses the subscription (reason {refused[0]:#x})")
            self.connected = True
            log.info("%s: subscribed at %s:%d", self.feed.client_id, self._host, self._port)
            await lost.wait()
            self._note_trouble("connection lost")
        finally:
            await self._close(client)

    def _reader(self, connection: Any) -> Callable[[bytes], int]:
        """What gmqtt calls with all the bytes that wait; says how many are used, -1 to give the connection up."""
        protocol = connection._protocol
        theirs = protocol._read_packet

        def read(data: bytes) -> int:
            try:
                used, messages, acknowledgements = publish_packets.read(data, theirs)
            except ValueError:
                return -1
            received = self._clock()
            for topic, payload, retained in messages:
                self._offer(topic, payload, received, retained)
            if messages:
                connection._last_data_in = time.monotonic()
                protocol.write_data(acknowledgements)
                self._stop_when_full()
            return used

        return read

    def _on_message(self, _client: Any, topic: str | bytes, payload: bytes, _qos: int, properties: Any) -> None:
        # What comes before the subscription, or in a form that `publish_packets` leaves to gmqtt.
        name = topic if isinstance(topic, str) else topic.decode(errors="replace")
        self._offer(name, payload, self._clock(), bool(properties["retain"]))
        self._stop_when_full()

    def _stop_when_full(self) -> None:
        if not self.feed.queue.room.is_set():
            self._stop_reading()

    def _stop_reading(self) -> None:
        # Each message stops it again: gmqtt's stream starts reading by itself when its own buffer runs dry.
        transport = self._client._connection._transport
        transport.pause_reading()
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._read_on(transport), name=f"{self.feed.client_id} waits for room")

    async def _read_on(self, transport: asyncio.Transport) -> None:
        await self.feed.queue.room.wait()
        self._waiting = None
        if not transport.is_closing():
            transport.resume_reading()

    async def _close(self, client: Any) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self.connected = False
        try:
            self._flush()
            async with asyncio.timeout(2):
                await client.disconnect()
        except Exception as error:  # noqa: BLE001 - it is gone anyway
            log.debug("%s: closing: %s", self.feed.client_id, error)

    def _note_trouble(self, trouble: str) -> None:
        if trouble != self.trouble or self.connected:
            log.warning("%s: no broker at %s:%d: %s", self.feed.client_id, self._host, self._port, trouble)
        self.trouble = trouble


def _gather_writes(client: Any) -> Callable[[], None]:
    """Send what gmqtt writes in one turn of the event loop with one system call.

    A thread that lets go of the interpreter for a system call gets it back late when another one is busy: a call a
    packet made the hub several times slower under load. The function that comes back sends at once.
    """
    loop = asyncio.get_running_loop()
    protocol = client._connection._protocol
    write, waiting = protocol.write_data, bytearray()

    def flush() -> None:
        if waiting:
            write(bytes(waiting))
            waiting.clear()

    def gather(data: bytes) -> None:
        if not waiting:
            loop.call_soon(flush)
        waiting.extend(data)

    protocol.write_data = gather
    return flush


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
