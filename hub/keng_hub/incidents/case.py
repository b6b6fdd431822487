"""What goes through the stages: a finding comes in, and each stage adds what it knows."""

from dataclasses import dataclass, field
from enum import StrEnum

from keng_hub.deliveries.ledger import Person
from keng_wire.alarm import Category, Evidence, Phase, Severity

HUB = "hub"
"""Stands where a node's id would, when the hub itself found something."""


class Change(StrEnum):
    """What a finding means for the incidents: the decision of `correlate`, kept in the timeline."""

    OPENED = "opened"  # a new incident
    WORSE = "worse"  # more evidence, more severe, alarming again, or another person calling for help
    LOST = "lost"  # a source that was alarming fell silent
    JOINED = "joined"  # one more source of what is known already
    STEP = "step"  # the next phase of a known source
    OLD = "old"  # an older step that came late: noted, changes nothing
    REPEATED = "repeated"  # nothing new at all


TOLD = frozenset({Change.OPENED, Change.WORSE, Change.LOST})
"""The changes people get a message about."""


class Gate(StrEnum):
    """Whether a person has to look before more people than the house and the staff are alarmed."""

    OPEN = "open"  # a button or two detectors: call for help at once
    DUTY = "duty"  # the duty officer has 60 s, then it goes on by itself
    NONE = "none"  # not an alarm of people's safety


class Doubt(StrEnum):
    """Why it may not be quite as it says; never a reason to keep silent."""

    SINGLE_DETECTOR = "single_detector"
    ADVISORY = "advisory"
    UNREADABLE = "unreadable"
    REPORTED = "reported"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of one occurrence, said by a node or found by the hub. Times are UTC ms."""

    node: str
    occurrence: str
    phase: Phase
    category: Category
    severity: Severity
    cause: str
    evidence: Evidence
    device: str
    happened: int
    received: int
    zone: str | None = None
    place: str | None = None
    detail: str | None = None
    by: str | None = None
    reason: str | None = None
    drill: bool = False
    test: bool = False
    isolated: bool = False
    rescued: bool = False
    clock_doubt: bool = False
    stream: str | None = None
    number: int | None = None
    frame_at: int | None = None
    recorded_at: int | None = None
    sent_at: int | None = None


@dataclass(slots=True)
class Case:
    """A finding on its way through the stages, and what each stage found out."""

    finding: Finding
    now: int
    # normalise
    place: str | None = None
    place_words: str = ""
    simulated: bool = False
    late: int | None = None
    # correlate
    change: Change = Change.REPEATED
    incident: int = 0
    # verify
    gate: Gate = Gate.NONE
    doubts: list[Doubt] = field(default_factory=list[Doubt])
    # route
    people: list[Person] = field(default_factory=list[Person])
