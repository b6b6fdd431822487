"""How a node or a device stands, in one word for sorting and colour; what is not known is never well."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class Standing(StrEnum):
    """Worst first."""

    ALARM = "alarm"
    LOST = "lost"
    FAULT = "fault"
    UNKNOWN = "unknown"
    WARNING = "warning"
    OFF = "off"
    WELL = "well"


ORDER: Final = {standing: n for n, standing in enumerate(Standing)}
_FAULTS: Final = {"fault", "tamper", "end_of_life"}
_WARNINGS: Final = {"low_battery", "dirty", "mains_lost", "unproven", "test"}


def of_device(row: Mapping[str, Any]) -> Standing:
    """The standing of a device's row joined with its node's `online`."""
    marks = set(row["marks"])
    if not row["online"] or "comms_lost" in marks:
        return Standing.LOST
    if row["condition"] == "alarm":
        return Standing.ALARM
    if marks & _FAULTS:
        return Standing.FAULT
    if "disabled" in marks:
        return Standing.OFF
    if row["condition"] == "unknown":
        return Standing.UNKNOWN
    if marks & _WARNINGS or row["condition"] == "pre":
        return Standing.WARNING
    return Standing.WELL if row["condition"] == "normal" else Standing.UNKNOWN


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
