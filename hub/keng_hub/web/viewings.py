"""The view log for whoever guards personal data: who looked at recorded video and why, and what was deleted."""

from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.media import deletions, viewings
from keng_hub.tables import device, media_deletion
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import DATABASE
from keng_hub.web.permissions import Action, require

PAGE: Final = 100
DELETIONS: Final = 50


class Wanted(Form):
    """From which viewing on to list."""

    before: int | None = None


@require(Action.SEE_VIEWINGS)
async def show(request: web.Request) -> web.StreamResponse:
    """The log, newest first, a page at a time."""
    before = query(request, Wanted).before
    rows, deleted, broken = await request.app[DATABASE].read(load, before)
    more = rows[-1]["id"] if len(rows) == PAGE else None
    return page(request, "viewings.html", rows=rows, deleted=deleted, broken=broken, more=more)


def load(connection: Connection, before: int | None) -> "tuple[list[Any], list[Any], int | None]":
    """Viewings, the last deletions, and the first deletion that does not follow from the one before."""
    name = device.c.name.label("name")
    of_device = sa.and_(device.c.node == media_deletion.c.node, device.c.id == media_deletion.c.device)
    chosen = sa.select(media_deletion, name).select_from(media_deletion.outerjoin(device, of_device))
    gone = connection.execute(chosen.order_by(media_deletion.c.id.desc()).limit(DELETIONS)).mappings()
    listed = viewings.listed(connection, PAGE, before=before)
    return listed, [dict(row) for row in gone], deletions.broken_at(connection)
