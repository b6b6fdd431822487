"""Sightings: one occurrence each of what a rule of a camera waits for, told as it begins, goes on and ends."""

from dataclasses import dataclass
from enum import StrEnum

from keng_edge.cameras.frame import Frame


class ObjectClass(StrEnum):
    """What is seen. Without a detector everything is `unknown` ("vật thể chưa rõ")."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    UNKNOWN = "unknown"


class Rule(StrEnum):
    """What a sighting is about."""

    INTRUSION = "intrusion"  # something stays in an area that nobody may be in: an alarm
    PRESENCE = "presence"  # something is in an area
    LINE = "line"  # something crossed a line
    LOITERING = "loitering"  # something stays too long, moving or not
    CROWD = "crowd"  # too many at once


class Step(StrEnum):
    """The steps of one sighting."""

    BEGIN = "begin"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in shares of the picture's width and height, 0 to 1, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class View:
    """A frame, and where in it something is."""

    frame: Frame
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One step of one occurrence. Times are those of `Frame.at`, in seconds; `end` is known with the last step."""

    occurrence: str
    """16 hex digits, the same for all steps."""
    rule: Rule
    area: str
    """Which area or line."""
    object_class: ObjectClass
    confidence: float | None
    """Of the detector, 0 to 1; None when only motion was seen."""
    step: Step
    begin: float
    end: float | None
    now: View
    """What made this step."""
    best: View
    """The view so far that shows it best."""
