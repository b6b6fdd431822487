"""Sightings: one occurrence each of what a rule of a camera waits for, told as it begins, goes on and ends."""

from dataclasses import dataclass

from keng_edge.cameras.box import Box
from keng_edge.cameras.frame import Frame
from keng_wire.sighting import Direction, ObjectClass, Rule, Step

__all__ = ["Box", "Direction", "ObjectClass", "Rule", "Sighting", "Step", "View"]


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
    direction: Direction | None = None
    """The way over a line, or the way through an area once it is over."""
    count: int = 1
    """The most at once so far, of a crowd."""
