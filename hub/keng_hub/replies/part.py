"""The part of the hub that reads what people sent: each message in one transaction, answered, and never twice."""

import asyncio
import logging
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.turn import take_turn
from keng_hub.passing import is_passing
from keng_hub.replies import answering, photos, retention, senders, updates, urgent
from keng_hub.replies.acts import ACTS
from keng_hub.replies.reading import Reading
from keng_hub.replies.reasons import ReplyReason
from keng_hub.replies.words import Meaning, parse
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import inbound
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.replies")

EVERY_S: Final = 1.0
SLICE: Final = 50
TIDY_MS: Final = 3_600_000


class Replies(Rounds):
    """Looks each second for messages that nobody has read, oldest first.

    The message is a row before it is looked at, and what it means is written in the transaction that acts on it. One
    that cannot be acted on is put aside with its reason, so that it holds up no other.
    """

    area, every_s = "replies", EVERY_S
    failing = "messages of people could not be read, trying again"
    well = "messages are read"

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        link_base: str,
        numbers: Emergency,
        keep_days: int,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._wakes, self._clock = database, wakes, clock
        self._link_base, self._numbers, self._keep_days = link_base.rstrip("/"), numbers, keep_days
        self._tidy_at = 0

    async def run_once(self) -> int:
        """Read what is there and tell reporters how far it is; says how many messages were read."""
        waiting = await self._database.read(_waiting)
        for key in waiting:
            await self._read(key)
        now = self._clock()
        told = 0
        if await self._database.read(updates.due):
            told = await self._database.write(updates.tell, self._link_base, now)
        await self._tidy(now)
        if waiting or told:
            self._wakes.after_commit()
        return len(waiting)

    async def _tidy(self, now: int) -> None:
        """Some rows at a time, so that no alarm waits behind it."""
        if now < self._tidy_at:
            return
        busy = await self._database.read(photos.old, self._keep_days, now)
        if busy:
            await self._database.write(photos.delete_old, self._keep_days, now)
        if await self._database.read(retention.due, now):
            busy = await self._database.write(retention.delete_old, now) > 0
        self._tidy_at = now + (0 if busy else TIDY_MS)

    async def _read(self, key: int) -> None:
        try:
            await self._database.write_urgently(take, key, self._link_base, self._numbers, self._clock())
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("message %s could not be acted on, it waits for a person", key)
            await self._database.write(_put_aside, key, self._clock())


def take(connection: Connection, key: int, link_base: str, numbers: Emergency, now: int) -> bool:
    """Act on one message; False when another hub was quicker."""
    take_turn(connection)
    mine = sa.update(inbound).where(inbound.c.id == key, inbound.c.meaning.is_(None))
    message = connection.execute(sa.select(inbound).where(inbound.c.id == key)).one()
    said = parse(message.text)
    if connection.execute(mine.values(meaning=said.meaning.value)).rowcount != 1:
        return False
    sender = senders.find(connection, message.channel, message.address)
    one = Reading(message, said, sender, link_base, numbers, now)
    answer = ACTS[said.meaning](connection, one)
    urgent.tell(connection, one, answer)
    values: dict[str, Any] = {
        "incident": answer.incident,
        "reason": answer.reason.value if answer.reason else None,
        "household": sender.household,
        "answer": answering.send(connection, message, sender, answer, now),
    }
    connection.execute(sa.update(inbound).where(inbound.c.id == key).values(**values))
    page_events.publish(connection, "messages", {}, now)
    return True


def _waiting(connection: Connection) -> list[int]:
    query = sa.select(inbound.c.id).where(inbound.c.meaning.is_(None)).order_by(inbound.c.id).limit(SLICE)
    return list(connection.execute(query).scalars())


def _put_aside(connection: Connection, key: int, now: int) -> None:
    values = {"meaning": Meaning.UNCLEAR.value, "reason": ReplyReason.FAILED.value}
    connection.execute(sa.update(inbound).where(inbound.c.id == key, inbound.c.meaning.is_(None)).values(**values))
    page_events.publish(connection, "messages", {}, now)
