"""What a detector finds, and what one is."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from keng_edge.cameras.frame import Image
from keng_edge.cameras.sightings import Box, ObjectClass

SURE, WEAK = 0.4, 0.3
"""The confidence that counts by itself, and the least that is told at all: it counts when it comes again where
something moves. Scores of the node's own model are low: with 0.3 alone asphalt becomes cars, with 0.5 half of the
people are lost."""
MOST = 50
"""Detections of one look; a crowd is counted up to here."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in a picture. Confidence is 0.3 to 1, the box in shares of the whole picture."""

    object_class: ObjectClass
    confidence: float
    box: Box


class Detector(Protocol):
    """Something that finds people, vehicles and animals."""

    def find(self, picture: Image, around: Box | None) -> list[Detection]:
        """What is in the picture (blue, green, red) around a box, or in the whole of it; the surest first."""
        ...


@runtime_checkable
class SharesDetector(Protocol):
    """A node whose cameras share one detector."""

    def detector(self) -> Detector | None:
        """The same for all; None where it is switched off."""
        ...
