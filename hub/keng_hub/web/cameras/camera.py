"""The record of one camera: whether it may look, its notice, the consent of its house, its facts, who did what."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.cameras import activity, consent, registry
from keng_hub.cameras.consent import Given
from keng_hub.cameras.errors import Refused
from keng_hub.cameras.registry import CameraKey
from keng_hub.incidents.msgid import N_
from keng_hub.points import photos
from keng_hub.points.photos import Photo
from keng_hub.tables import account as accounts
from keng_hub.tables import camera_consent, camera_entry, camera_notice
from keng_hub.web import languages, uploads
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import area_form, shown
from keng_hub.web.cameras.record_form import FIELDS, WORDS_OF, Record
from keng_hub.web.cameras.words import FACT
from keng_hub.web.forms import BadForm, Form, OptionalText, Text, check, read
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.permissions import Action, may, require
from keng_hub.web.sessions import Account

SHOWN: Final = 30
_LARGE: Final = N_("The photo is too large: at most 12 MB.")
DONE: Final = {
    "facts": N_("Written down."),
    "notice": N_("The notice is confirmed, with your name and the time."),
    "activate": N_("The node was told: the camera may look."),
    "pause": N_("The node was told: the camera may look no more."),
    "consent": N_("The consent is written down."),
    "withdraw": N_("The consent is withdrawn: the node was told to stop, and what the camera recorded goes tonight."),
}
"""What an act did, said on the page it leads to."""
_LABELS: Final = FACT | {
    "given_by": N_("Who of the house agreed"),
    "given": N_("Agreed on"),
    "reason": N_("Reason"),
    "file": N_("Photo"),
}


class Empty(Form):
    """An act that needs no more words."""


class Because(Form):
    """Why a camera is stopped."""

    reason: OptionalText = ""


class Agreement(Form):
    """What a house said."""

    given_by: Text
    given: Annotated[date, Field(ge=date(2020, 1, 1), le=date(2100, 1, 1))]
    neighbours_masked: bool = False


class Sent(NamedTuple):
    """A form, and the photo that came with it."""

    form: Any
    photo: Photo | None


class Act(NamedTuple):
    """An act: the right it needs, its form, whether a photo comes (None: never), and what it does."""

    right: Action
    form: type[Form]
    photo: bool | None
    do: Callable[[Connection, CameraKey, Account, Sent, int], None]


def _facts(connection: Connection, key: CameraKey, who: Account, sent: Sent, now: int) -> None:
    row, wanted = registry.ensure(connection, key, now), sent.form.camera_class
    if row["camera_class"] != wanted and not may(who, Action.ACTIVATE_CAMERAS):
        raise Refused("class_by_duty")
    registry.change_facts(connection, key, who.id, wanted, sent.form.facts, now)


def _notice(connection: Connection, key: CameraKey, who: Account, sent: Sent, now: int) -> None:
    assert sent.photo is not None
    activity.confirm_notice(connection, key, who.id, sent.photo, now)


def _activate(connection: Connection, key: CameraKey, who: Account, sent: Sent, now: int) -> None:
    activity.activate(connection, key, who.id, now)


def _pause(connection: Connection, key: CameraKey, who: Account, sent: Sent, now: int) -> None:
    activity.pause(connection, key, who.id, sent.form.reason, now)


def _consent(connection: Connection, key: CameraKey, who: Account, sent: Sent, now: int) -> None:
    consent.give(connection, key, who.id, Given(**sent.form.model_dump()), sent.photo, now)


def _withdraw(connection: Connection, key: CameraKey, who: Account, sent: Sent, now: int) -> None:
    consent.withdraw(connection, key, who.id, sent.form.reason, now)


ACTS: Final[dict[str, Act]] = {
    "facts": Act(Action.EDIT_CAMERAS, Record, None, _facts),
    "notice": Act(Action.EDIT_CAMERAS, Empty, True, _notice),
    "activate": Act(Action.ACTIVATE_CAMERAS, Empty, None, _activate),
    "pause": Act(Action.ACTIVATE_CAMERAS, Because, None, _pause),
    "consent": Act(Action.ACTIVATE_CAMERAS, Agreement, False, _consent),
    "withdraw": Act(Action.ACTIVATE_CAMERAS, Because, None, _withdraw),
}
"""Name in the address → act."""


@require(Action.SEE_CAMERAS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    return await render(request)


@require(Action.SEE_CAMERAS)
async def act(request: web.Request) -> web.StreamResponse:
    """Do it and lead back; a refusal says why, on the same page, with what was typed."""
    name = request.match_info["act"]
    chosen = ACTS.get(name)
    if chosen is None:
        raise web.HTTPNotFound
    if not may(request[ACCOUNT], chosen.right):
        raise web.HTTPForbidden
    key, now = key_of(request), request.app[CLOCK]()
    try:
        sent = await _read(request, chosen)
        await request.app[DATABASE].write_urgently(_run, request[ACCOUNT], key, chosen, sent, now)
    except web.HTTPRequestEntityTooLarge:
        return await render(request, status=413, problem=translate(request, _LARGE))
    except BadForm as bad:
        typed = await area_form.posted(request) if chosen.photo is None and "" not in bad.problems else {}
        return await render(request, status=422, problem=words(request, bad), typed=typed)
    except Refused as refused:
        return await render(request, status=409, problem=translate(request, str(refused)))
    request.app[WAKES].after_commit()
    raise web.HTTPSeeOther(f"/cameras/{key.node}/{key.device}/record?done={name}")


@require(Action.SEE_CAMERAS)
async def notice_photo(request: web.Request) -> web.StreamResponse:
    """The photo of a notice; it is to show a sign on a wall."""
    return await _photo(request, camera_notice)


@require(Action.ACTIVATE_CAMERAS)
async def consent_paper(request: web.Request) -> web.StreamResponse:
    """The signed paper of a consent: names of a house, for the duty officer and the data protection officer alone."""
    return await _photo(request, camera_consent)


async def render(
    request: web.Request, *, status: int = 200, problem: str | None = None, typed: "dict[str, Any] | None" = None
) -> web.Response:
    """The page, perhaps with why an act was refused and with what had been typed."""
    key, now, account = key_of(request), request.app[CLOCK](), request[ACCOUNT]
    found = await request.app[DATABASE].read(load, account, key, now)
    if found is None:
        raise web.HTTPNotFound
    done = DONE.get(request.query.get("done", ""))
    known = found["camera"]["record"].model_dump(mode="json", exclude_none=True)
    known |= {"camera_class": found["camera"]["register"]["camera_class"]} | (typed or {})
    names = may(account, Action.SEE_PEOPLE) or may(account, Action.ACTIVATE_CAMERAS)
    values = {"fields": FIELDS, "words_of": WORDS_OF, "known": known, "names_shown": names, "done": done, **found}
    return page(request, "cameras/camera.html", status=status, problem=problem, today=_today(now), **values)


def load(connection: Connection, account: Account, key: CameraKey, now: int) -> "dict[str, Any] | None":
    """What the page stands on; None when this account may not see the camera."""
    camera = shown.one(connection, account, key, now)
    if camera is None:
        return None
    who = accounts.c.full_name.label("who")
    mine = (camera_entry.c.node == key.node, camera_entry.c.device == key.device)
    chosen = sa.select(camera_entry, who).join(accounts, accounts.c.id == camera_entry.c.account).where(*mine)
    entries = connection.execute(chosen.order_by(camera_entry.c.id.desc()).limit(SHOWN)).mappings()
    return {"camera": camera, "entries": [dict(row) for row in entries]}


def key_of(request: web.Request) -> CameraKey:
    """The camera of the address."""
    return CameraKey(request.match_info["node"], request.match_info["device"])


def words(request: web.Request, bad: BadForm) -> str:
    """What is wrong with a form: the field, and what to do."""
    field, text = next(iter(bad.problems.items()))
    label = _LABELS.get(field)
    return f"{translate(request, label)}: {translate(request, text)}" if label else translate(request, text)


async def _read(request: web.Request, chosen: Act) -> Sent:
    if chosen.photo is None:
        return Sent(await read(request, chosen.form), None)
    fields, _, data = await uploads.read(request, photos.LARGEST, optional=not chosen.photo)
    form = check(fields, chosen.form)
    if not data:
        return Sent(form, None)
    try:
        return Sent(form, await asyncio.to_thread(photos.made_anew, data))
    except photos.BadPhoto:
        raise BadForm({"file": N_("It is not a photo that can be shown; choose a JPEG.")}) from None


def _run(connection: Connection, account: Account, key: CameraKey, chosen: Act, sent: Sent, now: int) -> None:
    if shown.one(connection, account, key, now) is None:
        raise web.HTTPNotFound
    chosen.do(connection, key, account, sent, now)


async def _photo(request: web.Request, table: sa.Table) -> web.Response:
    key, id_ = key_of(request), int(request.match_info["id"])
    jpeg = await request.app[DATABASE].read(_jpeg, request[ACCOUNT], key, table, id_, request.app[CLOCK]())
    if jpeg is None:
        raise web.HTTPNotFound
    return web.Response(body=jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _jpeg(
    connection: Connection, account: Account, key: CameraKey, table: sa.Table, id_: int, now: int
) -> bytes | None:
    if shown.one(connection, account, key, now) is None:
        return None
    mine = (table.c.id == id_, table.c.node == key.node, table.c.device == key.device)
    return connection.execute(sa.select(table.c.jpeg).where(*mine)).scalar_one_or_none()


def _today(now: int) -> str:
    return languages.local(now).date().isoformat()
