"""How a node or a device stands, in one word for sorting and colour; what is not known is never well."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class Standing(StrEnum):
    """What is shown of a device with several things to say, in the order of its rank (`docs/design/fire-points.md`)."""

    ALARM = "alarm"
    PRE = "pre"
    LOST = "lost"
    FAULT = "fault"
    TAMPER = "tamper"
    UNKNOWN = "unknown"
    OFF = "off"
    TEST = "test"
    WARNING = "warning"
    WELL = "well"


ORDER: Final = {standing: n for n, standing in enumerate(Standing)}
_WARNINGS: Final = {"low_battery", "dirty", "end_of_life", "mains_lost", "unproven"}


def of_device(row: Mapping[str, Any]) -> Standing:
    """The standing of a device's row joined with its node's `online`.

    A latched alarm counts whatever its source says now; the alarm of a point under test is only a test.
    """
    marks = set(row["marks"])
    condition = row["condition"]
    holds = {
        Standing.ALARM: row.get("latched") or (condition == "alarm" and "test" not in marks),
        Standing.PRE: condition == "pre",
        Standing.LOST: not row["online"] or "comms_lost" in marks,
        Standing.FAULT: "fault" in marks,
        Standing.TAMPER: "tamper" in marks,
        Standing.UNKNOWN: condition not in ("normal", "pre", "alarm"),
        Standing.OFF: "disabled" in marks,
        Standing.TEST: "test" in marks,
        Standing.WARNING: bool(marks & _WARNINGS),
        Standing.WELL: condition == "normal",
    }
    return next((standing for standing in Standing if holds[standing]), Standing.UNKNOWN)


def of_node(row: Mapping[str, Any]) -> Standing:
    """The standing of a node by its own row: presence, its faults, its clock."""
    if row["seen"] is None:
        return Standing.UNKNOWN
    if not row["online"]:
        return Standing.LOST
    health: Mapping[str, Any] = row["health"] or {}
    if health.get("faults"):
        return Standing.FAULT
    return Standing.WELL if row["clock"] != "unknown" else Standing.WARNING
