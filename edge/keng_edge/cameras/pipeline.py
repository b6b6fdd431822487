"""The pipeline: frames of one camera in, what changed out, the same for a live camera and for a file at full speed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from keng_edge.cameras.areas import Point
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.motion import Motion
from keng_edge.cameras.presence import Presence
from keng_edge.cameras.sightings import Sighting

SAMPLES = 5
"""Frames looked at for motion in a second."""
HOLD_S = 2.0
"""How long nothing is said after the whole picture changed, and after the first frame."""
GAP_S = 2.0
"""A hole in the stream longer than this, or a step back in time, makes a new picture."""


class Stage(Protocol):
    """A stage that looks at every frame and thins out by itself: the camera's health, a hint of fire."""

    def feed(self, frame: Frame, moving_share: float) -> Sequence[object]:
        """What changed; `moving_share` is the share of the picture that moved at the last look."""
        ...


class Pipeline:
    """One camera's eyes. Not safe for two threads at once."""

    def __init__(
        self,
        areas: Mapping[str, Sequence[Point]],
        dwell_s: float = 2.0,
        cooldown_s: float = 30.0,
        var_threshold: float = 16.0,
        *,
        health: Stage | None = None,
        fire_hint: Stage | None = None,
    ) -> None:
        self._motion = Motion(areas, var_threshold)
        self._areas = {name: Presence(name, dwell_s, cooldown_s) for name in areas}
        self._stages = [stage for stage in (health, fire_hint) if stage is not None]
        self._last: float | None = None
        self._hold_until = 0.0
        self._moving_share = 0.0

    def due(self, at: float) -> bool:
        """Whether motion is looked for in a frame of this time, or the last look is too near."""
        # Half a millisecond less, or a camera of exactly 5 frames a second would lose every other one to rounding.
        return self._last is None or not 0 <= at - self._last < 1 / SAMPLES - 0.0005

    def feed(self, frame: Frame) -> list[object]:
        """What this frame changes: sightings, changes of the camera's health, hints of fire."""
        sightings = self._look(frame) if self.due(frame.at) else []
        return [*sightings, *(found for stage in self._stages for found in stage.feed(frame, self._moving_share))]

    def _look(self, frame: Frame) -> list[Sighting]:
        new = self._last is None or not 0 <= frame.at - self._last <= GAP_S
        self._last = frame.at
        seen = self._motion.look(frame.luma(), learn_anew=new)
        self._moving_share = seen.changed
        if seen.whole_picture and not new:
            # Learn from the new picture alone: mixed with the old one it would glimmer for minutes.
            self._motion.look(frame.luma(), learn_anew=True)
        if seen.whole_picture or new:
            self._hold(frame.at)
        if frame.at < self._hold_until:
            return []
        found = (presence.see(frame, seen.moving[area]) for area, presence in self._areas.items())
        return [sighting for sighting in found if sighting is not None]

    def _hold(self, at: float) -> None:
        self._hold_until = at + HOLD_S
        for presence in self._areas.values():
            presence.forget()
