"""The audit log of the pages: every act of an account, and every login, before it is done and after."""

from aiohttp import web

from keng_hub.audit import chain
from keng_hub.audit.chain import Entry
from keng_hub.audit.outcomes import AuditOutcome
from keng_hub.web.forms import BadForm
from keng_hub.web.guards import SAFE, shown_path
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, NAMED
from keng_hub.web.permissions import Handler


@web.middleware
async def with_audit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note what an account asks for and what it got; what cannot be noted is not done (ASVS V16.5.3).

    A look at a page is noted only when it is denied; residents without an account have rows of their own.
    """
    if request.method in SAFE:
        return await _look(request, handler)
    asked = None if request.get(ACCOUNT) is None else await _note(request, AuditOutcome.ASKED)
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        await _became(request, answer.status, asked)
        raise
    except BadForm:
        await _became(request, 400, asked)
        raise
    except Exception:
        await _became(request, 500, asked)
        raise
    await _became(request, response.status, asked)
    return response


async def _look(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPForbidden:
        if ACCOUNT in request:
            await _note(request, AuditOutcome.DENIED)
        raise


async def _became(request: web.Request, status: int, asked: int | None) -> None:
    if asked is not None or NAMED in request:
        await _note(request, AuditOutcome.of_status(status), asked)


async def _note(request: web.Request, outcome: AuditOutcome, of: int | None = None) -> int:
    account = request.get(ACCOUNT)
    entry = Entry(
        name=account.username if account else request.get(NAMED, "?"),
        act=f"{request.method} {shown_path(request)}",
        outcome=outcome,
        account=account.id if account else None,
        role=account.role if account else None,
        source=request.remote,
        of=of,
    )
    return await request.app[DATABASE].write(chain.write, entry, request.app[CLOCK]())
