"""The audit log: every act with who, from where and what became of it, and whether the chain holds."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.audit import chain
from keng_hub.tables import audit_entry
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import DATABASE
from keng_hub.web.permissions import Action, require

PAGE: Final = 100


class Wanted(Form):
    """From which row on, and whose."""

    before: int | None = None
    name: str = ""


@require(Action.SEE_AUDIT)
async def show(request: web.Request) -> web.StreamResponse:
    """A page of acts, newest first; the whole chain is checked on the first one."""
    wanted = query(request, Wanted)
    rows = await request.app[DATABASE].read(load, wanted.before, wanted.name.strip())
    verdict = None if wanted.before else await request.app[DATABASE].read(chain.verify)
    more = rows[-1]["id"] if len(rows) == PAGE else None
    return page(request, "duty/audit.html", rows=rows, verdict=verdict, more=more, name=wanted.name.strip())


def load(connection: Connection, before: int | None, name: str) -> list[dict[str, Any]]:
    """The acts, each with what became of it: `asked` where the hub stopped in between."""
    became = audit_entry.alias("became")
    query = (
        sa.select(audit_entry, sa.func.coalesce(became.c.outcome, audit_entry.c.outcome).label("result"))
        .select_from(audit_entry.outerjoin(became, became.c.of == audit_entry.c.id))
        .where(audit_entry.c.of.is_(None))
        .order_by(audit_entry.c.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    if name:
        query = query.where(audit_entry.c.name == name)
    return [dict(row) for row in connection.execute(query).mappings()]
