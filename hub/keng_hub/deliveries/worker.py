"""The worker of the ledger: claims what is due, hands it to its channel, settles what the channel says."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.channels.channel import Channel, ErrorClass, Outcome, Refreshing, Result
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.deliveries import claims, settling, shortages
from keng_hub.deliveries.breaker import Breaker, Turn
from keng_hub.deliveries.budgets import Bucket, Limits, parted, purses
from keng_hub.deliveries.claims import Claim, Room
from keng_hub.deliveries.consequences import CONSEQUENCES, SHUT_MS
from keng_hub.deliveries.settling import Undelivered
from keng_hub.deliveries.states import RESIDENTS, AttemptState
from keng_hub.health import Health
from keng_hub.incidents import faults
from keng_hub.incidents.turn import take_turn
from keng_hub.passing import is_passing
from keng_hub.tables import attempt, delivery, recipient
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.deliveries")

SEND_LIMIT_S = 20.0
"""Longest time one try may take."""

LEASE_MS = 30_000
"""After this a try counts as lost with its worker; longer than `SEND_LIMIT_S`."""

BATCH = 16
"""Ordinary messages that are claimed of a channel at a time: a fire waits for one such claim at most."""

SHORTAGES_MS = 10_000
"""So often it is looked whether a budget holds messages back."""

LATE_MS = 60_000
"""A message due for so long and not begun means that this part does not do its work."""

Sleep = Callable[[float], Awaitable[None]]


class Deliveries:
    """Looks at the ledger after each commit and at least once a second.

    Everything it must not forget is a row; what it holds itself are the breakers and the tries under way.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        wakes: Wakes,
        clock: Clock = now_ms,
        link_base: str = "",
        limits: Mapping[str, Limits] | None = None,
    ) -> None:
        self._database, self._channels, self._wakes, self._clock = database, channels, wakes, clock
        self._link_base = link_base.rstrip("/")
        self._limits = {name: (limits or {}).get(name, Limits()) for name in channels}
        self._purses, self._parted = purses(channels, self._limits), parted(channels, self._limits)
        self._buckets = {name: Bucket(one) for name, one in self._limits.items()}
        self._breakers = {name: Breaker() for name in channels}
        self._shortages_at = 0
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; tries under way are then given up and come back when their lease ends."""
        try:
            while True:
                try:
                    await self.run_once()
                except Exception:
                    log.exception("cannot work on the ledger of messages, trying again")
                await self._wait(1.0)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for channel in self._channels.values():
                await channel.close()

    async def run_once(self) -> int:
        """Recover, claim and begin what is due now; says how many tries began. They go on in tasks of their own."""
        now = self._clock()
        due = await self._database.read(claims.look, self._channels, now)
        if due.broken:
            await self._database.write_urgently(self._recover, now)
        begun = await self._begin(now) if any(due) else 0
        if now >= self._shortages_at:
            self._shortages_at = now + SHORTAGES_MS
            await self._see_to_shortages(now)
        return begun

    async def _begin(self, now: int) -> int:
        rooms, base = self._rooms(now), self._link_base
        begun = await self._database.write_urgently(claims.claim, rooms, now, LEASE_MS, base, self._purses)
        for claimed in begun:
            if claimed.refusal is None:
                self._buckets[claimed.channel].take(claimed.parts, now, urgent=claimed.urgent)
            self._under_way[claimed.channel] += 1
            task = asyncio.create_task(self._deliver(claimed), name=f"send-{claimed.channel}-{claimed.attempt}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(begun)

    async def _see_to_shortages(self, now: int) -> None:
        limited = {name: one for name, one in self._limits.items() if one.per_minute or one.daily_cap is not None}
        if limited:
            paced = [name for name in limited if self._buckets[name].left_for_ordinary(now) == 0]
            await self._database.write(shortages.see_to, limited, paced, now)

    async def settled(self) -> None:
        """Wait until no try is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def health(self) -> Health:
        """Whether messages go out when they are due, and which channels are shut."""
        now = self._clock()
        unlimited = [name for name, limits in self._limits.items() if limits.per_minute is None]
        waiting = await self._database.read(_overdue, now, unlimited)
        shut = sorted(name for name, breaker in self._breakers.items() if breaker.is_open)
        parts = [
            f"{waiting} messages overdue" if waiting else "",
            f"channels shut: {', '.join(shut)}" if shut else "",
        ]
        return Health(not (waiting or shut), "; ".join(filter(None, parts)) or "messages go out")

    def _recover(self, connection: Connection, now: int) -> None:
        take_turn(connection)
        for ended in settling.recover(connection, self._channels, now):
            _in_vain(connection, ended, now)

    def _rooms(self, now: int) -> dict[str, Room]:
        rooms: dict[str, Room] = {}
        for name, breaker in self._breakers.items():
            limits, bucket = self._limits[name], self._buckets[name]
            free = limits.slots - self._under_way[name]
            ordinary = free - limits.reserved
            if breaker.is_open and self._under_way[name]:
                ordinary = 0  # one probe at a time
            ordinary = max(0, min(BATCH, breaker.room(ordinary, now)))
            room = Room(_least(free, bucket.left(now)), _least(ordinary, bucket.left_for_ordinary(now)))
            rooms[name] = room._replace(parts=self._parted[name]) if name in self._parted else room
        return rooms

    async def _deliver(self, claimed: Claim) -> None:
        try:
            outcome = claimed.refusal or await self._try(claimed)
            now = self._clock()
            turn = None if claimed.refusal else self._judge(claimed.channel, outcome, now)
            await self._write_down(claimed, outcome, turn, now)
        except Exception:
            log.exception("cannot settle attempt %s", claimed.attempt)
        finally:
            self._under_way[claimed.channel] -= 1
            self._wakes.after_commit()

    async def _write_down(self, claimed: Claim, outcome: Outcome, turn: Turn | None, now: int) -> None:
        """Settle, again and again while the database is away and the try is still ours.

        Ordinary ones wait their turn: a village's worth of them must not stand before the claim of a fire.
        """
        write = self._database.write_urgently if claimed.urgent else self._database.write
        while True:
            try:
                return await write(self._settle, claimed, outcome, turn, now)
            except Exception as error:
                if not is_passing(error) or self._clock() >= claimed.message.sent + LEASE_MS:
                    raise
            await asyncio.sleep(0.2)

    async def _try(self, claimed: Claim) -> Outcome:
        """One try; a token that ran out is renewed once and the try repeated."""
        channel = self._channels[claimed.channel]
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                outcome = await channel.send(claimed.message)
                if outcome.error_class is ErrorClass.TOKEN and isinstance(channel, Refreshing):
                    await channel.refresh()
                    outcome = await channel.send(claimed.message)
        except TimeoutError:
            return Outcome.refused(ErrorClass.TRANSIENT, "timeout", uncertain=True)
        except Exception:
            log.exception("channel %s failed on attempt %s", claimed.channel, claimed.attempt)
            return Outcome.refused(ErrorClass.PARAMS, "bug", uncertain=True)
        if outcome.error_class is ErrorClass.TOKEN:
            return Outcome(Result.FAILED, ErrorClass.TOKEN, outcome.error_code, uncertain=outcome.uncertain)
        return outcome

    def _judge(self, channel: str, outcome: Outcome, now: int) -> Turn | None:
        """What the outcome says about the channel itself."""
        breaker = self._breakers[channel]
        if outcome.error_class is None or not CONSEQUENCES[outcome.error_class].trouble:
            return breaker.good()
        shut_ms = SHUT_MS if CONSEQUENCES[outcome.error_class].shut else None
        turn = breaker.bad(now, shut_ms)
        if turn is Turn.OPENED:
            log.warning("channel %s is shut: %s %s", channel, outcome.error_class.value, outcome.error_code)
        return turn

    def _settle(self, connection: Connection, claimed: Claim, outcome: Outcome, turn: Turn | None, now: int) -> None:
        take_turn(connection)
        ended = settling.settle(connection, claimed, outcome, now)
        if ended:
            _in_vain(connection, ended, now)
        if outcome.result is Result.ACCEPTED and claimed.channel != "page":
            _reached(connection, claimed.delivery, now)
        if turn is Turn.OPENED:
            detail = f"{outcome.error_class.value if outcome.error_class else ''} {outcome.error_code or ''}".strip()
            faults.channel_down(connection, claimed.channel, detail, now)
        elif turn is Turn.CLOSED:
            faults.channel_up(connection, claimed.channel, now)
        if claimed.message.incident is not None and claimed.channel != "page":
            page_events.publish(connection, "incident", {"incident": claimed.message.incident}, now)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wakes.deliveries.wait()
        except TimeoutError:
            return
        self._wakes.deliveries.clear()


