"""What the sources of an incident say, apart from what people do about it."""

from collections.abc import Iterable
from enum import StrEnum

from keng_wire.alarm import Phase


class SourceCondition(StrEnum):
    """How an alarm's source stands, worst first. `unknown` is not over, and neither is `cleared`: the latch stays."""

    ACTIVE = "active"
    UNKNOWN = "unknown"
    CLEARED = "cleared"
    RESET = "reset"


NOT_OVER = frozenset({SourceCondition.ACTIVE, SourceCondition.UNKNOWN})

_AFTER: dict[Phase, SourceCondition | None] = {
    Phase.RAISED: SourceCondition.ACTIVE,
    Phase.CONFIRMED: SourceCondition.ACTIVE,
    Phase.SPREAD: None,
    Phase.CANCELLED: None,
    Phase.SILENCED: None,
    Phase.CLEARED: SourceCondition.CLEARED,
    Phase.LOST: SourceCondition.UNKNOWN,
    Phase.RESET: SourceCondition.RESET,
}
"""None: spreading, cancelling and silencing change who hears it, not the danger."""


def after(phase: Phase, before: SourceCondition) -> SourceCondition:
    """The condition once `phase` was reported, where it was `before`."""
    return _AFTER[phase] or before


def combined(conditions: Iterable[SourceCondition]) -> SourceCondition:
    """The condition of an incident: the worst of its sources; `reset` only when all are."""
    order = list(SourceCondition)
    return min(conditions, key=order.index, default=SourceCondition.UNKNOWN)
