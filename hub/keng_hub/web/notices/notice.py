"""One notice: its words, how far it is, what came of it by channel and by group, who was not reached; and two acts."""

from typing import Any, Final, Literal

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.notices import making, outcome
from keng_hub.notices.kinds import OPEN, NoticeState
from keng_hub.notices.making import Refused
from keng_hub.tables import account as accounts
from keng_hub.tables import incident, notice, place
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import Form, OptionalText, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.notices.notices import sees
from keng_hub.web.permissions import Action, may, require
from keng_hub.web.sessions import Account

SHOWN: Final = 200
DONE: Final = {
    "made": N_("The notice is written down."),
    "told": N_("Residents are being told."),
    "approved": N_("Approved. It goes out at its time."),
    "cancelled": N_("Cancelled. What was not on its way yet stays here."),
}


class Shown(Form):
    """What was just done."""

    done: Literal["", "made", "told", "approved", "cancelled"] = ""


class Why(Form):
    """The reason of a cancelling."""

    reason: OptionalText = ""


@require(Action.SEE_NOTICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; htmx takes `#notice` out of it."""
    return await _page(request)


@require(Action.APPROVE_NOTICE)
async def approve(request: web.Request) -> web.StreamResponse:
    """Let it go out."""
    key, account, now = int(request.match_info["id"]), request[ACCOUNT], request.app[CLOCK]()
    return await _do(request, "approved", making.approve, key, account, now)


@require(Action.SEND_NOTICE)
async def cancel(request: web.Request) -> web.StreamResponse:
    """End it, with a reason."""
    form = await read(request, Why)
    key, account, now = int(request.match_info["id"]), request[ACCOUNT], request.app[CLOCK]()
    return await _do(request, "cancelled", making.cancel, key, account, form.reason, now)


async def _do(request: web.Request, done: str, act: Any, *arguments: Any) -> web.StreamResponse:
    try:
        await request.app[DATABASE].write(act, *arguments)
    except Refused as refused:
        if refused.code == "not_found":
            raise web.HTTPNotFound from None
        return await _page(request, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/notices/{request.match_info['id']}?done={done}")


async def _page(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    account = request[ACCOUNT]
    found = await request.app[DATABASE].read(_load, account, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    row = found["notice"]
    waiting = row["state"] == NoticeState.WAITING.value
    return page(
        request,
        "notices/notice.html",
        status=status,
        problem=problem,
        done=DONE.get(query(request, Shown).done),
        can_approve=waiting and may(account, Action.APPROVE_NOTICE) and row["made_by"] != account.id,
        can_cancel=NoticeState(row["state"]) in OPEN and may(account, Action.SEND_NOTICE),
        limit=SHOWN,
        **found,
    )


def _load(connection: Connection, account: Account, key: int) -> dict[str, Any] | None:
    by, approver, ender = accounts.alias("by"), accounts.alias("approver"), accounts.alias("ender")
    query = (
        sa.select(
            notice,
            place.c.name.label("place_name"),
            place.c.kind.label("place_kind"),
            incident.c.code.label("incident_code"),
            by.c.full_name.label("by_name"),
            approver.c.full_name.label("approver_name"),
            ender.c.full_name.label("ender_name"),
        )
        .join(place, place.c.id == notice.c.scope)
        .outerjoin(incident, incident.c.id == notice.c.incident)
        .outerjoin(by, by.c.id == notice.c.made_by)
        .outerjoin(approver, approver.c.id == notice.c.approved_by)
        .outerjoin(ender, ender.c.id == notice.c.ended_by)
        .where(notice.c.id == key, sees(account))
    )
    shown = connection.execute(query).mappings().one_or_none()
    if shown is None:
        return None
    row = connection.execute(sa.select(notice).where(notice.c.id == key)).one()
    names = may(account, Action.SEE_HOUSEHOLDS)
    return {
        "notice": dict(shown),
        "channels": outcome.by_channel(connection, key),
        "groups": outcome.by_group(connection, row),
        "unheard": outcome.unheard(connection, row, SHOWN + 1) if names else [],
        "names": names,
    }
