"""Warnings of the weather service and others: those in force, and a form for one that came by telephone or post."""

import hashlib
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import Field

from keng_hub.channels.cap_document import Alert, Area, Info, stamp
from keng_hub.warnings import rows
from keng_hub.warnings.rows import HAND, Ours
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, OptionalText, Text, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, TYPED, WAKES
from keng_hub.web.permissions import Action, require

HOUR_MS: Final = 3_600_000


class Entered(Form):
    """A warning as somebody read or heard it."""

    source: Text
    headline: Annotated[Text, Field(max_length=300)]
    area: Annotated[Text, Field(max_length=400)]
    severity: Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
    hours: Annotated[int, Field(ge=1, le=240)]
    instruction: OptionalText = ""


@require(Action.ENTER_WARNING)
async def show(request: web.Request) -> web.StreamResponse:
    """The list and the form."""
    return await _render(request)


@require(Action.ENTER_WARNING)
async def enter(request: web.Request) -> web.StreamResponse:
    """Keep what was entered and tell duty, as if a feed had brought it."""
    try:
        form = await read(request, Entered)
    except BadForm as bad:
        problem = translate(request, next(iter(bad.problems.values())))
        return await _render(request, status=422, problem=problem)
    now, who = request.app[CLOCK](), request[ACCOUNT].id
    await request.app[DATABASE].write_urgently(rows.take, HAND, _alert(form, now), Ours(), now, who)
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther("/warnings?done=1")


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    found = await request.app[DATABASE].read(rows.in_force, request.app[CLOCK]())
    typed = dict.fromkeys(Entered.model_fields, "") | request.get(TYPED, {})
    values = {"warnings": found, "problem": problem, "typed": typed, "done": "done" in request.query}
    return page(request, "duty/warnings.html", status=status, **values)


def _alert(form: Entered, now: int) -> Alert:
    """The form as an alert; the same entered twice within a minute is one."""
    digest = hashlib.sha256(f"{form.source}/{form.headline}/{now // 60_000}".encode()).hexdigest()[:16]
    info = Info(
        language="vi-VN",
        categories=("Met",),
        event=form.headline[:200],
        urgency="Unknown",
        severity=form.severity,
        certainty="Unknown",
        expires=stamp(now + form.hours * HOUR_MS),
        headline=form.headline,
        instruction=form.instruction,
        areas=(Area(form.area),),
    )
    sent = stamp(now // 60_000 * 60_000)
    return Alert(f"{HAND}-{digest}", form.source[:200], sent, "Actual", "Alert", "Public", infos=(info,))
