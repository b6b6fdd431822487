"""What an alarm of each kind of source means, before the judge decides who rings."""

from typing import Final, NamedTuple

from keng_edge.devices import Trigger
from keng_edge.fire.config import PointSection
from keng_wire.alarm import Category, Cause, Evidence, Severity
from keng_wire.conditions import DeviceKind, Mark


class Meaning(NamedTuple):
    """Category, severity, cause and how sure it is."""

    category: Category
    severity: Severity
    cause: Cause
    evidence: Evidence


_DETECTOR, _PERSON = Evidence.SINGLE_DETECTOR, Evidence.PERSON
OTHER: Final = Meaning(Category.FIRE, Severity.CRITICAL, Cause.OTHER, _DETECTOR)
MEANINGS: Final[dict[DeviceKind, Meaning]] = {
    DeviceKind.SMOKE_DETECTOR: Meaning(Category.FIRE, Severity.CRITICAL, Cause.SMOKE, _DETECTOR),
    DeviceKind.HEAT_DETECTOR: Meaning(Category.FIRE, Severity.CRITICAL, Cause.HEAT, _DETECTOR),
    DeviceKind.GAS_DETECTOR: Meaning(Category.FIRE, Severity.CRITICAL, Cause.GAS, _DETECTOR),
    DeviceKind.FIRE_PANEL: Meaning(Category.FIRE, Severity.CRITICAL, Cause.FIRE_PANEL, _DETECTOR),
    DeviceKind.MANUAL_CALL_POINT: Meaning(Category.FIRE, Severity.CRITICAL, Cause.MANUAL_CALL_POINT, _PERSON),
    DeviceKind.SOS_BUTTON: Meaning(Category.MEDICAL, Severity.CRITICAL, Cause.SOS_BUTTON, _PERSON),
    DeviceKind.CONTACT: Meaning(Category.SECURITY, Severity.HIGH, Cause.CONTACT, _DETECTOR),
}


def trigger(
    point: PointSection,
    zone: str | None,
    marks: frozenset[Mark] = frozenset(),
    *,
    name: str | None = None,
    frame: int | None = None,
    up: int | None = None,
    value: float | None = None,
    raw: str | None = None,
) -> Trigger:
    """The trigger of a configured source; `zone` is inherited. A tested or isolated source says so by its marks."""
    meaning = MEANINGS.get(point.kind, OTHER)
    return Trigger(
        device=point.id,
        category=meaning.category,
        severity=meaning.severity,
        cause=meaning.cause,
        evidence=Evidence.ADVISORY if point.advisory else meaning.evidence,
        point=name,
        zone=point.zone or zone,
        frame=frame,
        up=up,
        value=value,
        test=Mark.TEST in marks,
        disabled=Mark.DISABLED in marks,
        raw=raw,
    )
