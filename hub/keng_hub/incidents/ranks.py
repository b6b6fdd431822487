"""Orders: which evidence is stronger, which severity is worse."""

from typing import TypeVar

from keng_wire.alarm import Evidence, Severity

_EVIDENCE = [Evidence.ADVISORY, Evidence.SINGLE_DETECTOR, Evidence.TWO_DETECTORS, Evidence.PERSON]
_SEVERITY = [Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]

Rank = TypeVar("Rank", Evidence, Severity)


def above(one: Rank, other: Rank) -> bool:
    """Whether `one` is stronger, or worse, than `other`."""
    return _place(one) > _place(other)


def highest(one: Rank, other: Rank) -> Rank:
    """The stronger, or worse, of the two."""
    return one if above(one, other) else other


def _place(value: Evidence | Severity) -> int:
    return _EVIDENCE.index(value) if isinstance(value, Evidence) else _SEVERITY.index(value)
