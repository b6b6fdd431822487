"""What people are asked about meters, all open questions in one list, and their answers."""

from aiohttp import web

from keng_hub.meterdata import questions
from keng_hub.meterdata.flags import Answer
from keng_hub.meterdata.questions import Refused
from keng_hub.web import meter
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, Text, query, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, TYPED
from keng_hub.web.meter_acts import REFUSED, back, words
from keng_hub.web.permissions import Action, require, sees_device
from keng_hub.web.spans import Monthly

LIMIT = 100


class Decision(Form):
    """An answer with its reason."""

    answer: Answer
    reason: Text


@require(Action.SEE_METERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The open questions, newest first."""
    return await _render(request)


@require(Action.CORRECT_METERS)
async def answer(request: web.Request) -> web.StreamResponse:
    """Answer from the list."""
    status, problem = await _decide(request)
    if problem:
        return await _render(request, status=status, problem=problem)
    raise web.HTTPSeeOther("/questions?done=answer")


@require(Action.CORRECT_METERS)
async def answer_at_meter(request: web.Request) -> web.StreamResponse:
    """Answer from the meter's own page."""
    status, problem = await _decide(request)
    if problem:
        return await meter.render(request, status=status, problem=problem, typed=request.get(TYPED))
    raise web.HTTPSeeOther(back(request, "answer"))


async def _render(request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
    scope = sees_device(request[ACCOUNT])
    found = await request.app[DATABASE].read(questions.questions, scope, questions.OPEN, LIMIT + 1)
    done = meter.DONE.get(query(request, Monthly).done)
    return page(
        request,
        "meter_questions.html",
        status=status,
        problem=problem,
        done=done,
        questions=found[:LIMIT],
        more=len(found) > LIMIT,
    )


async def _decide(request: web.Request) -> tuple[int, str | None]:
    """The status and what was wrong; None when it was noted."""
    number, account = int(request.match_info["id"]), request[ACCOUNT]
    try:
        form = await read(request, Decision)
        asked = (sees_device(account), number, account.id, form.answer, form.reason, request.app[CLOCK]())
        await request.app[DATABASE].write(questions.decide, *asked)
    except BadForm as bad:
        return 422, words(request, bad)
    except Refused as refused:
        return (404 if refused.code == "gone" else 409), translate(request, REFUSED[refused.code])
    return 200, None
