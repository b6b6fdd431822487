"""What a household was told lately, newest first and large: for who deleted the message or has no channel at home."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.normalise import path
from keng_hub.incidents.states import ENDED
from keng_hub.notices.kinds import NoticeState
from keng_hub.tables import incident, notice
from keng_hub.web.answers import page
from keng_hub.web.keys import CLOCK, DATABASE
from keng_hub.web.residents.home import household_of

DAYS_MS: Final = 60 * 86_400_000
SHOWN: Final = 50
_GONE: Final = [NoticeState.SENDING.value, NoticeState.SENT.value]


async def show(request: web.Request) -> web.StreamResponse:
    """The page; who has no household in this browser is led to where that is said."""
    home = await household_of(request)
    if home is None:
        raise web.HTTPSeeOther("/home")
    rows = await request.app[DATABASE].read(_load, home.place, request.app[CLOCK]())
    return page(request, "residents/told.html", notices=rows, home=home)


def _load(connection: Connection, place: str, now: int) -> list[dict[str, Any]]:
    around = [key for key, _ in path(connection, place)]
    over = sa.and_(incident.c.id.is_not(None), incident.c.state.in_([state.value for state in ENDED]))
    query = (
        sa.select(notice, over.label("over"))
        .outerjoin(incident, incident.c.id == notice.c.incident)
        .where(notice.c.scope.in_(around), notice.c.state.in_(_GONE), notice.c.starts > now - DAYS_MS)
        .order_by(notice.c.id.desc())
        .limit(SHOWN)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
