"""What people do to a fire point: one form an act, each checked, named, timed; the node decides and answers."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.incidents.errors import Refused
from keng_hub.incidents.msgid import N_
from keng_hub.points import acts, photos
from keng_hub.points.acts import Point
from keng_hub.points.photos import Photo
from keng_hub.web import uploads
from keng_hub.web.answers import translate
from keng_hub.web.forms import BadForm, Form, OptionalText, check, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.permissions import Action, may, require
from keng_hub.web.point import render, visible
from keng_hub.web.sessions import Account
from keng_wire.control import CommandName
from keng_wire.identity import OccurrenceId
from keng_wire.point import ProofMethod

_LARGE: Final = N_("The photo is too large: at most 12 MB.")
Minutes = Annotated[int, Field(ge=1, le=43_200)]


class WithReason(Form):
    """An act that ends something."""

    reason: OptionalText = ""


class For(WithReason):
    """An act with an end."""

    minutes: Minutes


class Confirmation(Form):
    """How a point was made to speak in the proof test `test`."""

    test: OccurrenceId
    method: ProofMethod
    reason: OptionalText = ""


_FIELDS: Final = {
    "minutes": N_("For how long"),
    "method": N_("How it was made to speak"),
    "reason": N_("Reason"),
    "file": N_("Photo"),
}
Sent = tuple[Form, Photo | None]
Do = Callable[[Connection, Point, int, Any, int], object]


class Act(NamedTuple):
    """An act: the right it needs, its form, and what it does with `(connection, point, account, form, now)`."""

    right: Action
    form: type[Form]
    do: Do


def _restrict(name: CommandName) -> Do:
    def do(connection: Connection, point: Point, who: int, form: For, now: int) -> None:
        acts.restrict(connection, point, who, name, form.minutes, form.reason, now)

    return do


def _lift(name: CommandName) -> Do:
    def do(connection: Connection, point: Point, who: int, form: WithReason, now: int) -> None:
        acts.lift(connection, point, who, name, form.reason, now)

    return do


def _prove(connection: Connection, point: Point, who: int, form: For, now: int) -> None:
    acts.prove(connection, point, who, form.minutes, now)


def _confirm(connection: Connection, point: Point, who: int, form: Confirmation, now: int) -> None:
    acts.confirm(connection, point, who, form.test, form.method, form.reason, now)


def _relearn(connection: Connection, point: Point, who: int, form: WithReason, now: int) -> None:
    acts.relearn(connection, point, who, form.reason, now)


ACTS: dict[str, Act] = {
    "disable": Act(Action.DISABLE, For, _restrict(CommandName.DISABLE)),
    "enable": Act(Action.DISABLE, WithReason, _lift(CommandName.ENABLE)),
    "test": Act(Action.TEST_POINT, For, _restrict(CommandName.TEST)),
    "end_test": Act(Action.TEST_POINT, WithReason, _lift(CommandName.END_TEST)),
    "relearn": Act(Action.PROVE, WithReason, _relearn),
    "prove": Act(Action.PROVE, For, _prove),
    "confirm": Act(Action.PROVE, Confirmation, _confirm),
}
"""Name in the address → act."""


@require(Action.SEE_DEVICES)
async def act(request: web.Request) -> web.StreamResponse:
    """Do it and lead back to the point; a refusal says why, on the same page, with what was typed."""
    name = request.match_info["act"]
    chosen = ACTS.get(name)
    if chosen is None:
        raise web.HTTPNotFound
    if not may(request[ACCOUNT], chosen.right):
        raise web.HTTPForbidden
    point = Point(request.match_info["node"], request.match_info["device"])
    form = None
    try:
        sent = form, _ = await _read(request, chosen)
        await request.app[DATABASE].write_urgently(_run, request[ACCOUNT], chosen, point, sent, request.app[CLOCK]())
    except web.HTTPRequestEntityTooLarge:
        return await render(request, status=413, problem=translate(request, _LARGE))
    except BadForm as bad:
        field, text = next(iter(bad.problems.items()))
        return await render(request, status=422, problem=_words(request, field, text))
    except Refused as refused:
        typed = {"act": name, "reason": getattr(form, "reason", "")}
        return await render(request, status=409, problem=translate(request, str(refused)), **typed)
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/devices/{point.node}/{point.device}?done={name}")


async def _read(request: web.Request, chosen: Act) -> Sent:
    """The form, and the photo that may come with a confirmation."""
    if chosen.form is not Confirmation or not request.content_type.startswith("multipart/"):
        return await read(request, chosen.form), None
    fields, _, data = await uploads.read(request, photos.LARGEST, optional=True)
    form = check(fields, chosen.form)
    if not data:
        return form, None
    try:
        return form, await asyncio.to_thread(photos.made_anew, data)
    except photos.BadPhoto:
        raise BadForm({"file": N_("It is not a photo that can be shown; choose a JPEG.")}) from None


def _run(connection: Connection, account: Account, chosen: Act, point: Point, sent: Sent, now: int) -> None:
    if visible(connection, account, *point) is None:
        raise web.HTTPNotFound
    form, photo = sent
    chosen.do(connection, point, account.id, form, now)
    if photo is not None and isinstance(form, Confirmation):
        photos.keep(connection, form.test, photo, account.id, now)


def _words(request: web.Request, field: str, text: str) -> str:
    names = {
        "minutes": N_("For how long"),
        "method": N_("How it was made to speak"),
        "reason": N_("Reason"),
        "file": N_("Photo"),
    }
    name = names.get(field)
    return f"{translate(request, name)}: {translate(request, text)}" if name else translate(request, text)
