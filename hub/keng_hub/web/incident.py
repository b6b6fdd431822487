"""One incident: what happened hop by hop, who was told, what people did, and what can be done next."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.case import HUB
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.states import BY_PERSON, CALMING, ENDED, HELD, WAITING, State, Verdict
from keng_hub.tables import account as accounts
from keng_hub.tables import (
    alarm,
    attempt,
    command,
    delivery,
    device,
    incident,
    incident_entry,
    node,
    recipient,
)
from keng_hub.tables import snapshot as snapshots
from keng_hub.web import sources
from keng_hub.web.answers import page
from keng_hub.web.cameras import opened
from keng_hub.web.duty.case import work_of
from keng_hub.web.incident_media import media_of, pictured
from keng_hub.web.incidents import DONE, RINGING
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, EMERGENCY
from keng_hub.web.permissions import Action, may, require, sees_incident
from keng_hub.web.sessions import Account

HOPS: Final = (
    "frame_at",
    "recorded_at",
    "sounded_at",
    "sent_at",
    "received_at",
    "committed_at",
    "attempted_at",
    "shown_at",
)
"""The way of an alarm, from the sensor's frame to a person's screen."""

MOST_ALARMS: Final = 50
"""A storm of faults has hundreds; the timeline has them all."""

ACTS: Final = (
    Action.ACKNOWLEDGE,
    Action.VERIFY,
    Action.WORK,
    Action.CLOSE,
    Action.COMMENT,
    Action.SILENCE,
    Action.RESET,
    Action.HOLD_MEDIA,
    Action.CALL,
    Action.DISPATCH,
    Action.ROLL_CALL,
    Action.FILE,
)
STEPS: Final = (State.VERIFYING, State.RESPONDING, State.CONTAINED)
"""States reached by a button of their own; acknowledging, closing, filing and reopening have forms."""


@require(Action.SEE_INCIDENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page of one incident; htmx takes `#incident` out of it."""
    return await render(request, int(request.match_info["id"]))


