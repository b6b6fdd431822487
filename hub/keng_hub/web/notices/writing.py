"""Writing a notice in two steps: fill in a template, see exactly what goes out to whom and at what cost, send."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Channel
from keng_hub.deliveries import estimate, quiet
from keng_hub.incidents.msgid import N_
from keng_hub.notices import audience, making
from keng_hub.notices.making import Draft, Refused
from keng_hub.notices.templates import BadDraft, Written, parts, templates
from keng_hub.people import reach
from keng_hub.web.answers import page, translate
from keng_hub.web.forms import BadForm, Form, check, query
from keng_hub.web.keys import ACCOUNT, CHANNELS, CLOCK, DATABASE, EMERGENCY, TYPED, WAKES
from keng_hub.web.languages import VIETNAM
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account
from keng_hub.web.words import word

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
_FIELD: Final = "f_"
_TIME: Final = N_("This is not a date.")


class Chosen(Form):
    """The template of a new notice, and the place somebody came from."""

    template: Short = "other"
    scope: Short = ""


class Typed(Form):
    """What is beside the fields of the template; times as the browser sends them, in the village's own time."""

    template: Short
    scope: Short
    starts: Short = ""
    expires: Short = ""
    spoken: Literal["", "yes"] = ""


@require(Action.SEND_NOTICE)
async def show(request: web.Request) -> web.StreamResponse:
    """The empty form."""
    chosen = query(request, Chosen)
    if chosen.template not in templates():
        raise web.HTTPNotFound
    return await _form(request, {"template": chosen.template, "scope": chosen.scope})


@require(Action.SEND_NOTICE)
async def preview(request: web.Request) -> web.StreamResponse:
    """What would be sent, nothing of it sent yet."""
    values = await _posted(request)
    try:
        draft = _draft(values)
        words = making.written(draft, request.app[EMERGENCY], "TB-0000")
        found = await request.app[DATABASE].read(_reckon, request[ACCOUNT], draft, words, request.app[CHANNELS])
    except (BadForm, BadDraft) as bad:
        return await _form(request, values, status=422, problems=bad.problems)
    except Refused as refused:
        return await _form(request, values, status=409, problems={"": str(refused)})
    starts = draft.starts or request.app[CLOCK]()
    template = templates()[draft.template]
    return page(
        request,
        "notices/preview.html",
        values=values,
        chosen=template,
        words=words,
        parts=parts(words.text.ascii),
        starts=starts,
        morning=quiet.morning(starts) if quiet.by_night(starts) and not template.any_hour else None,
        **found,
    )


@require(Action.SEND_NOTICE)
@once
async def send(request: web.Request) -> web.StreamResponse:
    """Make the notice; it waits for approval, for its time, or goes out."""
    values = await _posted(request)
    try:
        draft, now = _draft(values), request.app[CLOCK]()
        key = await request.app[DATABASE].write(making.make, request[ACCOUNT], draft, request.app[EMERGENCY], now)
    except (BadForm, BadDraft) as bad:
        return await _form(request, values, status=422, problems=bad.problems)
    except Refused as refused:
        return await _form(request, values, status=409, problems={"": str(refused)})
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/notices/{key}?done=made")


async def _posted(request: web.Request) -> dict[str, str]:
    try:
        posted = await request.post()
    except (ValueError, LookupError, UnicodeError):
        raise BadForm({"": N_("The form could not be read.")}) from None
    values = request[TYPED] = {key: value for key, value in posted.items() if isinstance(value, str)}
    return values


def _draft(values: Mapping[str, str]) -> Draft:
    typed = check({key: value for key, value in values.items() if not key.startswith(_FIELD)}, Typed)
    if typed.template not in templates():
        raise BadForm({"template": N_("This is not one of the choices.")})
    fields = {key.removeprefix(_FIELD): value for key, value in values.items() if key.startswith(_FIELD)}
    times = {name: _ms(name, getattr(typed, name)) for name in ("starts", "expires")}
    return Draft(typed.template, typed.scope, fields, spoken=typed.spoken == "yes", **times)


def _ms(name: str, value: str) -> int | None:
    if not value:
        return None
    try:
        return int(datetime.strptime(value, "%Y-%m-%dT%H:%M").replace(tzinfo=VIETNAM).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadForm({name: _TIME}) from None


def _reckon(
    connection: Connection, account: Account, draft: Draft, words: Written, channels: Mapping[str, Channel]
) -> dict[str, Any]:
    making.check_place(connection, account, draft.scope)
    people = audience.recipients(connection, draft.scope)
    return {
        "audience": audience.count(connection, draft.scope),
        "reach": reach.of_place(connection, draft.scope, reach.channels(connection, channels)),
        "estimates": estimate.estimate(connection, channels, [row.id for row in people], words.text),
        "needs_approval": making.needs_approval(connection, draft, account),
        "scope": next(one for one in audience.places(connection, None) if one.id == draft.scope),
    }


async def _form(
    request: web.Request, values: dict[str, str], *, status: int = 200, problems: dict[str, str] | None = None
) -> web.Response:
    """The form, perhaps with what was wrong with it and all that was typed."""
    name = values.get("template", "")
    template = templates().get(name) or templates()["other"]
    places = await request.app[DATABASE].read(audience.places, request[ACCOUNT].place)
    said = {
        field: (translate(request, word("notice_field", field)) if field in template.fields else "", text)
        for field, text in (problems or {}).items()
    }
    return page(
        request,
        "notices/write.html",
        status=status,
        name=name if name in templates() else "other",
        chosen=template,
        templates=list(templates().items()),
        places=places,
        values=values,
        problems=said,
    )
