"""What the schema of CAP 1.2 does not check, and what our own rules add: values in, complaints out."""

import re
from typing import Final

from keng_hub.channels.cap_document import Alert, Area, Info, moment

_NAME: Final = re.compile(r"[^\s,<&]{1,120}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_CIRCLE: Final = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?) (\d{1,4}(?:\.\d{1,3})?)")
_STATUS: Final = {"Actual", "Exercise", "System", "Test", "Draft"}
_TYPES: Final = {"Alert", "Update", "Cancel", "Ack", "Error"}
_CATEGORIES: Final = {
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env"),
    *("Transport", "Infra", "CBRNE", "Other"),
}
_URGENCY: Final = {"Immediate", "Expected", "Future", "Past", "Unknown"}
_SEVERITY: Final = {"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
_CERTAINTY: Final = {"Observed", "Likely", "Possible", "Unlikely", "Unknown"}
HEADLINE: Final = 160
"""Characters of a headline."""


def complaints(alert: Alert) -> list[str]:
    """Everything that is wrong with the alert, empty when it may be sent (CAP 1.2, 3.2)."""
    found = [f"{name}: characters" for name in ("identifier", "sender") if not _NAME.fullmatch(getattr(alert, name))]
    found += _times("alert", alert.sent)
    found += _one_of("status", alert.status, _STATUS) + _one_of("msgType", alert.type, _TYPES)
    found += [f"{alert.scope} without {name}" for name in _missing_scope(alert)]
    if alert.type in ("Update", "Cancel", "Ack", "Error") and not alert.references:
        found.append(f"{alert.type} without references")
    found += [f"references: {one}" for one in alert.references.split() if not _reference(one)]
    if alert.type in ("Alert", "Update") and not alert.infos:
        found.append("no info")
    for info in alert.infos:
        found += _info(info, exercise=alert.status == "Exercise")
    return found


def _missing_scope(alert: Alert) -> list[str]:
    needed = {"Restricted": "restriction", "Private": "addresses", "Public": ""}.get(alert.scope)
    if needed is None:
        return ["a known scope"]
    return [needed] if needed and not getattr(alert, needed) else []


def _reference(text: str) -> bool:
    parts = text.split(",")
    return len(parts) == 3 and all(map(_NAME.fullmatch, parts[:2])) and _is_time(parts[2])


def _info(info: Info, *, exercise: bool) -> list[str]:
    found = [] if info.categories else ["no category"]
    found += [f"category: {one}" for one in info.categories if one not in _CATEGORIES]
    found += _one_of("urgency", info.urgency, _URGENCY) + _one_of("severity", info.severity, _SEVERITY)
    found += _one_of("certainty", info.certainty, _CERTAINTY)
    found += [] if info.event else ["no event"]
    found += _times("info", *(one for one in (info.effective, info.onset, info.expires) if one))
    if len(info.headline) > HEADLINE:
        found.append("headline: too long")
    # Whoever reads an exercise must not ring the fire brigade.
    said = f"{info.instruction} {info.contact} {info.description} {info.headline}"
    if exercise and ("114" in f"{info.instruction} {info.contact}" or re.search(r"gọi\s+114", said, re.IGNORECASE)):
        found.append("114 in an exercise")
    for area in info.areas:
        found += _area(area)
    return found


def _area(area: Area) -> list[str]:
    found = [] if area.description else ["area without a description"]
    return found + [f"circle: {one}" for one in area.circles if not _circle(one)]


def _circle(text: str) -> bool:
    match = _CIRCLE.fullmatch(text)
    return match is not None and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180


def _one_of(name: str, value: str, known: set[str]) -> list[str]:
    return [] if value in known else [f"{name}: {value or 'missing'}"]


def _times(where: str, *texts: str) -> list[str]:
    return [f"{where}: {one} is no time of CAP" for one in texts if not _is_time(one)]


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None and moment(text) is not None