@require(Action.SEE_SNAPSHOTS)
async def snapshot(request: web.Request) -> web.StreamResponse:
    """A still, for those who may see its incident."""
    id_, now = int(request.match_info["id"]), request.app[CLOCK]()
    jpeg = await request.app[DATABASE].read(_jpeg, request[ACCOUNT], id_, now)
    if jpeg is None:
        raise web.HTTPNotFound
    return web.Response(body=jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def render(
    request: web.Request,
    id_: int,
    *,
    status: int = 200,
    problem: str | None = None,
    act: str = "",
    sent: "Mapping[str, str]" = MappingProxyType({}),
) -> web.Response:
    """The page, perhaps with why `act` was refused and what was typed into its form."""
    account = request[ACCOUNT]
    found = await request.app[DATABASE].read(load, account, id_, request.app[EMERGENCY], request.app[CLOCK]())
    if found is None:
        raise web.HTTPNotFound
    state = State(found["incident"]["state"])
    following = BY_PERSON[state]
    return page(
        request,
        "incident.html",
        status=status,
        names=sources.name(request, found["alarms"]),
        hub=HUB,
        problem=problem,
        tried=act,
        typed=defaultdict(str, {act: sent.get("reason", "")}),
        ending=defaultdict(str, sent) if act == "close" else found["outcome"],
        handed=defaultdict(str, sent if act == "handover" else {}),
        done=DONE.get(request.query.get("done", "")),
        waiting={one.value for one in WAITING},
        held={one.value for one in HELD},
        ringing=RINGING,
        ended=state in ENDED,
        steps=[step.value for step in STEPS if step in following],
        can_acknowledge=State.ACKNOWLEDGED in following,
        can_close=State.CLOSED in following,
        can_reopen=state is State.CLOSED,
        verdicts=[one.value for one in Verdict if one is not Verdict.DRILL],
        calming={one.value for one in CALMING},
        hops=HOPS,
        most_alarms=MOST_ALARMS,
        acts=any(may(account, action) for action in ACTS),
        **found,
    )


def visible(connection: Connection, account: Account, id_: int) -> "dict[str, Any] | None":
    """The incident's row when this account may see it."""
    chosen = (
        sa.select(incident, accounts.c.full_name.label("owner_name"))
        .select_from(incident.outerjoin(node, incident.c.node == node.c.id).outerjoin(accounts))
        .where(incident.c.id == id_, sees_incident(account))
    )
    row = connection.execute(chosen).mappings().one_or_none()
    return dict(row) if row is not None else None


def load(connection: Connection, account: Account, id_: int, numbers: Emergency, now: int) -> "dict[str, Any] | None":
    """Everything the page shows; what is about people only for roles that may see people."""
    row = visible(connection, account, id_)
    if row is None:
        return None
    people = may(account, Action.SEE_PEOPLE)
    alarms = _alarms(connection, id_)
    return {
        "incident": row,
        "alarms": alarms,
        **media_of(connection, account, id_, now),
        "entries": _entries(connection, id_, people),
        "deliveries": _deliveries(connection, id_) if people else [],
        "commands": _commands(connection, id_),
        **work_of(connection, account, row, numbers),
    }


def _alarms(connection: Connection, id_: int) -> "list[dict[str, Any]]":
    chosen = (
        sa.select(alarm, device.c.name.label("device_name"), device.c.simulated, node.c.name.label("node_name"))
        .select_from(
            alarm.outerjoin(device, sa.and_(device.c.node == alarm.c.node, device.c.id == alarm.c.device)).outerjoin(
                node, node.c.id == alarm.c.node
            )
        )
        .where(alarm.c.incident == id_)
        .order_by(alarm.c.id)
        .limit(MOST_ALARMS)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _entries(connection: Connection, id_: int, people: bool) -> "list[dict[str, Any]]":
    chosen = (
        sa.select(incident_entry, accounts.c.full_name.label("who"))
        .select_from(incident_entry.outerjoin(accounts))
        .where(incident_entry.c.incident == id_)
        .order_by(incident_entry.c.id.desc())
    )
    entries = [dict(row) for row in connection.execute(chosen).mappings()]
    if people:
        return entries
    hidden = {"comment", "delivery", "contact", "report", "dispatch", "call", "roll_call", "handover", "outcome"}
    return [entry | {"who": None} for entry in entries if entry["kind"] not in hidden]


def _deliveries(connection: Connection, id_: int) -> "list[dict[str, Any]]":
    chosen = (
        sa.select(
            delivery.c.id.label("delivery"),
            delivery.c.kind,
            delivery.c.created,
            delivery.c.stopped,
            recipient.c.name.label("name"),
            recipient.c.tier,
            attempt.c.channel,
            attempt.c.n,
            attempt.c.state,
            attempt.c.due,
            attempt.c.tries,
            attempt.c.error_code,
            attempt.c.stamps,
        )
        .select_from(delivery.join(recipient).outerjoin(attempt, attempt.c.delivery == delivery.c.id))
        .where(delivery.c.incident == id_, recipient.c.tier > 0)  # residents stand on the page of their notice
        .order_by(delivery.c.id, attempt.c.due, attempt.c.id)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _commands(connection: Connection, id_: int) -> "list[dict[str, Any]]":
    occurrences = sa.select(alarm.c.occurrence).where(alarm.c.incident == id_)
    chosen = (
        sa.select(command, accounts.c.full_name.label("who"))
        .select_from(command.outerjoin(accounts))
        .where(command.c.occurrence.in_(occurrences))
        .order_by(command.c.created.desc())
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _jpeg(connection: Connection, account: Account, id_: int, now: int) -> bytes | None:
    if opened.shut_snapshot(connection, account, id_, now):
        return None
    chosen = (
        sa.select(snapshots.c.jpeg)
        .join(alarm, pictured())
        .join(incident, incident.c.id == alarm.c.incident)
        .outerjoin(node, node.c.id == incident.c.node)
        .where(snapshots.c.id == id_, sees_incident(account))
        .limit(1)
    )
    return connection.execute(chosen).scalar_one_or_none()
