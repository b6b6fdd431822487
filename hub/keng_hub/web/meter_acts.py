"""What people do to the values of a meter: correct a half hour, take a correction back; each with name and reason."""

import re
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import Connection

from keng_hub.incidents.msgid import N_
from keng_hub.meterdata import corrections
from keng_hub.meterdata.questions import Refused
from keng_hub.meterdata.sheet import MeterId
from keng_hub.web.answers import translate
from keng_hub.web.forms import BadForm, Form, Text, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, TYPED
from keng_hub.web.meter import meter_of, render, visible
from keng_hub.web.meters import REGISTER
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

_KWH: Final = re.compile(r"(\d{1,6})(?:[.,](\d{1,3}))?")

REFUSED: Final = {
    "gone": N_("This is not there any more."),
    "answered": N_("Somebody else has decided this already."),
    "answer": N_("This answer does not fit the question."),
    "reason": N_("Please say why."),
    "range": N_("Only a half hour that has passed can be corrected."),
}
FIELDS: Final = {
    "start": N_("Half hour"),
    "kwh": N_("Energy (kWh)"),
    "reason": N_("Reason"),
    "answer": N_("Answer"),
}


def _number(text: str) -> str:
    if not _KWH.fullmatch(text):
        raise PydanticCustomError("kwh", "no energy")
    return text


Start = Annotated[int, Field(ge=0, le=10**14)]


class Withdrawal(Form):
    """Take back what stands at the half hour that begins at `start` (UTC ms)."""

    start: Start
    reason: Text


class Correction(Withdrawal):
    """Put `kwh` there: `0,25` or `0.25`."""

    kwh: Annotated[str, StringConstraints(strip_whitespace=True, max_length=12), AfterValidator(_number)]

    @property
    def wh(self) -> int:
        """Whole Wh."""
        whole, _, part = self.kwh.replace(",", ".").partition(".")
        return int(whole) * 1000 + int(part.ljust(3, "0"))


@require(Action.CORRECT_METERS)
async def correct(request: web.Request) -> web.StreamResponse:
    """Note a correction and lead back to its day; a refusal says why, with what was typed."""
    return await _do(request, Correction, "correct")


@require(Action.CORRECT_METERS)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Take a correction back."""
    return await _do(request, Withdrawal, "withdraw")


async def _do(request: web.Request, model: type[Withdrawal], name: str) -> web.StreamResponse:
    posted: dict[str, Any] = {}
    try:
        form = await read(request, model)
        posted = form.model_dump()
        wh = form.wh if isinstance(form, Correction) else None
        meter = meter_of(request)
        await request.app[DATABASE].write(_run, request[ACCOUNT], meter, form, wh, request.app[CLOCK]())
    except BadForm as bad:
        return await render(request, status=422, problem=words(request, bad), typed=request.get(TYPED))
    except Refused as refused:
        return await render(request, status=409, problem=translate(request, REFUSED[refused.code]), typed=posted)
    raise web.HTTPSeeOther(back(request, name))


def back(request: web.Request, done: str) -> str:
    """The meter's page with the range that was shown."""
    node, device = meter_of(request)
    kept = {name: request.query[name] for name in ("range", "date") if name in request.query}
    return str(request.rel_url.with_path(f"/meters/{node}/{device}").with_query({**kept, "done": done}))


def words(request: web.Request, bad: BadForm) -> str:
    """The first thing that is wrong with a form."""
    field, text = next(iter(bad.problems.items()))
    name = FIELDS.get(field)
    return f"{translate(request, name)}: {translate(request, text)}" if name else translate(request, text)


def _run(connection: Connection, account: Account, meter: MeterId, form: Withdrawal, wh: int | None, now: int) -> None:
    if visible(connection, account, meter) is None:
        raise web.HTTPNotFound
    corrections.correct(connection, meter, REGISTER, form.start, wh, account.id, form.reason, now)
