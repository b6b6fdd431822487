"""What must reach the hub: on disk by class, numbered, and forgotten only when the hub says that it is committed."""

import asyncio
import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel

from keng_edge import batch
from keng_edge.ballast import Ballast
from keng_edge.clock import Clock
from keng_edge.devices import Measured
from keng_edge.queue_file import QueueFile
from keng_edge.record import Stamp, compose, stamp
from keng_wire.reading import BATCH_LIMIT
from keng_wire.status import Backlog
from keng_wire.topics import MessageClass

log = logging.getLogger("keng.outbox")

T = TypeVar("T")

MB = 1_000_000
ROOM_BYTES = 256_000
ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


@dataclass(frozen=True, slots=True)
class Limits:
    """Sized for a week: bytes of events and readings on the disk, the reserve for alarms, and how long readings may
    wait in memory (s), which is also the most that a power cut can take of them."""

    event_bytes: int = 64 * MB
    reading_bytes: int = 256 * MB
    reserve_bytes: int = 4 * MB
    readings_wait_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that the hub has not acknowledged; `payload` still lacks the time of sending."""

    number: int
    payload: bytes


class Outbox:
    """Three queues, each one file with one thread of its own, so that a slow batch never holds up an alarm.

    `await` of `append` means on disk. When the disk refuses even after everything else gave way, the record stays in
    memory, goes out all the same, and `broken` says why.
    """

    def __init__(self, folder: Path, node: str, clock: Clock, limits: Limits | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._limits = limits or Limits()
        self._node, self._clock = node, clock
        self._files = {
            ALARM: QueueFile(folder / "alarm.db"),
            EVENT: QueueFile(folder / "event.db", self._limits.event_bytes, hold=100),
            READING: QueueFile(folder / "reading.db", self._limits.reading_bytes, hold=50, packed=True),
        }
        self._locks = {cls: threading.Lock() for cls in MessageClass}  # taken in the order alarm, event, reading
        self._threads = {cls: ThreadPoolExecutor(1, f"outbox-{cls}") for cls in MessageClass}
        self._ballast = Ballast(folder / "reserve", self._limits.reserve_bytes)
        self._ballast.restore()
        self._staged: list[Measured] = []
        self._staged_since = 0
        self._changed: list[Callable[[], None]] = []
        self._age: dict[int, int] = {}
        streams = {file.stream for file in self._files.values()}
        stream = streams.pop() if len(streams) == 1 else None
        self.stream = stream or ""
        if stream is None:
            self._restart()
        self.opened = {cls: file.highest for cls, file in self._files.items()}
        begun = clock.up_ms()
        for row in self._files[ALARM].pending(0, 100_000):
            self._age[row.number] = begun

    async def append(
        self, cls: MessageClass, body: BaseModel, up: int | None = None, notes: Mapping[str, str | None] | None = None
    ) -> int:
        """Store a message that happened now, or at `up` (ms of this boot); the answer is its number."""
        return await self._store(cls, body, stamp(self._clock, up), notes)

    async def _store(
        self, cls: MessageClass, body: BaseModel, when: Stamp, notes: Mapping[str, str | None] | None = None
    ) -> int:
        data = body.model_dump_json(exclude_none=True, by_alias=True).encode()
        number = await self._in_thread(cls, lambda: self._append(cls, data, when, notes))
        if cls is ALARM:
            self._age[number] = self._clock.up_ms()
        self._tell()
        return number

    async def note(self, notes: Mapping[str, str | None]) -> None:
        """Commit notes that belong to no new alarm."""
        await self._in_thread(ALARM, lambda: self._files[ALARM].note(notes))

    async def stage(self, rows: Sequence[Measured]) -> None:
        """Take readings; they go to the disk in batches (`settle`, and here when a batch is full).

        Those with a time of their own are there when this returns: who asked a meter's memory for them then notes that
        they need not be asked for again.
        """
        for body, when in batch.of_memory(rows, self._clock):
            await self._store(READING, body, when)
        if not self._staged:
            self._staged_since = self._clock.up_ms()
        self._staged.extend(row for row in rows if row.at is None)
        while len(self._staged) >= BATCH_LIMIT:
            await self.flush()

    async def flush(self) -> None:
        """Write up to one batch of what is staged, now."""
        if not self._staged:
            return
        rows, self._staged = self._staged[:BATCH_LIMIT], self._staged[BATCH_LIMIT:]
        self._staged_since = self._clock.up_ms()
        body, when = batch.of_now(rows, self._clock)
        await self._store(READING, body, when)

    async def settle(self) -> None:
        """What is due now and then: old staged readings, a disk that works again, the reserve. Call it each second."""
        waited = (self._clock.up_ms() - self._staged_since) / 1000
        if self._staged and waited >= self._limits.readings_wait_s:
            await self.flush()
        for cls, file in self._files.items():
            if file.broken or file.late:
                await self._in_thread(cls, file.save)
            if file.stream != self.stream:
                await self.restart()
        self._ballast.restore()

    async def tidy(self) -> None:
        """Write down what the hub has; once a minute is enough, for a repeat does no harm."""
        for cls, file in self._files.items():
            await self._in_thread(cls, file.tidy)

    async def pending(self, cls: MessageClass, after: int, limit: int) -> list[Waiting]:
        """Up to `limit` unacknowledged messages behind number `after`, in order."""

        def read() -> list[Waiting]:
            rows = self._files[cls].pending(after, limit)
            return [Waiting(row.number, compose(self._node, self.stream, cls, row)) for row in rows]

        return await self._in_thread(cls, read)

    async def acknowledge(self, cls: MessageClass, number: int) -> bool:
        """The hub has everything up to `number`; false if that was known."""
        news = await self._in_thread(cls, lambda: self._files[cls].acknowledge(number))
        if news and cls is ALARM:
            self._age = {n: up for n, up in self._age.items() if n > number}
        return news

    async def restart(self) -> None:
        """Begin a new stream: this outbox, or the hub, went back in time, and numbers would be taken for old ones."""
        alarms = self._files[ALARM]
        ages = sorted(self._age.items())
        self._restart()
        self._age = {n: up for n, (_, up) in zip(range(1, alarms.highest + 1), ages, strict=False)}
        self.opened = {cls: file.highest for cls, file in self._files.items()}
        self._tell()

    def backlog(self, cls: MessageClass) -> Backlog:
        """How much the hub has not acknowledged."""
        return self._files[cls].backlog

    def acked(self, cls: MessageClass) -> int:
        """Up to which number the hub has everything."""
        return self._files[cls].acked

    def oldest_alarm_ms(self) -> int:
        """How long the oldest unacknowledged alarm has waited since this process knows it; 0 without one."""
        return self._clock.up_ms() - min(self._age.values()) if self._age else 0

    @property
    def broken(self) -> str | None:
        """Why the disk refuses, if it does."""
        return next((file.broken for file in self._files.values() if file.broken), None)

    def notes(self, prefix: str) -> dict[str, str]:
        """What was committed beside alarms (`append(..., notes=...)`); read at start."""
        return self._files[ALARM].notes(prefix)

    def on_change(self, call: Callable[[], None]) -> None:
        """Call this after each append."""
        self._changed.append(call)

    async def close(self) -> None:
        """Write what is staged, and close."""
        while self._staged:
            await self.flush()
        for cls, file in self._files.items():
            await self._in_thread(cls, file.close)
            self._threads[cls].shutdown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _append(self, cls: MessageClass, data: bytes, when: Stamp, notes: Mapping[str, str | None] | None) -> int:
        file = self._files[cls]
        number = file.append(data, when, notes)
        if file.broken is not None and "full" in file.broken:
            self._make_room(cls)
        return number

    def _make_room(self, cls: MessageClass) -> None:
        """The disk is full: the reserve is for alarms; the oldest readings, then the oldest events give way."""
        file = self._files[cls]
        reserve = self._ballast.give_up()
        if cls is ALARM and reserve:
            log.warning("the disk is full: the reserve was given up for an alarm")
            if file.save():
                return
        for other in (READING, EVENT):
            with nullcontext() if other is cls else self._locks[other]:
                self._files[other].drop_oldest(ROOM_BYTES)
            if cls is not ALARM and reserve:
                self._ballast.restore(spare=1)  # it was only lent, to be able to delete at all
            if file.save() or other is cls:
                return

    async def _in_thread(self, cls: MessageClass, call: Callable[[], T]) -> T:
        def locked() -> T:
            with self._locks[cls]:
                return call()

        return await asyncio.get_running_loop().run_in_executor(self._threads[cls], locked)

    def _tell(self) -> None:
        for call in self._changed:
            call()

    def _restart(self) -> None:
        stream = secrets.token_hex(4)
        with ExitStack() as locks:
            for lock in self._locks.values():
                locks.enter_context(lock)
            for cls, file in self._files.items():
                try:
                    file.restart(stream)
                except sqlite3.Error as error:
                    log.warning("outbox %s: cannot begin a new stream: %s", cls, error)
                    return
            self.stream = stream
