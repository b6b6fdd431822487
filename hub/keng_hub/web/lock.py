"""The lock of a session: after some minutes without an act it shows what burns and does nothing, until the password.

Who left the desk did not log out, and alarms must go on sounding there: so the page stays and only acts are refused.
"""

from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.audit import chain
from keng_hub.audit.chain import Entry
from keng_hub.audit.outcomes import AuditOutcome
from keng_hub.config import Web
from keng_hub.incidents.msgid import N_
from keng_hub.web import sessions
from keng_hub.web.answers import page
from keng_hub.web.guards import SAFE
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, Handler, may
from keng_hub.web.sessions import Account

ADMINS: Final = frozenset({"dpo", "security_officer"})
"""Roles that guard the hub and its data instead of working with alarms; they lock sooner."""
NOTED_MS: Final = 20_000
"""An act is noted when the last noted one is this long ago: a write each request would be waste."""
LOCKED: Final = 423
KEPT: Final = 10_000
"""Bytes of a form that are kept until it is unlocked; encoded once more they still fit a form."""
OPEN: Final = frozenset({"/unlock", "/incidents/strip"})
"""What a locked session still gets of what needs a right: the way out, and what waits to be acknowledged."""


@dataclass(frozen=True)
class After:
    """How long without an act, in ms; 0 never."""

    people_ms: int
    admins_ms: int

    @classmethod
    def of(cls, section: Web) -> Self:
        """As the file says."""
        return cls(section.lock_min * 60_000, section.lock_admin_min * 60_000)

    def due(self, account: Account, now: int) -> bool:
        """Whether the session's time is over; a screen on a wall has no password and never locks."""
        limit = self.admins_ms if account.role in ADMINS else self.people_ms
        return bool(limit) and now - account.acted >= limit and may(account, Action.OWN_ACCOUNT)


AFTER: web.AppKey[After] = web.AppKey("lock_after")


@web.middleware
async def with_lock(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lock when it is time, refuse what a locked session may not do, and note acts."""
    if ACCOUNT not in request:
        return await handler(request)
    account = request[ACCOUNT] = await look(request, request[ACCOUNT])
    needs_right = hasattr(request.match_info.handler, "requires")
    if account.locked and needs_right and request.path not in OPEN:
        return await _refuse(request)
    if not account.locked and _is_act(request):
        await note_act(request, account)
    return await handler(request)


async def look(request: web.Request, account: Account) -> Account:
    """The account, its session locked from now on when its time is over; the moment stands in the audit log."""
    now = request.app[CLOCK]()
    if account.locked or not request.app[AFTER].due(account, now):
        return account
    locked = await request.app[DATABASE].write(close, account, request.remote, now)
    return replace(account, locked=locked)


async def note_act(request: web.Request, account: Account) -> None:
    """Its person is there."""
    now = request.app[CLOCK]()
    if now - account.acted >= NOTED_MS:
        await request.app[DATABASE].write(sessions.act, account.session, now)


def close(connection: Connection, account: Account, source: str | None, now: int) -> bool:
    """Lock the session and write it down; False when somebody acted in it meanwhile."""
    if not sessions.lock(connection, account, now):
        return False
    done = AuditOutcome.DONE
    chain.write(connection, Entry(account.username, "lock", done, account.id, account.role, source), now)
    return True


def _is_act(request: web.Request) -> bool:
    """What a person does: a form, or a page they went to. What a page fetches by itself is none."""
    if request.method not in SAFE:
        return True
    if "Sec-Fetch-Mode" in request.headers:
        return request.headers.get("Sec-Fetch-User") == "?1"
    return "HX-Request" not in request.headers


async def _refuse(request: web.Request) -> web.StreamResponse:
    """The answer to what a locked session may not do: the way to unlock it, with what was typed."""
    moves = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if "HX-Request" in request.headers or not moves:
        return web.Response(status=LOCKED, headers={"HX-Trigger": "locked"})
    if request.method in SAFE:
        raise web.HTTPSeeOther(f"/unlock?{urlencode({'next': request.path_qs})}")
    kept = await request.text() if request.content_type == "application/x-www-form-urlencoded" else ""
    kept = kept if len(kept) <= KEPT else ""
    following = request.path if kept else "/"
    said = {"problem": N_("This was not done."), "next": following, "kept": kept, "cover": False}
    return page(request, "unlock.html", status=LOCKED, **said)
