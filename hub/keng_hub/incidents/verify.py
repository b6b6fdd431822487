"""Third stage: say how sure it is and whether a person has to look first, and write down what was seen.

Fail open: every doubt is a mark on the alarm, none holds it back.
"""

from typing import Any

from sqlalchemy.engine import Connection

from keng_hub.incidents import earlier, entries, hint_notes
from keng_hub.incidents.case import Case, Change, Doubt, Gate
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.findings import RESIDENT_REPORT
from keng_wire.alarm import Category, Evidence

_GATES: dict[Evidence, Gate] = {
    Evidence.PERSON: Gate.OPEN,
    Evidence.TWO_DETECTORS: Gate.OPEN,
    Evidence.SINGLE_DETECTOR: Gate.DUTY,
    Evidence.ADVISORY: Gate.DUTY,
}

_SAFETY = frozenset({Category.FIRE, Category.MEDICAL, Category.SECURITY})


def verify(connection: Connection, case: Case) -> None:
    """Set `gate` and `doubts`, and add the entry of the timeline."""
    finding = case.finding
    if case.change is Change.REPEATED:
        return
    if finding.category in _SAFETY:
        case.gate = Gate.OPEN if finding.rescued else _GATES[finding.evidence]
        if finding.cause == RESIDENT_REPORT:
            case.gate = Gate.DUTY
        case.doubts = _doubts(case)
    entries.write(connection, case.incident, EntryKind.ALARM, _seen(case), case.now)
    if case.change in (Change.OPENED, Change.JOINED, Change.WORSE):
        earlier.take_up(connection, case.finding, case.incident, case.now)
        hint_notes.take_up(connection, case)


def _doubts(case: Case) -> list[Doubt]:
    finding = case.finding
    present = {
        Doubt.UNREADABLE: finding.rescued,
        Doubt.SINGLE_DETECTOR: finding.evidence is Evidence.SINGLE_DETECTOR,
        Doubt.ADVISORY: finding.evidence is Evidence.ADVISORY,
        Doubt.REPORTED: finding.cause == RESIDENT_REPORT,
        Doubt.CLOCK: finding.clock_doubt,
    }
    return [doubt for doubt, holds in present.items() if holds]


def _seen(case: Case) -> dict[str, Any]:
    finding = case.finding
    told: dict[str, Any] = {
        "change": case.change.value,
        "phase": finding.phase.value,
        "node": finding.node,
        "device": finding.device,
        "occurrence": finding.occurrence,
        "cause": finding.cause,
        "evidence": finding.evidence.value,
        "severity": finding.severity.value,
        "happened": finding.happened,
        "gate": case.gate.value,
        "doubts": [doubt.value for doubt in case.doubts],
    }
    optional = {
        "isolated": finding.isolated or None,
        "late": case.late,
        "detail": finding.detail,
        "by": finding.by,
        "reason": finding.reason,
    }
    return told | {key: value for key, value in optional.items() if value is not None}
