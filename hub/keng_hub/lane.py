"""The bounded queue between a broker connection and the transactions that empty it."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, cast

LINGER_S: Final = 0.25


class Packet(NamedTuple):
    """One MQTT message as it came in; `received` is UTC ms."""

    topic: str
    payload: bytes
    received: int
    retained: bool = False


_packet = cast("Callable[[tuple[str, bytes, int, bool]], Packet]", partial(tuple[Any].__new__, Packet))
"""Past the named tuple's own function, which is written in Python."""


class Lane:
    """Packets waiting for their transaction, in two ranks: what has right of way, and readings.

    It never drops anything. When it is full it clears `room`, and the subscriber stops reading the socket until `room`
    is set again, so the hub's memory is bounded whatever the broker sends (its in-flight limit is no hard bound).
    """

    def __init__(
        self,
        name: str,
        *,
        linger_s: float = 0,
        few: int = 100,
        most: int = 2_000,
        most_bytes: int = 1 << 20,
        limit: int = 20_000,
        limit_bytes: int = 16 << 20,
    ) -> None:
        self.name = name
        self.room = asyncio.Event()
        self.room.set()
        self._linger_s, self._few, self._most, self._most_bytes = linger_s, few, most, most_bytes
        self._limit, self._limit_bytes = limit, limit_bytes
        self._first: deque[Packet] = deque()
        self._readings: deque[Packet] = deque()
        self._bytes = 0
        self._any = asyncio.Event()
        self._enough = asyncio.Event()

    def __len__(self) -> int:
        return len(self._first) + len(self._readings)

    @property
    def size(self) -> int:
        """Bytes of the payloads that wait."""
        return self._bytes

    def offer(self, packet: Packet, *, reading: bool = False) -> None:
        """Take a packet; look at `room` afterwards."""
        (self._readings if reading else self._first).append(packet)
        self._bytes += len(packet.payload)
        self._any.set()
        if not reading or len(self._readings) >= self._few:
            self._enough.set()
        if self._bytes >= self._limit_bytes or len(self._first) + len(self._readings) >= self._limit:
            self.room.clear()

    async def take(self) -> list[Packet]:
        """The next batch: as much as arrived while the last one was committed, what has right of way first.

        It is bounded in number and bytes, because an alarm may have to wait for the transaction it becomes.

        A few readings alone wait `linger_s` for company, so that a quiet village does not wear its disk.
        """
        await self._any.wait()
        if self._linger_s and not self._enough.is_set():
            try:
                async with asyncio.timeout(self._linger_s):
                    await self._enough.wait()
            except TimeoutError:
                pass
        batch: list[Packet] = []
        left = self._bytes - self._most_bytes
        for queue in (self._first, self._readings):
            while queue and len(batch) < self._most and (self._bytes > left or not batch):
                packet = queue.popleft()
                self._bytes -= len(packet.payload)
                batch.append(packet)
        self._after_taking()
        return batch

    def _after_taking(self) -> None:
        if not self._first and not self._readings:
            self._any.clear()
        if not self._first and len(self._readings) < self._few:
            self._enough.clear()
        if self._bytes < self._limit_bytes // 2 and len(self) < self._limit // 2:
            self.room.set()


class Lanes:
    """The two lanes of the hub: alarms, and everything else."""

    def __init__(self, linger_s: float = LINGER_S) -> None:
        self.alarms = Lane("alarms")
        self.rest = Lane("rest", linger_s=linger_s)

    def offer(self, topic: str, payload: bytes, received: int, retained: bool = False) -> None:
        """Take a message of the broker; `received` is UTC ms. Then look whether its lane has `room` left."""
        packet = _packet((topic, payload, received, retained))
        if topic.endswith("/up/alarm"):
            self.alarms.offer(packet)
        else:
            self.rest.offer(packet, reading=topic.endswith("/up/reading"))
