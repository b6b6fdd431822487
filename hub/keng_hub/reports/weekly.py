"""The part that makes the weekly report of the fire points, once a week whatever restarts come between."""

import asyncio
import logging
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.incidents.turn import take_turn
from keng_hub.reports import notice
from keng_hub.reports.content import gather, written
from keng_hub.reports.week import Week, due
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import device, node, weekly_report
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.reports")

EVERY_S: Final = 60.0


class WeeklyReports(Rounds):
    """Looks each minute whether the last whole week has its report.

    The report's row is what is remembered: it is unique by its Monday and written together with the messages. A hub
    that was away on Monday makes the report when it is back; of weeks before the last one nobody knows how they stood.
    """

    area, every_s = "reports", EVERY_S
    failing = "the weekly report could not be made, trying again"
    well = "reports are made"

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        link_base: str,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._wakes, self._clock = database, wakes, clock
        self._link_base = link_base.rstrip("/")

    async def run_once(self) -> bool:
        """Make the report if it is due; says whether it was."""
        now = self._clock()
        week = due(now)
        if not await self._database.read(is_missing, week):
            return False
        if not await self._database.write(make, week, self._link_base, now):
            return False
        log.info("report %s is there", week.code)
        self._wakes.after_commit()
        return True


def is_missing(connection: Connection, week: Week) -> bool:
    """Whether a week has no report yet, and there was a node with fire points in it."""
    there = sa.select(weekly_report.c.id).where(weekly_report.c.first == week.first)
    if connection.execute(there).first() is not None:
        return False
    points = sa.select(device.c.id).join(node, node.c.id == device.c.node)
    points = points.where(device.c.fingerprint.is_not(None), sa.not_(device.c.removed), node.c.added < week.last)
    return connection.execute(points.limit(1)).first() is not None


def make(connection: Connection, week: Week, link_base: str, now: int) -> bool:
    """Write the report and its messages in one transaction; False when another hub was quicker."""
    take_turn(connection)
    if not is_missing(connection, week):
        return False
    content = gather(connection, week, now)
    text, digest = written(content)
    values = {"code": week.code, "first": week.first, "last": week.last, "made": now, "content": text}
    connection.execute(sa.insert(weekly_report).values(**values, sha256=digest))
    notice.send(connection, content, f"{link_base}/reports/{week.code}", now)
    return True
