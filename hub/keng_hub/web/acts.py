"""What people do to an incident: one form an act, each checked, named, timed and answered with a visible result."""

from typing import Final, Literal

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents import actions
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.states import State, Verdict
from keng_hub.media import holds
from keng_hub.web.act import Act, WithReason
from keng_hub.web.answers import translate
from keng_hub.web.duty import work_acts
from keng_hub.web.duty.work_acts import Ended
from keng_hub.web.forms import BadForm, Form, Text, read
from keng_hub.web.incident import STEPS, render, visible
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, WAKES
from keng_hub.web.once import once
from keng_hub.web.permissions import Action, may, require
from keng_hub.web.sessions import Account


class Plain(Form):
    """An act that needs no words; `back` says which page it was done on."""

    back: Literal["", "list"] = ""


class Change(WithReason):
    """Another state."""

    state: State


class Judge(WithReason):
    """A verdict."""

    verdict: Verdict


class Ending(Ended):
    """What it turned out to be, unless that was said before, how it ended, and why it is over."""

    verdict: Verdict | Literal[""] = ""


class Remark(Form):
    """A comment."""

    text: Text


def _acknowledge(connection: Connection, id_: int, who: int, _: Plain, now: int) -> None:
    actions.acknowledge(connection, id_, who, now)


def _release(connection: Connection, id_: int, who: int, form: WithReason, now: int) -> None:
    actions.release(connection, id_, who, form.reason, now)


def _state(connection: Connection, id_: int, who: int, form: Change, now: int) -> None:
    if form.state not in STEPS:  # closing and reopening are acts of their own, with rights of their own
        raise Refused("wrong_state")
    actions.change_state(connection, id_, who, form.state, form.reason, now)


def _close(connection: Connection, id_: int, who: int, form: Ending, now: int) -> None:
    actions.close(connection, id_, who, form.verdict or None, form.reason, now, form.outcome())


def _reopen(connection: Connection, id_: int, who: int, form: WithReason, now: int) -> None:
    actions.reopen(connection, id_, who, form.reason, now)


def _verdict(connection: Connection, id_: int, who: int, form: Judge, now: int) -> None:
    actions.give_verdict(connection, id_, who, form.verdict, form.reason, now)


def _comment(connection: Connection, id_: int, who: int, form: Remark, now: int) -> None:
    actions.comment(connection, id_, who, form.text, now)


def _silence(connection: Connection, id_: int, who: int, form: WithReason, now: int) -> None:
    actions.request_silence(connection, id_, who, form.reason, now)


def _reset(connection: Connection, id_: int, who: int, form: WithReason, now: int) -> None:
    actions.request_reset(connection, id_, who, form.reason, now)


def _hold(connection: Connection, id_: int, who: int, form: WithReason, now: int) -> None:
    holds.hold(connection, id_, who, form.reason, now)


def _let_go(connection: Connection, id_: int, who: int, form: WithReason, now: int) -> None:
    holds.let_go(connection, id_, who, form.reason, now)


ACTS: dict[str, Act] = {
    "hold": Act(Action.HOLD_MEDIA, WithReason, _hold),
    "let_go": Act(Action.HOLD_MEDIA, WithReason, _let_go),
    "acknowledge": Act(Action.ACKNOWLEDGE, Plain, _acknowledge, once=True),
    "release": Act(Action.WORK, WithReason, _release),
    "state": Act(Action.WORK, Change, _state),
    "verdict": Act(Action.VERIFY, Judge, _verdict, once=True),
    "close": Act(Action.CLOSE, Ending, _close),
    "reopen": Act(Action.WORK, WithReason, _reopen),
    "comment": Act(Action.COMMENT, Remark, _comment, once=True),
    "silence": Act(Action.SILENCE, WithReason, _silence),
    "reset": Act(Action.RESET, WithReason, _reset),
} | work_acts.ACTS
"""Name in the address → act. Acknowledging, silencing and resetting are three different acts (`norms.md`)."""


_BACK: Final = {"": "/incidents/{}", "list": "/incidents", "roll-call": "/incidents/{}/roll-call"}


@require(Action.SEE_INCIDENTS)
async def act(request: web.Request) -> web.StreamResponse:
    """Do it and lead to the page that shows the result; a refusal says why, on the same page, with what was typed."""
    chosen = ACTS.get(request.match_info["act"])
    if chosen is None:
        raise web.HTTPNotFound
    if not may(request[ACCOUNT], chosen.right):
        raise web.HTTPForbidden
    return await (_act_once if chosen.once else _act)(request)


async def _act(request: web.Request) -> web.StreamResponse:
    id_, name = int(request.match_info["id"]), request.match_info["act"]
    chosen = ACTS[name]
    try:
        form = await read(request, chosen.form)
        await request.app[DATABASE].write_urgently(_run, request[ACCOUNT], chosen, id_, form, request.app[CLOCK]())
    except BadForm as bad:
        field, text = next(iter(bad.problems.items()))
        return await render(
            request, id_, status=422, problem=_words(request, field, text), act=name, sent=await _sent(request)
        )
    except Refused as refused:
        problem = translate(request, str(refused))
        return await render(request, id_, status=409, problem=problem, act=name, sent=await _sent(request))
    request.app[WAKES].after_commit()
    back = _BACK[getattr(form, "back", "")].format(id_)
    raise web.HTTPSeeOther(f"{back}?done={name}")


_act_once = once(_act)


async def _sent(request: web.Request) -> dict[str, str]:
    """What was typed, for the form that comes back; a form that cannot be read has nothing."""
    try:
        return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    except (ValueError, LookupError, UnicodeError):
        return {}


def _run(connection: Connection, account: Account, chosen: Act, id_: int, form: Form, now: int) -> None:
    if visible(connection, account, id_) is None:
        raise web.HTTPNotFound
    chosen.do(connection, id_, account.id, form, now)


def _words(request: web.Request, field: str, text: str) -> str:
    names = {
        "verdict": N_("What was it?"),
        "text": N_("Text"),
        "reason": N_("Reason"),
        "state": N_("Next step"),
        "assignee": N_("Who goes"),
        "to": N_("To whom"),
        "channel": N_("How"),
        "loss": N_("Estimated loss (đồng)"),
        "dead": N_("Dead"),
        "injured": N_("Injured"),
    }
    name = names.get(field)
    return f"{translate(request, name)}: {translate(request, text)}" if name else translate(request, text)