def _least(room: int, left: int | None) -> int:
    return room if left is None else min(room, left)


def _in_vain(connection: Connection, ended: Undelivered, now: int) -> None:
    """Each person on duty is a fault; of residents one a message is enough, the reach page lists them.

    A message without a code concerns its reader alone, who asked for it and sees that it does not come.
    """
    if not ended.short_code:
        return
    if ended.resident:
        faults.unreached(connection, ended.short_code, now)
    else:
        faults.undelivered(connection, ended.incident, ended.recipient, now)


def _overdue(connection: Connection, now: int, channels: list[str]) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(attempt.join(delivery, delivery.c.id == attempt.c.delivery))
        .where(
            attempt.c.state == AttemptState.QUEUED.value,
            attempt.c.due < now - LATE_MS,
            attempt.c.channel.in_(channels),
            claims.awake(now),
        )
    )
    return connection.execute(query).scalar_one()


def _reached(connection: Connection, delivery_id: int, now: int) -> None:
    """Whatever kept somebody on duty from being reached is over; residents have no such fault of their own."""
    of_duty = (
        sa.select(recipient.c.id)
        .join(delivery, delivery.c.recipient == recipient.c.id)
        .where(delivery.c.id == delivery_id, recipient.c.tier != RESIDENTS)
    )
    who = connection.execute(of_duty).scalar_one_or_none()
    if who is not None:
        faults.reached(connection, who, now)
