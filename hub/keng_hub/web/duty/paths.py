"""How available each path was in a month, with the minutes that are missing."""

from datetime import date, timedelta
from typing import Annotated

import sqlalchemy as sa
from aiohttp import web
from pydantic import StringConstraints

from keng_hub import availability
from keng_hub.tables import node
from keng_hub.web import languages
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import CHANNELS, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require


class Wanted(Form):
    """Which month, as 2026-11."""

    month: Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] | None = None


@require(Action.SEE_PARTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The month, worst path first."""
    now = request.app[CLOCK]()
    chosen = query(request, Wanted).month or f"{languages.local(now):%Y-%m}"
    first = date.fromisoformat(f"{chosen}-01")
    after = (first + timedelta(days=32)).replace(day=1)
    begin, end = languages.to_ms(first), languages.to_ms(after)
    channels = [name for name in request.app[CHANNELS] if name != "page"]
    found = await request.app[DATABASE].read(availability.paths, begin, end, channels, now)
    names = await request.app[DATABASE].read(
        lambda connection: {row.id: row.name for row in connection.execute(sa.select(node.c.id, node.c.name))}
    )
    return page(
        request,
        "duty/paths.html",
        paths=found,
        names=names,
        first=first,
        before=first - timedelta(days=1),
        after=after,
        target=availability.TARGET,
    )
