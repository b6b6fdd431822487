"""What a fire point needs of people, as a report lists it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

DAY_MS: Final = 86_400_000
VALID_MS: Final = 365 * DAY_MS
"""A proof test is repeated yearly."""
SOON_MS: Final = 30 * DAY_MS
END_MS: Final = 60 * DAY_MS
"""The end of a life is said in each weekly report of so many days before, so at least 30 days ahead."""


class Need(StrEnum):
    """Why a point stands in the upper part of the list."""

    SILENT = "silent"  # it, or its node, is not heard
    UNKNOWN = "unknown"  # heard, and yet nobody knows how it stands
    FAULT = "fault"
    DISABLED = "disabled"
    UNPROVEN = "unproven"
    PROOF_OLD = "proof_old"
    PROOF_DUE = "proof_due"
    END_OF_LIFE = "end_of_life"
    END_NEAR = "end_near"
    BATTERY = "battery"
    UNCERTIFIED = "uncertified"


def of_point(row: Mapping[str, Any], now: int) -> list[str]:
    """The needs of a device's row joined with its node's `online`, most urgent first."""
    marks, proof, end = set(row["marks"]), row["proof"], row["end_of_life"]
    age = None if proof is None else now - proof["at"]
    silent = not row["online"] or "comms_lost" in marks
    unproven = "unproven" in marks or age is None
    over = "end_of_life" in marks
    holds = {
        Need.SILENT: silent,
        Need.UNKNOWN: not silent and row["condition"] == "unknown",
        Need.FAULT: "fault" in marks or "tamper" in marks,
        Need.DISABLED: "disabled" in marks,
        Need.UNPROVEN: unproven,
        Need.PROOF_OLD: not unproven and age is not None and age > VALID_MS,
        Need.PROOF_DUE: not unproven and age is not None and VALID_MS - SOON_MS < age <= VALID_MS,
        Need.END_OF_LIFE: over,
        Need.END_NEAR: not over and end is not None and end - now < END_MS,
        Need.BATTERY: "low_battery" in marks,
        Need.UNCERTIFIED: bool(row["uncertified"]),
    }
    return [need.value for need in Need if holds[need]]
