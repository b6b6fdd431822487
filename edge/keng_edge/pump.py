"""What goes out when: alarms before events before readings, each again until the hub has committed it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from keng_edge.clock import Clock
from keng_edge.outbox import Outbox, Waiting
from keng_edge.wake import Wake
from keng_wire.control import Ack
from keng_wire.message import Sent, stamped
from keng_wire.topics import MessageClass

log = logging.getLogger("keng.uplink")

Publish = Callable[[MessageClass, bytes], Awaitable[None]]

ALARM_AGAIN_MS = 10_000
BULK_AGAIN_MS = 30_000
FIRST_ANSWER_S = 3.0
WINDOW = 8
WINDOW_BYTES = 256_000
ALARMS_AT_ONCE = 20
BULK: tuple[MessageClass, ...] = (MessageClass.EVENT, MessageClass.READING)


class NewStream(Exception):
    """The outbox has begun a new stream: the hub must be told before anything is sent."""


class Pump:
    """Lives as long as the process; `begin` and `run` serve one connection after the other.

    Few bulk messages are on their way at a time (`WINDOW`, `WINDOW_BYTES`), so an alarm never waits behind a backlog.
    """

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox, self._clock = outbox, clock
        self._news = {cls: Wake(clock) for cls in (MessageClass.ALARM, MessageClass.EVENT)}
        self._answer, self._answered = Wake(clock), False
        self._ever_sent = dict.fromkeys(MessageClass, 0)
        self._stream = outbox.stream
        self.begin()
        outbox.on_change(self._ring)

    def begin(self) -> None:
        """A new connection: whatever waits goes out again, marked as a replay."""
        if self._stream != self._outbox.stream:
            self._stream = self._outbox.stream
            self._ever_sent = dict.fromkeys(MessageClass, 0)
        self._old = {cls: self._outbox.backlog(cls).highest for cls in MessageClass}
        self._alarm_sent: dict[int, int] = {}
        self._sent = {cls: self._outbox.acked(cls) for cls in BULK}
        self._flying: dict[MessageClass, deque[Waiting]] = {cls: deque() for cls in BULK}
        self._progress = dict.fromkeys(BULK, self._clock.up_ms())

    async def run(self, publish: Publish) -> None:
        """Send until cancelled or until `publish` raises. NewStream when the hub must be told of a new stream."""
        if not self._answered:
            # Its first answer shows whether this outbox went back in time; without one the alarms go out all the same.
            await self._answer.wait(FIRST_ANSWER_S)
            self._answered = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_alarms(publish), name="alarms up")
            group.create_task(self._send_bulk(publish), name="events and readings up")

    async def acknowledged(self, ack: Ack) -> None:
        """The hub says what it has committed."""
        if ack.stream != self._outbox.stream:
            return
        for cls in MessageClass:
            if ack.up_to(cls) > max(self._outbox.opened[cls], self._ever_sent[cls]):
                log.warning(
                    "the hub has %s %d, which was never sent: this outbox went back in time", cls, ack.up_to(cls)
                )
                await self._outbox.restart()
                break
        else:
            for cls in MessageClass:
                await self._forget(cls, ack.up_to(cls))
        self._answer.ring()
        self._ring()

    def _ring(self) -> None:
        for wake in self._news.values():
            wake.ring()

    async def _forget(self, cls: MessageClass, number: int) -> None:
        if not await self._outbox.acknowledge(cls, number):
            return
        if cls is MessageClass.ALARM:
            self._alarm_sent = {n: up for n, up in self._alarm_sent.items() if n > number}
            return
        self._progress[cls] = self._clock.up_ms()
        self._sent[cls] = max(self._sent[cls], number)
        while self._flying[cls] and self._flying[cls][0].number <= number:
            self._flying[cls].popleft()

    async def _send_alarms(self, publish: Publish) -> None:
        while True:
            self._check_stream()
            now = self._clock.up_ms()
            if self._outbox.backlog(MessageClass.ALARM).count:
                waiting = await self._outbox.pending(MessageClass.ALARM, 0, 1000)
                due = [one for one in waiting if now - self._alarm_sent.get(one.number, -(10**9)) >= ALARM_AGAIN_MS]
                for n in range(0, len(due), ALARMS_AT_ONCE):
                    await self._send(MessageClass.ALARM, due[n : n + ALARMS_AT_ONCE], publish)
                    self._alarm_sent |= {one.number: now for one in due[n : n + ALARMS_AT_ONCE]}
            await self._news[MessageClass.ALARM].wait(1.0)

    async def _send_bulk(self, publish: Publish) -> None:
        while True:
            self._check_stream()
            for cls in BULK:
                self._resend_if_stuck(cls)
                batch = await self._fitting(cls)
                if batch:
                    self._flying[cls].extend(batch)
                    await self._send(cls, batch, publish)
                    self._sent[cls] = max(self._sent[cls], batch[-1].number)
                    break  # events go first, always
            else:
                await self._news[MessageClass.EVENT].wait(1.0)

    async def _fitting(self, cls: MessageClass) -> list[Waiting]:
        """The next messages of a class that fit in the window; one always does when nothing is on its way."""
        flying = len(self._flying[cls])
        weight = sum(len(one.payload) for one in self._flying[cls])
        if flying >= WINDOW or self._outbox.backlog(cls).highest <= self._sent[cls]:
            return []
        batch: list[Waiting] = []
        for one in await self._outbox.pending(cls, self._sent[cls], WINDOW - flying):
            weight += len(one.payload)
            if weight > WINDOW_BYTES and (flying or batch):
                break
            batch.append(one)
        return batch

    def _resend_if_stuck(self, cls: MessageClass) -> None:
        now = self._clock.up_ms()
        if not self._flying[cls]:
            self._progress[cls] = now
        elif now - self._progress[cls] >= BULK_AGAIN_MS:
            log.info("no acknowledgement of %ss for %d s: sending again", cls, BULK_AGAIN_MS // 1000)
            self._old[cls] = max(self._old[cls], self._sent[cls])
            self._flying[cls].clear()
            self._sent[cls] = self._outbox.acked(cls)
            self._progress[cls] = now

    async def _send(self, cls: MessageClass, batch: Sequence[Waiting], publish: Publish) -> None:
        async with asyncio.TaskGroup() as group:
            for one in batch:
                replay = one.number <= self._old[cls] or (one.number in self._alarm_sent and cls is MessageClass.ALARM)
                sent = Sent(
                    boot=self._clock.boot,
                    up=self._clock.up_ms(),
                    at=max(0, self._clock.utc_ms()),
                    clock=self._clock.quality(),
                    replay=replay,
                )
                self._ever_sent[cls] = max(self._ever_sent[cls], one.number)
                group.create_task(_finish(publish(cls, stamped(one.payload, sent))))

    def _check_stream(self) -> None:
        if self._stream != self._outbox.stream:
            raise NewStream


async def _finish(sending: Awaitable[None]) -> None:
    await sending
