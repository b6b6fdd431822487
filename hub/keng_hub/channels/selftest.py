"""The daily self-test: each channel asks its provider whether it works, and the answer is kept as a row."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Channel, Checkable, ErrorClass, Outcome, Result
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.incidents import faults
from keng_hub.incidents.turn import take_turn
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import channel_test
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.channels")

LIMIT_S: Final = 20.0
"""Longest time one test may take."""
EVERY_MS: Final = 24 * 3_600_000
AGAIN_MS: Final = 3_600_000
"""After a test that failed."""
LOOK_S: Final = 60.0


async def ask(channel: Checkable) -> Outcome:
    """What the provider says now; silence and bugs are answers too."""
    try:
        async with asyncio.timeout(LIMIT_S):
            return await channel.check()
    except TimeoutError:
        return Outcome.refused(ErrorClass.TRANSIENT, "timeout")
    except Exception as error:
        log.exception("a channel could not be tested")
        return Outcome.refused(ErrorClass.PARAMS, type(error).__name__)


def said(outcome: Outcome) -> str:
    """The outcome in a few words: `ok`, or its class and the provider's code."""
    if outcome.result is Result.ACCEPTED:
        return outcome.provider_id or "ok"
    return f"{outcome.error_class.value if outcome.error_class else ''} {outcome.error_code or ''}".strip()


def keep(connection: Connection, name: str, outcome: Outcome, now: int, account_id: int | None = None) -> bool:
    """Keep the answer, begin or end the channel's fault; says whether the channel works."""
    ok = outcome.result is Result.ACCEPTED
    values = {"channel": name, "at": now, "ok": ok, "detail": said(outcome)[:80], "account": account_id}
    take_turn(connection)
    connection.execute(sa.insert(channel_test).values(**values))
    if ok:
        faults.channel_up(connection, name, now)
    else:
        faults.channel_down(connection, name, said(outcome), now)
    return ok


class SelfTests(Rounds):
    """Tests each channel once a day, an hour after a failure; the rows say when, so a restart tests nothing twice."""

    area, every_s = "channels", LOOK_S
    failing = "the channels could not be tested, trying again"
    well = "channels are tested"

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        wakes: Wakes,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._wakes, self._clock = database, wakes, clock
        self._channels = {name: one for name, one in channels.items() if isinstance(one, Checkable)}

    async def run_once(self) -> int:
        """Test what is due; says how many channels."""
        due = await self._database.read(_due, list(self._channels), self._clock())
        for name in due:
            outcome = await ask(self._channels[name])
            await self._database.write(keep, name, outcome, self._clock())
        if due:
            self._wakes.after_commit()
        return len(due)


def last(connection: Connection, name: str) -> Any:
    """The row of the channel's last test: `at`, `ok` and `detail`; None before the first one."""
    query = sa.select(channel_test.c.at, channel_test.c.ok, channel_test.c.detail).where(channel_test.c.channel == name)
    return connection.execute(query.order_by(channel_test.c.id.desc()).limit(1)).one_or_none()


def _due(connection: Connection, names: list[str], now: int) -> list[str]:
    found: list[str] = []
    for name in names:
        row = last(connection, name)
        if row is None or not 0 <= now - row.at < (EVERY_MS if row.ok else AGAIN_MS):
            found.append(name)
    return found
