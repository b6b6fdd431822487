"""The uplink of a node in small: keeps what is not acknowledged, sends it again, and talks to a real broker."""

import asyncio
import json
import logging
from typing import Any

import gmqtt  # type: ignore[import-untyped]  # it brings no types

from keng_wire.topics import Down, MessageClass, Up, down
from support.processes import until
from support.wire_node import WireNode

WINDOW = 400
"""Messages on their way at most."""


class MqttNode:
    """`put` records, `deliver` until everything is acknowledged; survives losses of broker and hub."""

    def __init__(self, port: int, name: str = "ngo-3", resend_s: float = 0.3) -> None:
        logging.getLogger("gmqtt").setLevel(logging.CRITICAL + 1)  # a broker that dies is what the tests are about
        self.wire = WireNode(name)
        self.acknowledged = dict.fromkeys(MessageClass, 0)
        self.commands: list[dict[str, Any]] = []
        self.heartbeat: bytes | None = None
        self._pending: dict[MessageClass, dict[int, bytes]] = {cls: {} for cls in MessageClass}
        self._port, self._resend_s = port, resend_s
        self._client: Any = None
        self._lost = asyncio.Event()
        self._news = asyncio.Event()

    def put(self, cls: MessageClass, body: dict[str, Any]) -> None:
        """Record a message."""
        record = self.wire.record(cls, body)
        self._pending[cls][self.wire.last[cls]] = record

    @property
    def pending(self) -> int:
        """How many messages the hub has not acknowledged."""
        return sum(len(records) for records in self._pending.values())

    async def deliver(self, seconds: float = 60) -> None:
        """Send and send again until nothing is left; fails when time runs out."""
        async with asyncio.timeout(seconds):
            while self.pending:
                if self._client is None:
                    await self._connect()
                    continue
                await self._send_round()
        await self.close()

    async def progress(self) -> None:
        """Wait until the hub acknowledges more than it has so far, or nothing is left."""
        told = sum(self.acknowledged.values())
        await until(lambda: not self.pending or sum(self.acknowledged.values()) > told, "an acknowledgement")

    async def close(self) -> None:
        """Leave the broker."""
        if self._client is not None:
            client, self._client = self._client, None
            try:
                async with asyncio.timeout(1):
                    await client.disconnect()
            except (OSError, TimeoutError):
                pass

    async def _send_round(self) -> None:
        """Send what is left from the front of each class, then wait for acknowledgements while they come."""
        if self.heartbeat is not None:
            self._publish(self.wire.topic(Up.HEALTH), self.heartbeat)
        for cls in MessageClass:
            for record in list(self._pending[cls].values())[:WINDOW]:
                if not self._publish(self.wire.topic(cls), self.wire.send(record, replay=True)):
                    break
        first = {cls: next(iter(records), 0) for cls, records in self._pending.items()}
        while self.pending:
            self._news.clear()
            try:
                async with asyncio.timeout(self._resend_s):
                    await self._news.wait()
            except TimeoutError:
                break
            if self._lost.is_set():
                break
            if all(next(iter(records), 0) >= first[cls] + WINDOW for cls, records in self._pending.items() if records):
                break
        if self._lost.is_set():
            await self.close()

    def _publish(self, topic: str, payload: bytes) -> bool:
        try:
            self._client.publish(topic, payload, qos=1)
        except OverflowError:
            return False
        return True

    async def _connect(self) -> None:
        self._lost = asyncio.Event()
        client: Any = gmqtt.Client(self.wire.name, clean_session=True)
        client.set_config({"reconnect_retries": -2})
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        try:
            async with asyncio.timeout(2):
                await client.connect("127.0.0.1", self._port, keepalive=5)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.02)
            return
        self._client = client
        for leaf in (Down.ACK, Down.COMMAND):
            client.subscribe(down(self.wire.name, leaf), qos=1)
        client.publish(self.wire.topic(Up.STATUS), self.wire.status(), qos=1, retain=True)

    def _on_disconnect(self, *_: object) -> None:
        self._lost.set()
        self._news.set()

    def _on_message(self, _client: Any, topic: str, payload: bytes, _qos: int, _properties: Any) -> None:
        body = json.loads(payload)
        if topic == down(self.wire.name, Down.COMMAND):
            self.commands.append(body)
        elif body["stream"] == self.wire.stream:
            for cls in MessageClass:
                self._forget(cls, body[cls.value])
            self._news.set()

    def _forget(self, cls: MessageClass, high: int) -> None:
        if high > self.acknowledged[cls]:
            self.acknowledged[cls] = high
            self._pending[cls] = {n: record for n, record in self._pending[cls].items() if n > high}
