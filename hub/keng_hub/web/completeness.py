"""How complete each meter's month is, worst first: the list of what has to be looked after."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from keng_hub.meterdata import completeness
from keng_hub.web import spans
from keng_hub.web.answers import page
from keng_hub.web.forms import query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.spans import Monthly

SHOWN: Final = 100


class Wanted(Monthly):
    """A month, and which hundred of its meters."""

    page: Annotated[int, Field(ge=1, le=1000)] = 1


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    wanted, now = query(request, Wanted), request.app[CLOCK]()
    span = spans.of(request, "month", wanted.date)
    scope = sees_device(request[ACCOUNT])
    scores = await request.app[DATABASE].read(completeness.of_meters, scope, span.start, span.end, now)
    return page(
        request,
        "completeness.html",
        span=span,
        wanted=wanted,
        pages=-(-len(scores) // SHOWN),
        count=len(scores),
        scores=scores[(wanted.page - 1) * SHOWN :][:SHOWN],
        village=completeness.of_village(scores),
    )
