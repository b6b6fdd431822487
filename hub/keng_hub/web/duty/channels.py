"""The channels: whether each works, what it costs, what waits in it, and what of the village it tells to whom."""

from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.channels import selftest
from keng_hub.channels.channel import Checkable, Destination, Outbound, Where
from keng_hub.deliveries.budgets import Limits, spent_today
from keng_hub.deliveries.states import REACHED, AttemptState
from keng_hub.incidents import findings
from keng_hub.incidents.case import HUB
from keng_hub.incidents.conditions import NOT_OVER
from keng_hub.tables import alarm, attempt
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, read
from keng_hub.web.keys import ACCOUNT, CHANNELS, CLOCK, DATABASE, LIMITS, WAKES
from keng_hub.web.permissions import Action, require


class Nothing(Form):
    """A button."""


@require(Action.SEE_PARTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The state of each channel, and the register of what leaves the village."""
    channels, now = request.app[CHANNELS], request.app[CLOCK]()
    limits = {name: request.app[LIMITS].get(name, Limits()) for name in channels}
    rows = await request.app[DATABASE].read(_standing, limits, now)
    for row in rows:
        row["testable"] = isinstance(channels[row["name"]], Checkable)
    register = [
        (name, one)
        for name, channel in channels.items()
        for one in (channel.hosts() if isinstance(channel, Outbound) else [_undeclared()])
    ]
    abroad = sum(one.where in (Where.ABROAD, Where.UNKNOWN) for _, one in register)
    return page(
        request, "duty/channels.html", channels=rows, register=register, abroad=abroad, done="done" in request.query
    )


@require(Action.TEST_CHANNEL)
async def test(request: web.Request) -> web.StreamResponse:
    """Ask the provider now, as the daily self-test does."""
    await read(request, Nothing)
    name = request.match_info["channel"]
    channel = request.app[CHANNELS].get(name)
    if not isinstance(channel, Checkable):
        raise web.HTTPNotFound
    outcome = await selftest.ask(channel)
    now, who = request.app[CLOCK](), request[ACCOUNT].id
    await request.app[DATABASE].write_urgently(selftest.keep, name, outcome, now, who)
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther("/channels?done=1")


def _undeclared() -> Destination:
    return Destination("?", Where.UNKNOWN, "?")


def _standing(connection: Connection, limits: dict[str, Limits], now: int) -> list[dict[str, Any]]:
    return [_one(connection, name, limit, now) for name, limit in limits.items()]


def _one(connection: Connection, name: str, limit: Limits, now: int) -> dict[str, Any]:
    waiting = sa.select(sa.func.count()).where(
        attempt.c.channel == name, attempt.c.state == AttemptState.QUEUED.value, attempt.c.due <= now
    )
    return {
        "name": name,
        "limit": limit,
        "faults": _faults(connection, name),
        "test": selftest.last(connection, name),
        "accepted": _last(connection, name, [state.value for state in REACHED], AttemptState.ACCEPTED),
        "receipt": _last(connection, name, [state.value for state in REACHED[1:]], None),
        "waiting": connection.execute(waiting).scalar_one(),
        "spent": spent_today(connection, name, now),
    }


def _faults(connection: Connection, name: str) -> list[str]:
    """`channel` when it is shut or failed its test, `budget` when its budget holds messages back."""
    query = sa.select(alarm.c.cause).where(
        alarm.c.node == HUB,
        alarm.c.device == name,
        alarm.c.cause.in_([findings.CHANNEL, findings.BUDGET]),
        alarm.c.condition.in_([condition.value for condition in NOT_OVER]),
    )
    return sorted(set(connection.execute(query).scalars()))


def _last(connection: Connection, name: str, states: list[str], state: AttemptState | None) -> int | None:
    """When the newest attempt in one of `states` got to `state`, or to the one it has. UTC ms."""
    row = connection.execute(
        sa.select(attempt.c.state, attempt.c.stamps)
        .where(attempt.c.channel == name, attempt.c.state.in_(states))
        .order_by(attempt.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    at: int | None = row.stamps.get(state.value if state else row.state)
    return at
