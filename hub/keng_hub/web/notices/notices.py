"""All notices an account may see, what waits for approval first, and the templates to write a new one from."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.notices.kinds import OPEN, NoticeState
from keng_hub.notices.templates import templates
from keng_hub.tables import account as accounts
from keng_hub.tables import notice, place
from keng_hub.web.answers import page
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require, subtree
from keng_hub.web.sessions import Account

SHOWN: Final = 100


@require(Action.SEE_NOTICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The list; htmx takes `#notices` out of it."""
    rows = await request.app[DATABASE].read(load, request[ACCOUNT])
    going = [row for row in rows if row["state"] in {state.value for state in OPEN}]
    over = [row for row in rows if row not in going]
    return page(request, "notices/list.html", going=going, over=over, templates=list(templates().items()))


def load(connection: Connection, account: Account) -> list[dict[str, Any]]:
    """Newest first, but what waits for somebody before the rest."""
    order = (notice.c.state != NoticeState.WAITING.value, notice.c.id.desc())
    query = (
        sa.select(notice, place.c.name.label("place_name"), place.c.kind.label("place_kind"), accounts.c.full_name)
        .join(place, place.c.id == notice.c.scope)
        .outerjoin(accounts, accounts.c.id == notice.c.made_by)
        .where(sees(account))
        .order_by(*order)
        .limit(SHOWN)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def sees(account: Account) -> sa.ColumnElement[bool]:
    """The condition on `notice`: it is told in the account's places, or around them."""
    if account.place is None:
        return sa.true()
    around = sa.select(place.c.id, place.c.parent).where(place.c.id == account.place).cte("around", recursive=True)
    outer = sa.select(place.c.id, place.c.parent).join(around, place.c.id == around.c.parent)
    around = around.union(outer)
    return sa.or_(notice.c.scope.in_(subtree(account.place)), notice.c.scope.in_(sa.select(around.c.id)))
