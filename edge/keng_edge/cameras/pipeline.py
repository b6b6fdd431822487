"""The pipeline: frames of one camera in, what changed out, the same for a live camera and for a file at full speed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from keng_edge.cameras.blobs import Blob, blobs
from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.motion import Motion, Seen, shrunk
from keng_edge.cameras.recognition import Detector, Recognition
from keng_edge.cameras.rules.look import Look
from keng_edge.cameras.scenery import Scenery
from keng_edge.cameras.sightings import Sighting
from keng_edge.cameras.tracker import Track, Tracker

SAMPLES = 5
"""Frames looked at for motion in a second."""
HOLD_S = 2.0
"""How long nothing is said after the whole picture changed, and after the first frame."""
AFTER_ALL_S = 86_400.0
"""Longer than any cooldown."""
GAP_S = 2.0
"""A hole in the stream longer than this, or a step back in time, makes a new picture."""


class Stage(Protocol):
    """A stage that looks at every frame and thins out by itself: the camera's health, a hint of fire."""

    def feed(self, frame: Frame, moving_share: float) -> Sequence[object]:
        """What changed; `moving_share` is the share of the picture that moved at the last look."""
        ...


class Judge(Protocol):
    """A rule."""

    def feed(self, look: Look) -> list[Sighting]:
        """What this look changes."""
        ...


class Pipeline:
    """One camera's eyes. Not safe for two threads at once.

    `local` gives the village's time of a frame for what is watched at certain hours only; without it all is watched.
    """

    def __init__(
        self,
        motion: Motion,
        rules: Sequence[Judge],
        *,
        detector: Detector | None = None,
        health: Stage | None = None,
        fire_hints: Sequence[Stage] = (),
        local: Callable[[Frame], datetime | None] | None = None,
    ) -> None:
        self._motion = motion
        self._rules = rules
        self._scenery = Scenery()
        self._tracker = Tracker()
        self._recognition = None if detector is None else Recognition(detector)
        self._stages = [*([] if health is None else [health]), *fire_hints]
        self._local = local
        self._last: float | None = None
        self._frame: Frame | None = None
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

    def close(self) -> list[Sighting]:
        """The source is at its end: what goes on ends when it was last seen."""
        if self._frame is None:
            return []
        later = replace(self._frame, at=self._frame.at + AFTER_ALL_S)
        return self._judge(later, self._tracker.forget())

    def _look(self, frame: Frame) -> list[Sighting]:
        new = self._last is None or not 0 <= frame.at - self._last <= GAP_S
        self._last, self._frame = frame.at, frame
        small = shrunk(frame.luma())
        even = small if new else self._scenery.even(small)
        seen = self._motion.look(even, learn_anew=new)
        self._moving_share = seen.changed
        if seen.whole_picture or new:
            return self._jump(frame, small, new)
        if frame.at < self._hold_until:
            self._scenery.learn(even, ())
            return []
        return self._judge(frame, self._follow(frame, even, seen))

    def _jump(self, frame: Frame, small: Image, new: bool) -> list[Sighting]:
        """Learn from the new picture alone: mixed with the old one it would glimmer for minutes."""
        if not new:
            self._motion.look(small, learn_anew=True)
        self._scenery.begin_anew(small, () if new else self._tracker.taken)
        self._hold_until = frame.at + HOLD_S
        if new:
            return self._judge(frame, self._tracker.forget())
        self._tracker.jump(self._hold_until)
        return []

    def _follow(self, frame: Frame, even: Image, seen: Seen) -> list[Track]:
        known = self._tracker.known(frame.at)
        found: list[Blob] = []
        if seen.changed or known:  # else there is nothing that could be something
            found = blobs(self._scenery.differs(even, seen.foreground, known), seen.moving)
        tracks = self._tracker.feed(frame, found)
        self._scenery.learn(even, (*self._tracker.taken, *(blob.box for blob in found if blob.moving)))
        if self._recognition is not None:
            self._recognition.look(frame, [track for track in tracks if not track.gone])
        return tracks

    def _judge(self, frame: Frame, tracks: Sequence[Track]) -> list[Sighting]:
        look = Look(frame, tracks, None if self._local is None else self._local(frame))
        return [sighting for rule in self._rules for sighting in rule.feed(look)]
