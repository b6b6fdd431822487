"""The gates in front of acts: which move is in the table, what closing needs, when a reason must be given."""

from typing import Any

import sqlalchemy as sa

from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import BY_PERSON, ENDED, WAITING, State, Verdict
from keng_wire.alarm import Category

_JUDGED = frozenset({Category.FIRE.value, Category.MEDICAL.value, Category.SECURITY.value})
"""These are never closed without saying what they were."""

_REFUSED_WHILE: dict[SourceCondition, str] = {
    SourceCondition.ACTIVE: "still_active",
    SourceCondition.UNKNOWN: "unknown_is_not_over",
}


def move(row: sa.Row[Any], state: State) -> None:
    """Refuse a move that `BY_PERSON` does not have."""
    present = State(row.state)
    if state in BY_PERSON[present]:
        return
    if present in WAITING:
        raise Refused("not_acknowledged")
    raise Refused("closed" if present in ENDED else "wrong_state")


def closing(row: sa.Row[Any], reason_given: str | None) -> None:
    """Refuse to close what still alarms or fell silent without verdict and reason, and anything dangerous unjudged."""
    judged = row.verdict != Verdict.UNVERIFIED.value
    code = _REFUSED_WHILE.get(SourceCondition(row.condition))
    if code and not (judged and (reason_given or "").strip()):
        raise Refused(code)
    if row.category in _JUDGED and not judged:
        raise Refused("verdict_needed")


def reason(given: str | None) -> None:
    """Refuse an empty reason."""
    if not (given or "").strip():
        raise Refused("reason_needed")
