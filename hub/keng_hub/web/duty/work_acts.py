"""Acts of the work on an incident: sending people, calling, the roll call, handing over, filing."""

from typing import Annotated, Final, Literal

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.incidents import call_card, dispatch, handover, roll_call
from keng_hub.incidents.dispatch import TaskState
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.handover import Handover
from keng_hub.incidents.outcome import CauseCode, FalseAlarmCause, Outcome
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.subtree import subtree
from keng_hub.reports import urgent
from keng_hub.tables import account, household
from keng_hub.tables import dispatch as tasks
from keng_hub.web.act import Act, WithReason
from keng_hub.web.forms import Form, OptionalText, Text
from keng_hub.web.permissions import Action

Key = Annotated[int, Field(ge=1, le=10**15)]
People = Annotated[int, Field(ge=0, le=10_000)]


class Sent(WithReason):
    """Who is asked to go, and to do what."""

    assignee: Key


class Step(WithReason):
    """How far a task is."""

    task: Key
    state: TaskState


class Other(WithReason):
    """Who goes instead."""

    task: Key
    assignee: Key


class Called(WithReason):
    """Whom somebody called; the reason says what was said."""

    service: Literal["fire", "police", "medical", "rescue", "electricity", "household"]


class Answered(Form):
    """What is known of a household."""

    household: Key
    answer: RollCallAnswer
    back: Literal["", "roll-call"] = ""


class Nothing(Form):
    """A button."""

    back: Literal["", "roll-call"] = ""


class PassedOn(WithReason):
    """To whom the incident was handed over, and how."""

    to: Text
    channel: Text
    reference: OptionalText = ""


class Document(Form):
    """The number under which it was reported."""

    document: OptionalText = ""


class Ended(WithReason):
    """How it ended."""

    cause: CauseCode | Literal[""] = ""
    false_alarm_cause: FalseAlarmCause | Literal[""] = ""
    dead: People = 0
    injured: People = 0
    damage: OptionalText = ""
    loss: Annotated[int, Field(ge=0, le=10**15)] | Literal[""] = ""

    def outcome(self) -> Outcome | None:
        """What was said; None when nothing was."""
        said = Outcome(
            cause=self.cause or None,
            false_alarm_cause=self.false_alarm_cause or None,
            dead=self.dead,
            injured=self.injured,
            damage=self.damage,
            loss=None if self.loss == "" else self.loss,
        )
        return said if said != Outcome() else None


def _send(connection: Connection, id_: int, who: int, form: Sent, now: int) -> None:
    dispatch.send(connection, id_, who, form.assignee, form.reason, now)


def _move(connection: Connection, id_: int, who: int, form: Step, now: int) -> None:
    _belongs(connection, id_, form.task)
    dispatch.move(connection, form.task, who, form.state, form.reason, now)


def _replace(connection: Connection, id_: int, who: int, form: Other, now: int) -> None:
    _belongs(connection, id_, form.task)
    dispatch.replace(connection, form.task, who, form.assignee, form.reason, now)


def _called(connection: Connection, id_: int, who: int, form: Called, now: int) -> None:
    call_card.record(connection, id_, who, form.service, form.reason, now)


def _roll_call(connection: Connection, id_: int, who: int, _: Nothing, now: int) -> None:
    roll_call.start(connection, id_, now, account=who)


def _answer(connection: Connection, id_: int, who: int, form: Answered, now: int) -> None:
    place = connection.execute(sa.select(account.c.place).where(account.c.id == who)).scalar_one()
    mine = sa.select(household.c.id).where(household.c.id == form.household)
    if place is not None:
        mine = mine.where(household.c.place.in_(subtree(place)))
    if connection.execute(mine).first() is None:
        raise Refused("no_household")
    roll_call.answer(connection, id_, form.household, form.answer, now, account=who)


def _handover(connection: Connection, id_: int, who: int, form: PassedOn, now: int) -> None:
    done = Handover(form.to, form.channel, form.reference, now, form.reason)
    handover.record(connection, id_, who, done, now)


def _file(connection: Connection, id_: int, who: int, form: Document, now: int) -> None:
    urgent.file(connection, id_, who, form.document, now)


def _belongs(connection: Connection, id_: int, task: int) -> None:
    query = sa.select(tasks.c.id).where(tasks.c.id == task, tasks.c.incident == id_)
    if connection.execute(query).first() is None:
        raise Refused("no_task")


ACTS: Final[dict[str, Act]] = {
    "send": Act(Action.DISPATCH, Sent, _send),
    "task": Act(Action.DISPATCH, Step, _move),
    "replace": Act(Action.DISPATCH, Other, _replace),
    "called": Act(Action.CALL, Called, _called, once=True),
    "handover": Act(Action.CALL, PassedOn, _handover, once=True),
    "begin_roll_call": Act(Action.ROLL_CALL, Nothing, _roll_call),
    "answer": Act(Action.ROLL_CALL, Answered, _answer),
    "file": Act(Action.FILE, Document, _file),
}
"""Name in the address → act."""
