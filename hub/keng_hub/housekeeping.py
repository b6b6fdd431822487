"""Lets go of rows that have done their work, so that the database of a village does not grow for ever."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.people.forgetting import forget
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import (
    audit_entry,
    boot_clock,
    channel_test,
    login_attempt,
    node_event,
    page_event,
    push_subscription,
    session,
    weekly_report,
)

DAY_MS: Final = 86_400_000
EVERY_S: Final = 3_600
SLICE: Final = 1_000
"""Rows a transaction, so that no alarm waits behind it."""


class Rule(NamedTuple):
    """Rows of `table` go once `column` (UTC ms) lies `days` back."""

    table: sa.Table
    column: sa.Column[int]
    days: int


RULES: Final = (
    Rule(page_event, page_event.c.at, 7),  # a page that was away longer loads anew
    Rule(session, session.c.expires, 0),
    Rule(login_attempt, login_attempt.c.at, 365),
    Rule(node_event, node_event.c.at, 365),
    Rule(boot_clock, boot_clock.c.seen, 365),
    Rule(audit_entry, audit_entry.c.at, 366),
    Rule(channel_test, channel_test.c.at, 365),
    Rule(push_subscription, push_subscription.c.dropped, 30),
    Rule(weekly_report, weekly_report.c.made, 5 * 366),
)
"""Incidents, alarms and deliveries are kept. Readings have a rule of their own, `[store] keep_days`; what is accepted
of them has rules as these, by `[meter_data] keep_days`."""


class Housekeeping(Rounds):
    """Tidies up every hour."""

    area, every_s = "housekeeping", EVERY_S
    failing = "could not tidy up, next try in an hour"
    well = "tidy"

    def __init__(
        self,
        database: Database,
        rules: Sequence[Rule] = RULES,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._rules, self._clock = database, rules, clock

    async def run_once(self) -> int:
        """Delete what is old, slice by slice; gives the number of rows."""
        now, gone = self._clock(), 0
        for rule in self._rules:
            while count := await self._database.write(delete_slice, rule, now):
                gone += count
        while count := await self._database.write(forget, now):
            gone += count
        return gone


def delete_slice(connection: Connection, rule: Rule, now: int) -> int:
    """Delete some of the old rows; the newest page event stays, because numbers go on from it."""
    key = sa.tuple_(*rule.table.primary_key) if len(rule.table.primary_key) > 1 else next(iter(rule.table.primary_key))
    old = sa.select(*rule.table.primary_key).where(rule.column < now - rule.days * DAY_MS)
    if rule.table is page_event:
        old = old.where(page_event.c.n < sa.select(sa.func.max(page_event.c.n)).scalar_subquery())
    return connection.execute(rule.table.delete().where(key.in_(old.limit(SLICE)))).rowcount
