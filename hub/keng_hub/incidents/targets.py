"""The targets of the workflow: within which time each step is done, and what is overdue."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.deadlines import ESCALATION
from keng_hub.incidents.findings import RESIDENT_REPORT
from keng_hub.incidents.states import CALMING, ENDED, Verdict
from keng_hub.tables import delivery, dispatch, incident_entry, recipient, roll_call
from keng_wire.alarm import Category, Evidence

_MINUTE: Final = 60_000
SHIFT_MS: Final = 8 * 60 * _MINUTE
"""An incident is closed within the shift that got it."""


class TargetStep(StrEnum):
    """A step of the work on an incident that has a target, in the order of the work."""

    ACKNOWLEDGE = "acknowledge"
    VERIFY = "verify"
    DISPATCH = "dispatch"
    NOTIFY = "notify"
    ROLL_CALL = "roll_call"
    CLOSE = "close"


_LIFE: Final = (Category.FIRE, Category.MEDICAL, Category.SECURITY)
TARGETS: Final[Mapping[TargetStep, Mapping[Category, int]]] = {
    TargetStep.ACKNOWLEDGE: {category: rule.first_ms for category, rule in ESCALATION.items()},
    TargetStep.VERIFY: {Category.FIRE: _MINUTE, Category.SECURITY: 3 * _MINUTE},
    TargetStep.DISPATCH: dict.fromkeys(_LIFE, 2 * _MINUTE),
    TargetStep.NOTIFY: {Category.FIRE: 2 * _MINUTE},
    TargetStep.ROLL_CALL: {Category.FIRE: 10 * _MINUTE},
    TargetStep.CLOSE: dict.fromkeys(_LIFE, SHIFT_MS),
}
"""Step → category → ms. Acknowledging and closing count from the opening, the roll call from its own beginning, the
other steps from the acknowledgement, or from when it was due. A category that is not here has no such target."""


class Target(NamedTuple):
    """One step of one incident; times are UTC ms, `done` None while it is not."""

    step: TargetStep
    begun: int
    due: int
    done: int | None

    def late(self, now: int) -> int:
        """By how many ms it was missed, or is by now; 0 when it was not."""
        return max(0, (now if self.done is None else self.done) - self.due)


class _Facts(NamedTuple):
    begun: int
    verified: int | None
    dispatched: int | None
    notified: int | None
    roll_call: tuple[int, int, int | None] | None


def of(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[int, list[Target]]:
    """For each of these rows of `incident` its targets; those of steps that are not called for are left out."""
    facts = _gather(connection, [row["id"] for row in rows], {row["id"]: row["opened"] for row in rows})
    return {row["id"]: [one for step in TargetStep if (one := _target(step, row, facts[row["id"]]))] for row in rows}


def overdue(targets: Iterable[Target], now: int) -> list[Target]:
    """Those that are not done and should be."""
    return [one for one in targets if one.done is None and one.late(now)]


def _target(step: TargetStep, row: Mapping[str, Any], facts: _Facts) -> Target | None:
    allowed = TARGETS[step].get(Category(row["category"]))
    if allowed is None or (step is TargetStep.VERIFY and not _has_to_be_verified(row)):
        return None
    begun, done = _span(step, row, facts)
    if begun is None:
        return None
    over = row["state"] in ENDED
    if done is None and (over or _is_calmed(step, row)):
        return None  # nobody needed it any more
    return Target(step, begun, begun + allowed, done)


def _span(step: TargetStep, row: Mapping[str, Any], facts: _Facts) -> tuple[int | None, int | None]:
    """When the step begins to count, and when it was done."""
    acknowledged = row["acknowledged"]
    held = min(acknowledged or facts.begun + _first(row), facts.begun + _first(row))
    if step is TargetStep.ACKNOWLEDGE:
        return facts.begun, acknowledged
    if step is TargetStep.CLOSE:
        return facts.begun, row["closed"]
    if step is TargetStep.ROLL_CALL:
        return (None, None) if facts.roll_call is None else (facts.roll_call[0], facts.roll_call[2])
    done = {
        TargetStep.VERIFY: facts.verified,
        TargetStep.DISPATCH: facts.dispatched,
        TargetStep.NOTIFY: facts.notified,
    }[step]
    return held, done


def _first(row: Mapping[str, Any]) -> int:
    return TARGETS[TargetStep.ACKNOWLEDGE].get(Category(row["category"]), 0)


def _has_to_be_verified(row: Mapping[str, Any]) -> bool:
    """A button and two detectors need no look first; what a resident reported does."""
    sure = row["evidence"] in (Evidence.PERSON.value, Evidence.TWO_DETECTORS.value)
    return not row["drill"] and (not sure or row["cause"] == RESIDENT_REPORT)


def _is_calmed(step: TargetStep, row: Mapping[str, Any]) -> bool:
    """Whether nobody has to be sent and told any more, because there was no danger."""
    return step in (TargetStep.DISPATCH, TargetStep.NOTIFY, TargetStep.ROLL_CALL) and row["verdict"] in CALMING


def _gather(connection: Connection, ids: list[int], opened: dict[int, int]) -> dict[int, _Facts]:
    begun, verified = dict(opened), dict[int, int]()
    kinds = ("state", "release", "expire", "verdict")
    query = (
        sa.select(incident_entry.c.incident, incident_entry.c.at, incident_entry.c.kind, incident_entry.c.data)
        .where(incident_entry.c.incident.in_(ids), incident_entry.c.kind.in_(kinds))
        .order_by(incident_entry.c.id)
    )
    for entry in connection.execute(query):
        if entry.kind == "verdict":
            if entry.data.get("to") == Verdict.UNVERIFIED.value:
                verified.pop(entry.incident, None)
            else:
                verified.setdefault(entry.incident, entry.at)
        elif entry.data.get("to") == "reopened" or entry.data.get("reopened"):
            begun[entry.incident] = entry.at  # the work begins anew
    sent = _earliest(connection, dispatch.c.incident, dispatch.c.asked, ids)
    to_residents = recipient.c.household.is_not(None)
    query_told = (
        sa.select(delivery.c.incident, sa.func.min(delivery.c.created))
        .join(recipient, recipient.c.id == delivery.c.recipient)
        .where(delivery.c.incident.in_(ids), to_residents)
        .group_by(delivery.c.incident)
    )
    told = {key: first for key, first in connection.execute(query_told)}
    calls = {
        row.incident: (row.begun, row.due, row.complete)
        for row in connection.execute(sa.select(roll_call).where(roll_call.c.incident.in_(ids)))
    }
    return {key: _Facts(begun[key], verified.get(key), sent.get(key), told.get(key), calls.get(key)) for key in ids}


def _earliest(
    connection: Connection, incident: "sa.Column[int]", at: "sa.Column[int]", ids: list[int]
) -> dict[int, int]:
    query = sa.select(incident, sa.func.min(at)).where(incident.in_(ids)).group_by(incident)
    return {key: first for key, first in connection.execute(query)}
