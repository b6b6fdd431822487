"""What a detector finds, and a node that has one."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from keng_edge.cameras.recognition import Detector
from keng_edge.cameras.sightings import Box, ObjectClass

__all__ = ["MOST", "Detection", "Detector", "SharesDetector"]

MOST = 50
"""Detections of one look; a crowd is counted up to here."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in a picture. Confidence is `LIKELY` (0.3) to 1, the box in shares of the whole picture.

    Scores of the node's own model are low. With 0.3 alone asphalt becomes cars, with 0.5 half of the people are lost.
    """

    object_class: ObjectClass
    confidence: float
    box: Box


@runtime_checkable
class SharesDetector(Protocol):
    """A node whose cameras share one detector."""

    def detector(self) -> Detector | None:
        """The same for all; None where it is switched off."""
        ...
