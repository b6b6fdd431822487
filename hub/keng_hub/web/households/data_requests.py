"""Requests of people about their own data: what was asked, until when, and what was answered."""

from typing import Any, Final, Literal

from aiohttp import web

from keng_hub.incidents.msgid import N_
from keng_hub.people import data_requests
from keng_hub.people.data_requests import ANSWER_DAYS, DataRequestKind
from keng_hub.people.errors import Refused
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, Text, query, read
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require

DONE: Final = {
    "received": N_("The request is in the register."),
    "acknowledge": N_("Noted: they were told that it arrived."),
    "extend": N_("The answer was put off. Tell the person why."),
    "answer": N_("Noted: it was answered."),
}


class Received(Form):
    """What somebody asks, and who."""

    kind: DataRequestKind
    requester: Text


class Answered(Form):
    """What was done."""

    answer: Text


class Shown(Form):
    """What was just done."""

    done: Literal["", "received", "acknowledge", "extend", "answer"] = ""


@require(Action.ANSWER_REQUESTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The register."""
    return await _page(request, done=query(request, Shown).done)


@require(Action.ANSWER_REQUESTS)
@once
async def receive(request: web.Request) -> web.StreamResponse:
    """Write a request down."""
    form = await read(request, Received)
    if len(form.requester) > 200:
        return await _page(request, status=422, problem=N_("This is too long."), typed=form)
    asked = (form.kind, form.requester, request[ACCOUNT].id, request.app[CLOCK]())
    await request.app[DATABASE].write(data_requests.receive, *asked)
    raise web.HTTPSeeOther("/data-requests?done=received")


@require(Action.ANSWER_REQUESTS)
async def acknowledge(request: web.Request) -> web.StreamResponse:
    """They were told that it arrived."""
    return await _do(request, "acknowledge", data_requests.acknowledge, request.app[CLOCK]())


@require(Action.ANSWER_REQUESTS)
async def extend(request: web.Request) -> web.StreamResponse:
    """Put the answer off."""
    return await _do(request, "extend", data_requests.extend)


@require(Action.ANSWER_REQUESTS)
async def answer(request: web.Request) -> web.StreamResponse:
    """It was answered."""
    form = await read(request, Answered)
    return await _do(request, "answer", data_requests.answer, form.answer, request.app[CLOCK]())


async def _do(request: web.Request, done: str, act: Any, *values: Any) -> web.StreamResponse:
    try:
        await request.app[DATABASE].write(act, int(request.match_info["id"]), *values)
    except Refused as refused:
        if refused.code == "gone":
            raise web.HTTPNotFound from None
        return await _page(request, status=409, problem=REFUSED[refused.code])
    raise web.HTTPSeeOther(f"/data-requests?done={done}")


async def _page(
    request: web.Request,
    *,
    status: int = 200,
    problem: str | None = None,
    done: str = "",
    typed: Received | None = None,
) -> web.Response:
    rows = await request.app[DATABASE].read(data_requests.listed, request.app[CLOCK]())
    kinds = [(kind.value, days) for kind, days in ANSWER_DAYS.items()]
    words = DONE.get(done)
    return page(
        request,
        "households/data_requests.html",
        status=status,
        problem=problem,
        done=words,
        rows=rows,
        kinds=kinds,
        typed=typed,
    )
