"""The body of an alarm: a condition that asks people for action."""

from enum import StrEnum
from typing import Literal

from keng_wire.identity import DeviceId, OccurrenceId, PlaceId, UptimeMs, Words
from keng_wire.payload import Strict


class Category(StrEnum):
    """What an alarm is about, in the order all queues keep."""

    FIRE = "fire"
    MEDICAL = "medical"
    SECURITY = "security"
    FAULT = "fault"
    INFO = "info"


class Severity(StrEnum):
    """How bad it is, worst first (CAP 1.2: Extreme or Severe, Severe, Moderate, Minor, Unknown)."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Cause(StrEnum):
    """What the node saw."""

    SMOKE = "smoke"
    HEAT = "heat"
    GAS = "gas"
    MANUAL_CALL_POINT = "manual_call_point"
    SOS_BUTTON = "sos_button"
    FIRE_PANEL = "fire_panel"
    INTRUSION = "intrusion"
    CONTACT = "contact"
    OTHER = "other"


class Evidence(StrEnum):
    """How sure it is; decides who else is alarmed, never whether the house itself rings."""

    SINGLE_DETECTOR = "single_detector"
    TWO_DETECTORS = "two_detectors"
    PERSON = "person"
    ADVISORY = "advisory"


class Phase(StrEnum):
    """The steps of one occurrence. Only `reset`, an act of a person, ends it."""

    RAISED = "raised"
    CONFIRMED = "confirmed"  # a second detector or a button joined; neighbours ring at once
    SPREAD = "spread"  # the cancel window ran out; neighbours ring now
    CANCELLED = "cancelled"  # a person at the house cancelled within the window; the latch stays
    CLEARED = "cleared"  # the source went back to normal by itself; the latch stays
    LOST = "lost"  # the source fell silent: unknown, not over
    SILENCED = "silenced"
    RESET = "reset"


class Alarm(Strict):
    """One step of one alarm occurrence at a node.

    `frame` is when the first byte of the causing frame reached the node (uptime of the message's boot), for the
    time of each hop. `by` and `reason` name the person and the reason of an act (cancel, silence, reset).
    `isolated`: of a point that a person has switched off; nothing sounds, the duty person is told all the same.
    `tested_by`: of a point that this person has put under test; a result, and no case for anybody.
    """

    kind: Literal["alarm"] = "alarm"
    occurrence: OccurrenceId
    phase: Phase
    category: Category
    severity: Severity
    cause: Cause
    evidence: Evidence
    device: DeviceId
    point: DeviceId | None = None
    zone: DeviceId | None = None
    place: PlaceId | None = None
    frame: UptimeMs | None = None
    value: float | None = None
    drill: bool = False
    test: bool = False
    isolated: bool = False
    tested_by: Words | None = None
    by: Words | None = None
    reason: Words | None = None
