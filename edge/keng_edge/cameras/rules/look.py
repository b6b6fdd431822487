"""What a rule is given: one look at the scene."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keng_edge.cameras.frame import Frame
from keng_edge.cameras.tracker import Track


@dataclass(frozen=True, slots=True)
class Look:
    """The things of one frame; those that are gone stand in it once more. `local` is the village's time, if known."""

    frame: Frame
    tracks: Sequence[Track]
    local: datetime | None = None

    @property
    def at(self) -> float:
        """The frame's time."""
        return self.frame.at


SURE_S = 1.2
"""A thing is seen a little before it is sure."""


def came(track: Track, at: float) -> float:
    """When a thing that is in a place for the first time came there: with its first blob, or just now from beside."""
    return track.since if at - track.since <= SURE_S else at
